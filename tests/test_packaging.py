"""What is installed, and what the package ships."""

from pathlib import Path

import pytest
import tomllib

from v2a_core.weights.catalog import catalog
from v2a_core.weights.files import locate, verify
from v2a_core.weights.formats import read_header

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
MODEL_FILES = [(model, file) for model in catalog().values() for file in model.files if locate(file)]


def test_requirements_are_the_project_s_but_for_torch():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    wanted = [line for line in PROJECT["dependencies"] if not line.startswith("torch")]
    assert [line for line in lines if not line.startswith("#")] == wanted


@pytest.mark.parametrize(("model", "file"), MODEL_FILES, ids=[file.path for _, file in MODEL_FILES])
def test_shipped_weights_are_those_of_the_catalogue(model, file):
    path = verify(file)
    assert read_header(path)[0]["licence"] == model.licence
    assert file.bytes <= 32e6
