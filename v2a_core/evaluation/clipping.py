"""Is a sound cut off at the top: samples past full scale, and peaks that are flat."""

import torch
import torch.nn.functional as F

from ..media.audio import Audio

# A peak counts as flat where so many samples in a row are, but for this share, the highest of the channel: longer than
# the top of a tone of 30 Hz is at 48 kHz in float32.
RUN = 3
SLACK = 1e-6


def clipped_share(audio: Audio) -> float:
    """Share of samples that are cut off, 0..1, lower is better.

    Those at or past full scale, which a file would cut off, and those of flat peaks, which a gain doesn't mend. The
    signs count apart, as do channels. Tops of a low or quiet tone that was stored in 16 bits are flat too, and count.
    """
    samples = audio.samples.float()
    cut = samples.abs() >= 1
    for signed in (samples, -samples):
        highest = signed.amax(1, keepdim=True)
        top = ((signed >= highest * (1 - SLACK)) & (highest > 0)).float()[:, None]
        # Opening: what is left is in a run of RUN or more.
        begins = -F.max_pool1d(-F.pad(top, (0, RUN - 1)), RUN, stride=1)
        runs = F.max_pool1d(F.pad(begins, (RUN - 1, 0)), RUN, stride=1)
        cut |= runs[:, 0].bool()
    return float(cut.to(torch.float64).mean())
