"""A video of a few frames for tests of what is not about its pixels."""

from fractions import Fraction

import av
import numpy as np


def write_video(path, *, seconds=2.0, fps=25, width=96, height=64, sound=False, codec="libx264"):
    """A video of a white bar on grey that jumps every half second, with a tone beside it where sound is asked for."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        tone = container.add_stream("aac", rate=48000, layout="mono") if sound else None
        for index in range(round(seconds * fps)):
            picture = np.full((height, width, 3), 90, np.uint8)
            left = int(index / fps * 2) * 17 % max(1, width - 8)
            picture[:, left : left + 8] = 255
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if tone:
            wave = np.sin(np.arange(round(seconds * 48000)) * 0.05)[None].astype(np.float32) / 4
            frame = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
            frame.sample_rate = 48000
            container.mux(tone.encode(frame))
            container.mux(tone.encode())
    return path
