"""What installing the pack changes in the Python of a ComfyUI that is there already: nothing."""

import json
import re
import subprocess
import sys
from importlib.metadata import distributions

import tomllib

from .server import ROOT


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_no_installed_version_changes():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert any(each.startswith("torch") for each in wanted)
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--dry-run"]
    done = subprocess.run([*command, "--report", "-", *wanted], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    changed = {plain(each["metadata"]["name"]) for each in json.loads(done.stdout)["install"]}
    assert not changed & {plain(each.metadata["Name"]) for each in distributions()}
