"""How loud a sound is, and how to bring it to a target: ITU-R BS.1770-4 and EBU R 128.

The standard's filters are recursive. Without its compiled part torchaudio runs those a sample at a time, so they are
applied here as convolutions with their impulse responses, which are silent to double precision after KERNEL_S.
All of it works on pieces of PIECE_S seconds: memory does not grow with the sound but by one more copy of it.
"""

import math
from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor
from torchaudio.functional import fftconvolve
from torchaudio.functional import resample as resample_samples

from .audio import Audio

Progress = Callable[[str, int, int], None]

TARGETS_LUFS = (-14.0, -16.0, -23.0)  # streaming; podcasts and phones; European broadcast (EBU R 128)
CEILING_DBTP = -1.0
# Peaks are turned down by at most this much to reach a target; past it the sound stays quieter than asked.
MOST_LIMITING_DB = 12.0
# The limiter's gain falls over this long before a peak and rises over as long after it.
FADE_S = 0.02

PIECE_S = 10.0
KERNEL_S = 0.25
_HOPS_PER_S, _HOPS = 10, 4  # blocks of 400 ms that overlap by three quarters
_ABSOLUTE_GATE_LUFS, _RELATIVE_GATE_LU = -70.0, -10.0
# The two stages as analogue prototypes: frequency, gain and quality for which the bilinear transform gives the
# standard's coefficients at 48 kHz. B. De Man, "Evaluation of implementations of the EBU R128 loudness measurement"
# (AES 145, 2018).
_SHELF_HZ, _SHELF_DB, _SHELF_Q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
_HIGH_PASS_HZ, _HIGH_PASS_Q = 38.13547087602444, 0.5003270373238773
# Positions in the standard's order: left, right, centre, low frequencies, surround left and right (and two more).
_SURROUND = torch.tensor([1.0, 1.0, 1.0, 0.0, 1.41, 1.41, 1.41, 1.41], dtype=torch.float64)


def integrated_lufs(audio: Audio, progress: Progress | None = None) -> float:
    """Gated loudness of a whole sound in LUFS; minus infinity for one that is silent.

    Six or eight channels are 5.1 or 7.1, any other number count alike. A sound shorter than a block of 400 ms is
    measured as one block of its own length.
    """
    energies, lengths = _hops(audio, progress)
    blocks = min(_HOPS, len(energies))
    powers = energies.unfold(0, blocks, 1).sum(-1) / lengths.unfold(0, blocks, 1).sum(-1)
    loud = powers[_lufs(powers) > _ABSOLUTE_GATE_LUFS]
    if not len(loud):
        return -math.inf
    return float(_lufs(loud[_lufs(loud) > _lufs(loud.mean()) + _RELATIVE_GATE_LU].mean()))


def true_peak_dbtp(audio: Audio, progress: Progress | None = None) -> float:
    """The highest level that the sound reaches between its samples too, by 4-fold oversampling, in dB of full scale."""
    highest = max(float(_peaks(piece)[_MARGIN:-_MARGIN].max()) for _, piece in _pieces(audio, _MARGIN, progress))
    return 20 * math.log10(highest) if highest else -math.inf


def normalise(
    audio: Audio, target_lufs: float, ceiling_dbtp: float = CEILING_DBTP, progress: Progress | None = None
) -> Audio:
    """The sound at a loudness, its true peak limited to a ceiling.

    Silence stays. A sound of peaks and pauses, for which the peaks would have to be limited by more than
    MOST_LIMITING_DB, is made as loud as that allows.
    """
    loudness_lufs = integrated_lufs(audio, progress)
    if loudness_lufs == -math.inf:
        return audio
    room_db = ceiling_dbtp - true_peak_dbtp(audio, progress)
    most_db = room_db + MOST_LIMITING_DB
    gain_db = min(target_lufs - loudness_lufs, most_db)
    if gain_db <= room_db:
        return Audio(audio.samples * 10 ** (gain_db / 20), audio.rate_hz)
    # Limiting takes loudness away: it is given back and limited again until that no longer matters.
    for _ in range(10):
        louder = limit(Audio(audio.samples * 10 ** (gain_db / 20), audio.rate_hz), ceiling_dbtp, progress)
        missing_db = target_lufs - integrated_lufs(louder, progress)
        if abs(missing_db) < 0.02 or (gain_db == most_db and missing_db > 0):
            break
        gain_db = min(gain_db + missing_db, most_db)
    return louder


def limit(audio: Audio, ceiling_dbtp: float = CEILING_DBTP, progress: Progress | None = None) -> Audio:
    """The sound with its true peak at or below a ceiling, by a look-ahead limiter; below it the sound is untouched.

    The gain that each peak needs is held for FADE_S on both sides and smoothed over as long, so that it never rises
    above what is needed. All channels are turned down together.
    """
    fade = round(FADE_S * audio.rate_hz)
    smooth = torch.hann_window(2 * fade + 3, periodic=False)[1:-1]
    limited = torch.empty_like(audio.samples)
    for span, piece in _pieces(audio, 2 * fade + _MARGIN, progress):
        needed = (10 ** (ceiling_dbtp / 20) / _peaks(piece)).clamp(max=1.0)
        gain = fftconvolve(_lowest_within(needed[_MARGIN:-_MARGIN], fade), smooth / smooth.sum(), mode="valid")
        # A convolution rounds: what needs no limiting stays as it was.
        gain = torch.where(gain > 1 - 1e-5, 1.0, gain)
        limited[:, span] = audio.samples[:, span] * gain
    return Audio(limited, audio.rate_hz)


def _hops(audio: Audio, progress: Progress | None) -> tuple[Tensor, Tensor]:
    """Weighted energy and length in samples of each whole hop of 100 ms, float64 [K]; of all where there is none."""
    rate_hz, count = audio.rate_hz, audio.samples.shape[-1]
    kernel = k_weighting(rate_hz)
    weights = _SURROUND[: len(audio.samples)] if len(audio.samples) in (6, 8) else torch.ones(1, dtype=torch.float64)
    hops = count * _HOPS_PER_S // rate_hz
    edges = (torch.arange(hops + 1, dtype=torch.float64) * rate_hz / _HOPS_PER_S).round().long()
    if hops < _HOPS:
        edges = torch.tensor([0, count])
    energies = torch.zeros(len(edges) - 1, dtype=torch.float64)
    for span, piece in _pieces(audio, len(kernel) - 1, progress):
        # Only what came before sounds on.
        heard = piece[:, : len(kernel) - 1 + span.stop - span.start].double()
        power = (fftconvolve(heard, kernel.expand(len(heard), -1), mode="valid").square() * weights[:, None]).sum(0)
        hop = torch.bucketize(torch.arange(span.start, span.stop), edges, right=True) - 1
        inside = hop < len(energies)
        energies.index_add_(0, hop[inside], power[inside])
    return energies, edges.diff().double()


def k_weighting(rate_hz: int) -> Tensor:
    """Impulse response of the standard's two filters at any rate, float64 [KERNEL_S * rate]."""
    size = 2 * round(KERNEL_S * rate_hz)
    z = torch.exp(-2j * math.pi * torch.arange(size // 2 + 1, dtype=torch.float64) / size)
    # Bilinear transform: s = (1 - z) / (1 + z) / tan(pi f / rate), written without the pole at half the rate.
    k = math.tan(math.pi * _SHELF_HZ / rate_hz)
    over, under = (1 - z), k * (1 + z)
    high, band = 10 ** (_SHELF_DB / 20), 10 ** (_SHELF_DB / 20 * 0.4996667741545416)
    shelf = (high * over**2 + band / _SHELF_Q * over * under + under**2) / (
        over**2 + over * under / _SHELF_Q + under**2
    )
    k = math.tan(math.pi * _HIGH_PASS_HZ / rate_hz)
    under = k * (1 + z)
    # The standard's second stage has the numerator 1, -2, 1 itself, not scaled by the transform.
    scale = 1 + k / _HIGH_PASS_Q + k**2
    high_pass = scale * over**2 / (over**2 + over * under / _HIGH_PASS_Q + under**2)
    return torch.fft.irfft(shelf * high_pass, size)[: size // 2]


def _lufs(power: Tensor) -> Tensor:
    return -0.691 + 10 * torch.log10(power)


# Oversampling by a sinc of this many zero crossings a side: pieces overlap by more.
_WIDTH = 32
_MARGIN = 2 * _WIDTH


def _peaks(piece: Tensor) -> Tensor:
    """The highest absolute value of any channel near each sample, between samples too: [C, N] -> [N]."""
    finer = resample_samples(piece, 1, 4, lowpass_filter_width=_WIDTH, rolloff=1.0).abs().amax(0)
    # A value between two samples counts for both.
    near = F.max_pool1d(F.pad(finer, (3, 3))[None], kernel_size=7, stride=4)[0]
    return torch.maximum(near, piece.abs().amax(0))


def _lowest_within(values: Tensor, reach: int) -> Tensor:
    """The lowest of each value and its neighbours up to `reach` away, by doubling: [N] -> [N - 2 * reach]."""
    lowest, size = values, 1
    while size < 2 * reach + 1:
        step = min(size, 2 * reach + 1 - size)
        lowest, size = torch.minimum(lowest[:-step], lowest[step:]), size + step
    return lowest


def _pieces(audio: Audio, margin: int, progress: Progress | None) -> Iterator[tuple[slice, Tensor]]:
    """Spans of PIECE_S, and the samples [C, margin + n + margin] in and around each, silent beyond the ends."""
    count, step = audio.samples.shape[-1], round(PIECE_S * audio.rate_hz)
    for start in range(0, count, step):
        stop = min(start + step, count)
        if progress:
            progress("loudness", start, count)
        first, last = max(0, start - margin), min(stop + margin, count)
        around = (margin - (start - first), margin - (last - stop))
        yield slice(start, stop), F.pad(audio.samples[:, first:last], around)
