"""The files that `mmaudio.py` works on: random weights as they are published, a clip, and its frames."""

import json
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import torch
from safetensors.torch import save_file

from v2a_core.media.video import VideoSource, read_frames
from v2a_core.models.mmaudio.family import FRAME_RATES
from v2a_core.weights.catalog import ModelFile, Part, catalog
from v2a_core.weights.convert import convert

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from golden_cases import fill_state, manifest

SECONDS, FPS, WIDTH, HEIGHT = 8, 25, 1920, 1080
NEGLIGIBLE = 0.2  # s that the clip is longer: upstream shortens one that ends before its last tick
VOCODER_GAIN = 0.7  # of the vocoder's layers, so that its output is not all clipped

# What upstream reads from beside version 2 of the vocoder.
BIGVGAN_V2 = {
    **{"num_mels": 128, "upsample_initial_channel": 1536, "resblock": "1"},
    **{"upsample_rates": [8, 4, 2, 2, 2, 2], "upsample_kernel_sizes": [16, 8, 4, 4, 4, 4]},
    **{"resblock_kernel_sizes": [3, 7, 11], "resblock_dilation_sizes": [[1, 3, 5]] * 3},
    **{"activation": "snakebeta", "snake_logscale": True, "use_bias_at_final": False, "use_tanh_at_final": False},
}

# Names and shapes of each part's tensors, as the tests have them.
MANIFESTS = {
    "mmaudio_vae_16k": "vae_16k",
    "mmaudio_vae_44k": "vae_44k",
    "clip_vit_h14_378": "clip_dfn5b_vit_h14_384",
    "synchformer": "synchformer_visual",
}


def write_weights(work: Path, model: str) -> None:
    """Random weights of all parts, where each side looks for them: pickles in work/upstream, ours in work/models.

    Both use the same file of CLIP's.
    """
    for part in catalog()[model].parts:
        published = next(file for file in part.files if file.converted)
        ours = work / "models" / part.folder / published.path
        if ours.exists():
            continue
        ours.parent.mkdir(parents=True, exist_ok=True)
        state = fill_state(manifest(MANIFESTS.get(part.name, part.name)), VOCODER_GAIN if part.role == "vocoder" else 1)
        if part.role == "clip":
            save_file(state, ours)
            continue
        pickle = _upstream_place(work / "upstream", part, published)
        pickle.parent.mkdir(parents=True, exist_ok=True)
        if part.role == "vocoder":
            (pickle.parent / "config.json").write_text(json.dumps(BIGVGAN_V2))
        torch.save({"generator": _weight_normed(state)} if part.role == "vocoder" else state, pickle)
        del state
        convert(pickle, ours)


def clip_file(work: Path) -> Path:
    """Where CLIP's weights are."""
    part = next(part for part in catalog()["mmaudio_small_16k"].parts if part.role == "clip")
    return work / "models" / part.folder / next(file.path for file in part.files if file.converted)


def _upstream_place(root: Path, part: Part, file: ModelFile) -> Path:
    """Where upstream looks for a file; a vocoder of its own repository in a folder of that name."""
    return root / file.repo / file.published if "bigvgan" in file.repo else root / file.published


def _weight_normed(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Plain weights in the spelling of the published vocoders."""
    spelled = {}
    for name, value in state.items():
        if name.endswith(".weight"):
            axes = tuple(range(1, value.ndim))
            spelled |= {f"{name}_g": torch.linalg.vector_norm(value, dim=axes, keepdim=True), f"{name}_v": value}
        else:
            spelled[name] = value
    return spelled


def write_clip(path: Path) -> None:
    """A 1080p H.264 clip without sound: a texture that pans, with grain, so that no frame is like another."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(16, 200, (HEIGHT // 40 + 9, WIDTH // 40 + 9), dtype=np.uint8).repeat(40, 0).repeat(40, 1)
    texture = coarse + rng.integers(0, 32, coarse.shape, dtype=np.uint8)
    partial = path.with_suffix(".part.mp4")
    with av.open(str(partial), "w") as out:
        stream = out.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(round((SECONDS + NEGLIGIBLE) * FPS)):
            x, y = (int(100 + 90 * f(number / 15)) for f in (np.sin, np.cos))
            luma = texture[y : y + HEIGHT, x : x + WIDTH]
            tint = np.full((HEIGHT // 2, WIDTH), 128 + number % 64, np.uint8)
            frame = av.VideoFrame.from_ndarray(np.concatenate([luma, tint]), format="nv12").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    partial.rename(path)


def write_frames(clip: Path, seconds: float, path: Path) -> None:
    """The frames that our reader picks for each encoder, uint8 [N, H, W, 3], for upstream's encoders too."""
    frames = {name: [] for name in FRAME_RATES}
    for name, chunk in read_frames(VideoSource.from_path(clip, 0.0, seconds), FRAME_RATES):
        frames[name].append(chunk.frames)
    torch.save({name: torch.cat(chunks) for name, chunks in frames.items()}, path)
