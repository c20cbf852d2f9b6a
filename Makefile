# make demo   soundtracks for two clips, from nothing but python3.11 and the package registries
# make test   everything that is tested, in a real ComfyUI and a real browser too
# make test-comfyui COMFYUI_VERSION=0.3.52   what is tested in ComfyUI, in an older one (default: 0.3.75)
# make bench  speed and memory as ratios, in bench/table.md: half an hour on an idle machine
# Each step leaves a stamp when it is done: a repeat skips it, and a failed try takes up where it stopped.

PYTHON ?= python3.11
VENV := .venv
RUN := $(VENV)/bin/python
export COMFYUI_VERSION ?= 0.3.75
HOST := .cache/host-$(COMFYUI_VERSION)
PIP := $(RUN) -m pip install --quiet

.PHONY: demo test test-comfyui lint bench
.DELETE_ON_ERROR:

demo: $(VENV)/.package
	$(RUN) demo/make_demo.py

test: $(VENV)/.test $(VENV)/.rig lint
	$(RUN) -m pytest

test-comfyui:
	bash tests/comfyui/install.sh $(HOST)
	$(HOST)/bin/python -m pip install --quiet --editable '.[test]'
	$(HOST)/bin/python -m pytest tests/comfyui

lint: $(VENV)/.test
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .

bench: $(VENV)/.test $(VENV)/.rig
	$(RUN) -m bench.table

# torchaudio asks for the CUDA build of torch: with a CPU torch its binaries must go, then it works without them.
$(VENV)/.torch:
	@echo "Making $(VENV) and installing torch"
	$(PYTHON) -m venv --clear $(VENV)
	$(PIP) torch==2.13.0 numpy
	$(PIP) --no-deps torchaudio==2.11.0
	$(RUN) -c 'import torch; raise SystemExit(torch.version.cuda is None)' || rm -f $(VENV)/lib/python*/site-packages/torchaudio/lib/*.so
	@touch $@

$(VENV)/.package: $(VENV)/.torch pyproject.toml
	@echo "Installing the package"
	$(PIP) --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.package
	@echo "Installing what the tests need"
	$(PIP) --editable '.[test]'
	@touch $@

$(VENV)/.rig: $(VENV)/.test tests/comfyui/install.sh
	@echo "Installing ComfyUI and Chromium for the tests"
	bash tests/comfyui/install.sh
	@touch $@

include sounds.mk
