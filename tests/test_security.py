"""What the code never does, read from the source: run other code, open pickles, start programs, ask the network.

SECURITY.md says what is promised. Each exception is named here with its reason, and one that is gone must go here too.
"""

import ast
import socket
from functools import cache
from pathlib import Path

import pytest
from test_imports import PACKAGE, ROOT, imports, modules

NODES = ROOT / "nodes"
FILES = sorted([ROOT / "__init__.py", *NODES.rglob("*.py"), *PACKAGE.rglob("*.py")])

RUNS_CODE = {"eval", "exec", "compile", "__import__", "breakpoint", "import_module", "runpy", "ctypes"}
PICKLES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "torch.load", "torch.hub"}
PROGRAMS = {"subprocess", "pty", "os.system", "os.popen", "os.startfile", "os.fork"}
NETWORK = {"socket", "ssl", "urllib", "http", "ftplib", "smtplib", "xmlrpc", "asyncio", "requests", "httpx", "aiohttp"}
NETWORK |= {"websockets", "huggingface_hub", "webbrowser"}
ROUTES = {"server", "PromptServer", "flask", "fastapi"}
FORBIDDEN = RUNS_CODE | PICKLES | PROGRAMS | NETWORK | ROUTES
BUILTINS = RUNS_CODE - {"import_module"}  # re.compile is another thing than compile

ALLOWED = {
    ("v2a_core/models/__init__.py", "import_module"),  # of the names in its own table
    ("v2a_core/training/user_commands.py", "import_module"),  # the MODULE:FUNCTION that a command line names
    ("v2a_core/training/world/speech.py", "subprocess"),  # the synthesiser that Mini's training world speaks with
    ("v2a_core/weights/download.py", "huggingface_hub"),  # `v2a download`
    ("v2a_core/weights/convert.py", "pickle"),  # only its error
    ("v2a_core/weights/convert.py", "torch.load"),  # `v2a convert`, weights_only
    ("v2a_core/evaluation/sfx.py", "pickle"),  # only its error
    ("v2a_core/evaluation/sfx.py", "torch.load"),  # of an installed package, weights_only
}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def dotted(node: ast.AST) -> str:
    """`torch.load` of such an expression, "" of any other."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (stem := dotted(node.value)):
        return f"{stem}.{node.attr}"
    return ""


def uses(tree: ast.AST):
    """Every name of FORBIDDEN that is imported or used: a module, a function of one, or a builtin."""
    for node in ast.walk(tree):
        found = []
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found = [node.module, *(part for a in node.names for part in (a.name, f"{node.module}.{a.name}"))]
            found = [name for name in found if name not in BUILTINS]  # import ... as compile is caught where it is used
        elif isinstance(node, ast.Attribute):
            found = [dotted(node), node.attr if node.attr in {"import_module", "PromptServer"} else ""]
        elif isinstance(node, ast.Name) and node.id in BUILTINS:
            found = [node.id]
        for name in found:
            parts = name.split(".")
            yield from {".".join(parts[:end]) for end in range(1, len(parts) + 1)} & FORBIDDEN


def calls(tree: ast.AST, last: str):
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call) and dotted(node.func).split(".")[-1] == last]


def said(call: ast.Call, name: str):
    """What a call gives for an argument, if that is written out."""
    value = next((each.value for each in call.keywords if each.arg == name), None)
    return value.value if isinstance(value, ast.Constant) else value


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from pickle import loads",
        "import urllib.request",
        "from os import system",
        "os.popen('ls')",
        "torch.load('a')",
        "from torch import load",
        "eval('1')",
        "importlib.import_module(name)",
        "from importlib import import_module",
        "from server import PromptServer",
        "f = exec",
    ],
)
def test_the_check_sees(line):
    assert list(uses(ast.parse(line)))


def test_nothing_runs_code_opens_pickles_starts_programs_or_asks_the_network():
    found = {(name_of(path), name) for path in FILES for name in uses(tree_of(path))}
    assert found == ALLOWED


def test_what_reads_a_foreign_format_takes_data_alone():
    for path in FILES:
        tree = tree_of(path)
        for call in calls(tree, "load"):
            if dotted(call.func) == "torch.load":
                assert said(call, "weights_only") is True, f"{name_of(path)}:{call.lineno}"
            assert said(call, "allow_pickle") in (None, False), f"{name_of(path)}:{call.lineno}"
        for call in calls(tree, "from_pretrained"):
            assert said(call, "local_files_only") is True, f"{name_of(path)}:{call.lineno}"
        for call in calls(tree, "load_torch_file"):
            assert said(call, "safe_load") is True, f"{name_of(path)}:{call.lineno}"


def test_nodes_reach_no_file_that_opens_pickles_starts_programs_or_asks_the_network():
    graph = {name: {target for target, _ in imports(path)} for name, path in modules().items()}
    # The families are imported by name.
    todo = [name for name in graph if name.startswith("v2a_core.models.")]
    for path in NODES.glob("*.py"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ImportFrom) and node.level == 2:
                todo += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    seen = set()
    while todo:
        if (name := todo.pop()) in graph and name not in seen:
            seen.add(name)
            todo += graph[name]
    assert "v2a_core.models.mmaudio.family" in seen and "v2a_core.weights.formats" in seen
    reached = {name_of(modules()[name]) for name in seen}
    assert {(file, name) for file, name in ALLOWED if file in reached} == {
        ("v2a_core/models/__init__.py", "import_module")
    }


def test_nodes_open_no_file_themselves():
    for path in NODES.glob("*.py"):
        assert not [call.lineno for call in calls(tree_of(path), "open") if dotted(call.func) == "open"], path.name


def test_a_run_asks_no_network(clip, mini, tmp_path, monkeypatch):
    from v2a_core import generate

    def refused(*_):
        raise AssertionError("a socket was made")

    monkeypatch.setattr(socket, "socket", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    assert generate(clip, tmp_path / "out.mp4", model=mini, steps=1).path.exists()
