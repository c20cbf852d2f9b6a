"""One ComfyUI for all tests, with small videos in its input folder."""

import os
import shutil
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest
from safetensors.torch import load_file

from .server import NODE_MODULES, ROOT, Server

CLIP = "clip.mp4"  # 2 s at 25 fps with a tone
FILM = "big_buck_bunny.mp4"  # as the workflows name their video; the like of CLIP, 5.28 s long
SPEECH = ROOT / "demo/two_lines.flac"  # as they name their speech
CLIPS = "clips"  # a folder to train on: one like it, with a caption
OTHER_PACKS = Path(__file__).with_name("other_packs")  # beside which all tests run
SHIPPED = ROOT / "v2a_core/models/mini/mini.safetensors"


def pytest_collection_modifyitems(items):
    here = str(Path(__file__).parent)
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.comfyui)


def write_clip(path: Path, *, seconds: float = 2.0, fps: int = 25, size: tuple[int, int] = (96, 64)) -> Path:
    """A bar that jumps every half second, H.264, with a quiet tone in AAC."""
    with av.open(str(path), "w") as container:
        picture = container.add_stream("libx264", rate=fps)
        picture.width, picture.height, picture.pix_fmt = *size, "yuv420p"
        tone = container.add_stream("aac", rate=48000, layout="mono")
        for index in range(round(seconds * fps)):
            pixels = np.full((size[1], size[0], 3), 90, np.uint8)
            left = index * 2 // fps * 17 % (size[0] - 8)
            pixels[:, left : left + 8] = 255
            container.mux(picture.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(picture.encode())
        wave = (np.sin(np.arange(round(seconds * 48000)) * 0.05) / 4).astype(np.float32)[None]
        frame = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
        frame.sample_rate = 48000
        container.mux(tone.encode(frame))
        container.mux(tone.encode())
    return path


def packets(path: Path) -> list[bytes]:
    """The video packets of a file."""
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def audio_of(path: Path) -> tuple[np.ndarray, int]:
    """The sound of a file as float [channels, samples] and its rate."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        frames = [frame.to_ndarray() for frame in container.decode(stream)]
        return np.concatenate(frames, 1), stream.rate


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("comfyui"))
    write_clip(server.base / "input" / CLIP)
    write_clip(server.base / "input" / FILM, seconds=5.28)
    shutil.copy(SPEECH, server.base / "input")
    (server.base / "input" / CLIPS).mkdir()
    write_clip(server.base / "input" / CLIPS / "tone.mp4").with_suffix(".txt").write_text("a quiet tone")
    shutil.copy(Path(__file__).with_name("extra_nodes.py"), server.base / "custom_nodes")
    for pack in OTHER_PACKS.iterdir():
        (server.base / "custom_nodes" / pack.name).symlink_to(pack)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def model(server):
    """The shipped Mini, or before there is one, a file of random weights."""
    if SHIPPED.exists():
        return "mini"
    from v2a_core.models import load_family
    from v2a_core.models.mini.family import save

    save(load_family("mini", weights="random"), server.base / "models/v2a/random.safetensors")
    return "random.safetensors"


@pytest.fixture(scope="session")
def mmaudio(server):
    """{role: file} of narrow random MMAudio weights, where ComfyUI's users put the published ones."""
    from mmaudio_files import write_files

    return write_files(server.base / "models")


@pytest.fixture(scope="session")
def foley(server):
    """{role: file} of narrow random HunyuanVideo-Foley weights, where ComfyUI's users put the published ones."""
    from foley_files import place_files

    return place_files(server.base / "models")


@pytest.fixture(scope="session")
def latent_of(server):
    """The tensor that a prompt's SaveLatent node `save` has saved."""

    def run(graph):
        done = server.run(graph)
        assert done.error is None, done.error
        return load_file(server.output(done, "save", "latents"))["latent_tensor"]

    return run


@pytest.fixture(scope="session")
def in_browser(server, tmp_path_factory):
    """Run a script of tests/comfyui/browser against the server; returns the folder it wrote to."""

    def run(script: str, *arguments: str) -> Path:
        out = tmp_path_factory.mktemp("browser")
        here = Path(__file__).parent / "browser"
        done = subprocess.run(
            ["node", str(here / script), server.url, str(out), *arguments],
            capture_output=True,
            text=True,
            timeout=400,
            env={**os.environ, "V2A_NODE_MODULES": str(NODE_MODULES)},
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return out

    return run
