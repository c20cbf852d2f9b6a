"""The import graph of the package, read from the source: no circle, no import upward, and a light front door."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "v2a_core"

# From the ground up: a module may import what is on its own floor's list, by the first part of its name.
GROUND = {"errors", "atomic", "room"}
MAY_IMPORT = {
    "errors": set(),
    "atomic": set(),
    "room": set(),
    "media": {*GROUND, "media"},
    "prompts": {*GROUND, "prompts"},
    "sampling": {*GROUND, "sampling"},
    "weights": {*GROUND, "weights"},
    "models": {*GROUND, "models", "media", "prompts", "weights"},
    "settings": {*GROUND, "media", "models", "sampling"},
    "parts": {*GROUND, "media", "weights"},
    "pieces": {*GROUND, "media", "models"},
    "stages": {*GROUND, "pieces", "settings", "models", "media", "prompts", "sampling"},
    "job": {*GROUND, "settings", "models", "media", "prompts"},
    "film": {*GROUND, "media", "models", "sampling"},
    "known": {*GROUND, "film", "job", "settings", "stages", "models", "media", "sampling"},
    "clip": {*GROUND, "job", "known", "stages", "media"},
    "watch": {*GROUND, "film", "parts", "settings", "stages", "media", "models"},
    "film_sounds": {
        *GROUND,
        "film",
        "job",
        "known",
        "parts",
        "pieces",
        "settings",
        "stages",
        "watch",
        "media",
        "sampling",
    },
    "stems": {*GROUND, "media"},
    "pipeline": {
        *GROUND,
        "clip",
        "film_sounds",
        "job",
        "known",
        "stages",
        "stems",
        "settings",
        "models",
        "media",
        "prompts",
        "sampling",
        "weights",
    },
    "evaluation": {*GROUND, "evaluation", "models", "media", "prompts", "sampling", "weights"},
    "preview": {*GROUND, "preview", "media", "prompts", "evaluation"},
    "mixing": {*GROUND, "settings", "media", "prompts", "evaluation"},
    "generating": {*GROUND, "pipeline", "settings", "media", "prompts", "sampling", "weights", "evaluation"},
    "training": {
        *GROUND,
        "training",
        "parts",
        "stages",
        "preview",
        "settings",
        "models",
        "media",
        "prompts",
        "sampling",
        "weights",
        "evaluation",
    },
    "cli": {
        *GROUND,
        "settings",
        "media",
        "prompts",
        "weights",
        "generating",
        "mixing",
        "preview",
        "training",
        "evaluation",
    },
    "__main__": {"cli"},
    "__init__": {"errors", "pipeline"},
}
SHARED_MODELS = {"base", "casting", "fitting", "layers", "lora", "rope", "encoders", "vocoders"}


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 2 else parts)


def modules():
    return {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imports(path):
    """Names in the package that a file imports, as (module, whether it is imported with the file)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    at_once = {id(node) for node in _outside_functions(tree)}
    here = list(path.relative_to(ROOT).parts[:-1])
    known = {*modules(), "v2a_core"}
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else []
            stem = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            names = [f"{stem}.{alias.name}" if f"{stem}.{alias.name}" in known else stem for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            if name.split(".")[0] == "v2a_core":
                yield name, id(node) in at_once


def foreign(path):
    """The first part of each name that a file imports from elsewhere."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module.split(".")[0])
    return found


def _outside_functions(node):
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.Lambda):
            yield child
            yield from _outside_functions(child)


def test_every_import_exists_and_points_down():
    known = modules()
    for name, path in known.items():
        floor = name.split(".")[1]
        assert floor in MAY_IMPORT, f"{name} has no floor in the house: give it one here"
        for target, _ in imports(path):
            assert target in known, f"{name} imports {target}, which does not exist"
            assert target.split(".")[1] in MAY_IMPORT[floor], f"{name} imports {target}, which is not below it"


def test_no_circles():
    graph = {name: {target for target, at_once in imports(path) if at_once} for name, path in modules().items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"imports in a circle: {' -> '.join(error.args[1])}")


def test_a_model_family_knows_no_other():
    for name, path in modules().items():
        parts = name.split(".")
        if parts[1] != "models" or len(parts) < 4:
            continue
        for target, _ in imports(path):
            below = target.split(".")[2:3]
            if target.startswith("v2a_core.models.") and below:
                assert below[0] in {parts[2], *SHARED_MODELS}, f"{name} imports {target}"


def test_the_library_knows_no_comfyui():
    hosts = {"comfy", "comfy_api", "comfy_extras", "comfy_execution", "folder_paths", "nodes", "server"}
    for name, path in modules().items():
        assert hosts.isdisjoint(foreign(path)), f"{name} imports {foreign(path)}"


def test_few_files_of_the_nodes_know_comfyui_s_inside():
    internals = {"comfy", "comfy_extras", "execution", "folder_paths", "latent_preview", "nodes", "server"}
    for path in sorted((ROOT / "nodes").glob("*.py")):
        found = internals.intersection(foreign(path))
        is_allowed = path.name == "host.py" or path.name.startswith("native_")
        assert is_allowed or not found, f"{path.name} imports {found}: leave that to host.py and native_*.py"


@pytest.mark.parametrize("statement", ["import v2a_core", "import v2a_core.cli", "import v2a_core.weights.catalog"])
def test_a_front_door_is_light(statement):
    heavy = "{'torch', 'av', 'numpy', 'safetensors', 'torchaudio', 'PIL', 'huggingface_hub'}"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {statement}; print(sorted({heavy} & set(sys.modules)))"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_the_whole_job_is_one_function():
    import v2a_core
    from v2a_core.pipeline import generate

    assert v2a_core.generate is generate
    with pytest.raises(AttributeError, match="no attribute 'generat'"):
        v2a_core.generat  # noqa: B018


def test_imports_within_the_package_are_relative():
    # In ComfyUI the package is a part of the pack and not importable by its own name.
    for name, path in modules().items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                absolute = [alias.name for alias in node.names]
            else:
                absolute = [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            assert not any(target.split(".")[0] == "v2a_core" for target in absolute), f"{name} imports {absolute}"
