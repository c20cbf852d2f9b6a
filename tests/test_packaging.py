"""What is installed, and what the package ships."""

import re
from pathlib import Path

import pytest
import tomllib

from v2a_core import cli
from v2a_core.weights.catalog import catalog
from v2a_core.weights.files import verify
from v2a_core.weights.formats import read_header

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
SHIPPED = [(part, file) for model in catalog().values() for part in model.parts for file in part.files if not file.repo]


def test_requirements_are_the_project_s_but_for_torch():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    wanted = [line for line in PROJECT["dependencies"] if not line.startswith("torch")]
    assert [line for line in lines if not line.startswith("#")] == wanted


@pytest.mark.parametrize(("part", "file"), SHIPPED, ids=[file.path for _, file in SHIPPED])
def test_shipped_weights_are_those_of_the_catalogue(part, file):
    path = verify(file)
    assert read_header(path)[0]["licence"] == part.licence
    assert file.bytes <= 32e6


def test_what_the_registry_shows_is_there():
    comfy = PYPROJECT["tool"]["comfy"]
    assert comfy["PublisherId"] and comfy["DisplayName"] and comfy["requires-comfyui"].startswith(">=")
    assert (ROOT / comfy["Icon"]).stat().st_size < 20_000
    assert re.fullmatch(r"\d+\.\d+\.\d+", PROJECT["version"]) and PROJECT["version"] == cli.VERSION
    assert f"\n## {PROJECT['version']}" in (ROOT / "CHANGELOG.md").read_text()
    licence = (ROOT / "LICENSE").read_text()
    assert PROJECT["license"] == "Apache-2.0" and "Apache License" in licence and "Version 2.0" in licence
