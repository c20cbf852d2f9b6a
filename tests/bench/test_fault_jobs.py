"""The jobs that the bench of faults breaks off make their files where nothing is broken off."""

import pytest

from bench.fault_jobs import JOBS, lora_run, prepare


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prepared")
    prepare(folder)
    return folder


@pytest.mark.parametrize("name", sorted(set(JOBS) - {"download"}))  # it needs the bench's own hub
def test_a_job_makes_its_file(name, prepared, tmp_path, monkeypatch):
    monkeypatch.setattr(lora_run, "TrainConfig", lora_run.TrainConfig)
    make, result = JOBS[name]
    make(prepared, tmp_path)
    assert (tmp_path / result).stat().st_size > 1000
