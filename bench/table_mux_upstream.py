"""Upstream's side of the mux row of `table.py`: python bench/table_mux_upstream.py JOB, a JSON object."""

import json
import sys
from pathlib import Path

import torch
from mmaudio_parts import Stages


def main(job: dict) -> None:
    """Encode a clip's frames again with a sound, as MMAudio's demo.py does, and write what that took."""
    sys.path.insert(0, job["upstream"])
    from mmaudio.data.av_utils import VideoInfo, read_frames, reencode_with_audio

    torch.set_num_threads(job["threads"])
    sound = torch.randn(1, round(job["seconds"] * job["rate_hz"])).clamp(-1, 1)
    # It keeps all frames from when it reads the video: that is counted with the encoders, their memory here.
    _, frames, fps = read_frames(Path(job["clip"]), [], 0, job["seconds"], need_all_frames=True)
    nothing = torch.empty(0)
    info = VideoInfo(job["seconds"], fps, nothing, nothing, frames)
    measured = Stages("cpu")
    with measured("mux"):
        reencode_with_audio(info, Path(job["out"]), sound, job["rate_hz"])
    Path(job["told"]).write_text(json.dumps(measured.stages["mux"]))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
