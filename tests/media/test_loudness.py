"""Loudness and true peak: the published test signals, FFmpeg's meter beside ours, and targets met."""

import math

import av
import numpy as np
import pytest
import torch

from v2a_core.media.audio import Audio
from v2a_core.media.loudness import TARGETS_LUFS, integrated_lufs, k_weighting, limit, normalise, true_peak_dbtp

RATE = 48000


def tone(*parts, rate_hz=RATE, hz=1000.0, channels=2):
    """A sine of given (dBFS, seconds), one after the other in phase."""
    level = torch.cat([torch.full((round(s * rate_hz),), 10 ** (db / 20), dtype=torch.float64) for db, s in parts])
    time_s = torch.arange(len(level), dtype=torch.float64) / rate_hz
    return Audio((level * torch.sin(2 * math.pi * hz * time_s)).float().expand(channels, -1), rate_hz)


# EBU Tech 3341, "Loudness metering", table 1, signals 1 to 5: all but the second measure -23 LUFS.
EBU = {
    "1": (tone((-23, 20)), -23),
    "2": (tone((-33, 20)), -33),
    "3": (tone((-36, 10), (-23, 60), (-36, 10)), -23),
    "4": (tone((-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)), -23),
    "5": (tone((-26, 20), (-20, 20.1), (-26, 20)), -23),
}


@pytest.mark.parametrize(("audio", "lufs"), EBU.values(), ids=EBU)
def test_ebu_3341_loudness(audio, lufs):
    assert integrated_lufs(audio) == pytest.approx(lufs, abs=0.1)


def test_ebu_3341_surround():
    levels = [-28, -28, -24, 0, -30, -30]  # signal 6, and a channel of low frequencies that doesn't count
    audio = Audio(torch.cat([tone((db, 20), channels=1).samples for db in levels]), RATE)
    assert integrated_lufs(audio) == pytest.approx(-23, abs=0.1)


@pytest.mark.parametrize(
    ("fraction", "degrees", "amplitude", "dbtp"),
    [(4, 0, 0.5, -6), (4, 45, 0.5, -6), (6, 60, 0.5, -6), (8, 67.5, 0.5, -6), (4, 45, 1.41, 3)],
)
def test_ebu_3341_true_peak(fraction, degrees, amplitude, dbtp):
    """Signals 15 to 19: sines whose samples miss their peaks."""
    phase = 2 * math.pi * torch.arange(RATE, dtype=torch.float64) / fraction + math.radians(degrees)
    # They begin and end softly there too, or the edge itself would be the peak.
    level = amplitude * torch.arange(RATE).clamp(max=2400).minimum(RATE - 1 - torch.arange(RATE)).clamp(max=2400) / 2400
    measured = true_peak_dbtp(Audio((level * torch.sin(phase)).float()[None], RATE))
    assert dbtp - 0.4 <= measured <= dbtp + 0.2
    assert measured == pytest.approx(20 * math.log10(amplitude), abs=0.1)


@pytest.mark.parametrize("rate_hz", [16000, 22050, 24000, 44100, 96000])
def test_any_rate_measures_alike(rate_hz):
    assert integrated_lufs(tone((-23, 5), rate_hz=rate_hz)) == pytest.approx(-23, abs=0.05)


def test_the_weighting_is_the_standard_s_at_48_khz():
    """Against the coefficients of BS.1770-4, tables 1 and 2, in direct form."""
    response = k_weighting(48000)
    shelf = ([1.53512485958697, -2.69169618940638, 1.19839281085285], [-1.69065929318241, 0.73248077421585])
    high_pass = ([1.0, -2.0, 1.0], [-1.99004745483398, 0.99007225036621])
    signal = [1.0] + [0.0] * 999
    for ahead, back in (shelf, high_pass):
        made = []
        for n in range(len(signal)):
            value = sum(b * signal[n - k] for k, b in enumerate(ahead) if n >= k)
            made.append(value - sum(a * made[n - k] for k, a in enumerate(back, 1) if n >= k))
        signal = made
    assert response[:1000].numpy() == pytest.approx(np.array(signal), abs=1e-12)


def test_gating_leaves_silence_out():
    speech, silence = tone((-20, 10)).samples, torch.zeros(2, 30 * RATE)
    with_pauses = Audio(torch.cat([silence, speech, silence], 1), RATE)
    # Blocks that are half speech count too, as the standard has it.
    assert integrated_lufs(with_pauses) == pytest.approx(-20, abs=0.2)
    assert integrated_lufs(Audio(silence, RATE)) == -math.inf == true_peak_dbtp(Audio(silence, RATE))


def test_a_sound_shorter_than_a_block():
    assert integrated_lufs(tone((-20, 0.2))) == pytest.approx(-20, abs=0.2)
    assert integrated_lufs(Audio(torch.full((1, 1), 0.5), RATE)) < 0


def ten_signals():
    """Sounds of all sorts, by name, all below 20 kHz: nearer the edge, peaks depend on the filter."""
    random = np.random.default_rng(5)
    count = 12 * RATE
    time_s = np.arange(count) / RATE
    noise = random.standard_normal((2, count))
    pink = np.fft.irfft(np.fft.rfft(noise) / np.sqrt(np.arange(count // 2 + 1) + 1.0), count)
    clicks = np.zeros((2, count))
    clicks[:, :: RATE // 2] = 1.0
    square = np.sign(np.sin(2 * np.pi * 997 * time_s))[None]
    speech = pink * (np.sin(2 * np.pi * 3 * time_s) > 0) * (np.sin(2 * np.pi * 0.2 * time_s) > 0)
    sounds = {
        "white noise": noise * 0.1,
        "pink noise": pink / abs(pink).max() * 0.9,
        "mono noise": noise[:1] * 0.05,
        "one side": noise * [[0.1], [0.0]],
        "clicks": np.apply_along_axis(np.convolve, 1, clicks, np.exp(-np.arange(2000) / 300))[:, :count],
        "square": square * 0.3,
        "sweep": np.sin(2 * np.pi * (20 + 800 * time_s) * time_s)[None] * 0.5,
        "syllables": speech / abs(speech).max(),
        "growing": noise * 10 ** (-3 + time_s / 6) * 0.3,
        "low and high": (np.sin(2 * np.pi * 40 * time_s) * 0.5 + np.sin(2 * np.pi * 12000 * time_s) * 0.4)[None],
    }
    return {name: Audio(torch.from_numpy(below_20_khz(samples)).float(), RATE) for name, samples in sounds.items()}


def below_20_khz(samples):
    spectrum = np.fft.rfft(np.pad(samples, [(0, 0), (0, RATE)]))
    frequency = np.fft.rfftfreq(samples.shape[1] + RATE, 1 / RATE)
    kept = np.fft.irfft(spectrum * np.clip((20000 - frequency) / 1000, 0, 1))[:, : samples.shape[1]]
    return kept * np.clip((samples.shape[1] - np.arange(samples.shape[1])) / 2400, 0, 1)


SIGNALS = ten_signals()


def ffmpeg_lufs(audio):
    """Loudness as FFmpeg's ebur128 filter measures it."""
    layout = {1: "mono", 2: "stereo"}[len(audio.samples)]
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=audio.rate_hz, format="fltp", layout=layout)
    meter = graph.add("ebur128", "metadata=1:framelog=quiet")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(audio.samples.numpy()), format="fltp", layout=layout)
    frame.sample_rate, frame.pts = audio.rate_hz, 0
    graph.push(frame)
    graph.push(None)
    said = {}
    while True:
        try:
            said = sink.pull().metadata or said
        except (av.BlockingIOError, av.EOFError):
            break
    return float(said["lavfi.r128.I"])


def ideal_peak_dbtp(audio):
    """By an interpolation to four times the rate that is exact for what the samples hold."""
    samples = np.pad(audio.samples.double().numpy(), [(0, 0), (RATE // 2, RATE // 2)])
    finer = np.fft.irfft(np.fft.rfft(samples), 4 * samples.shape[1]) * 4
    return 20 * math.log10(abs(finer).max())


@pytest.mark.parametrize("name", SIGNALS)
def test_ffmpeg_measures_the_same(name):
    assert integrated_lufs(SIGNALS[name]) == pytest.approx(ffmpeg_lufs(SIGNALS[name]), abs=0.05)


@pytest.mark.parametrize("name", SIGNALS)
def test_pyloudnorm_measures_the_same(name):
    pyloudnorm = pytest.importorskip("pyloudnorm")
    measured = pyloudnorm.Meter(RATE).integrated_loudness(SIGNALS[name].samples.double().numpy().T)
    assert integrated_lufs(SIGNALS[name]) == pytest.approx(measured, abs=0.1)


@pytest.mark.parametrize("name", SIGNALS)
def test_true_peaks_are_those_of_an_ideal_interpolation(name):
    assert true_peak_dbtp(SIGNALS[name]) == pytest.approx(ideal_peak_dbtp(SIGNALS[name]), abs=0.1)


@pytest.mark.parametrize("name", SIGNALS.keys() - {"clicks"})
def test_a_target_is_met_under_the_ceiling(name):
    loud = normalise(SIGNALS[name], -14.0)
    assert ideal_peak_dbtp(loud) <= -1 + 0.1
    assert integrated_lufs(loud) == pytest.approx(-14.0, abs=0.1)


@pytest.mark.parametrize("target_lufs", TARGETS_LUFS)
def test_every_target_is_met(target_lufs):
    assert integrated_lufs(normalise(SIGNALS["syllables"], target_lufs)) == pytest.approx(target_lufs, abs=0.1)


def test_peaks_are_not_squashed_for_a_target():
    """Single clicks are quiet on average: the limiter can't make them louder than the ceiling lets it."""
    loud = normalise(SIGNALS["clicks"], -14.0)
    assert integrated_lufs(loud) < -20
    assert ideal_peak_dbtp(loud) == pytest.approx(-1, abs=0.1)


def test_silence_stays_silent():
    silence = Audio(torch.zeros(2, RATE), RATE)
    assert normalise(silence, -14.0) is silence


def test_a_limiter_leaves_alone_what_is_below_the_ceiling():
    quiet = tone((-20, 1.0)).samples.clone()
    quiet[:, 24000] = 1.0
    limited = limit(Audio(quiet, RATE), -6.0).samples
    fade = round(0.04 * RATE) + 64
    assert (limited[:, : 24000 - fade] == quiet[:, : 24000 - fade]).all()
    assert (limited[:, 24000 + fade :] == quiet[:, 24000 + fade :]).all()
    assert limited.abs().max() <= 10 ** (-6 / 20) + 1e-4
    gain = limited[0, 23000:25000] / quiet[0, 23000:25000]
    assert gain[quiet[0, 23000:25000].abs() > 0.01].diff().abs().max() < 0.02  # no step that clicks


def test_pieces_do_not_show():
    """A peak at the border between two pieces is limited from both sides as anywhere else."""
    samples = tone((-20, 21.0), channels=1).samples.clone()
    samples[:, 10 * RATE - 1] = samples[:, 5 * RATE - 1] = 1.0
    limited = limit(Audio(samples, RATE)).samples[0]
    at_border, elsewhere = (limited[at - 3000 : at + 3000] for at in (10 * RATE, 5 * RATE))
    assert (at_border - elsewhere).abs().max() < 1e-5
