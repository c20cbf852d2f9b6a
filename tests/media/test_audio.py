"""Sound in, to the sample."""

import wave

import av
import numpy as np
import pytest
import torch
from clips import click_times, clicks, write_clip

from v2a_core.media.audio import Audio, fit_length, read_audio, resample, stream_audio
from v2a_core.media.video import VideoSource

CLICKS = [0.25, 0.8, 1.5]


def sounding(tmp_path, suffix="mkv", audio_codec="pcm_s16le", channels=2, **options):
    """A clip of 2 s with three clicks."""
    sound = clicks(CLICKS, 2.0, channels=channels)
    return write_clip(tmp_path / f"clip.{suffix}", count=50, audio=sound, audio_codec=audio_codec, **options)


@pytest.mark.parametrize(
    "suffix, codec",
    [(s, c) for c in ("pcm_s16le", "pcm_s24le", "pcm_f32le", "pcm_u8", "flac", "aac", "libopus") for s in ("mkv",)]
    + [
        ("mp4", "aac"),
        ("mp4", "alac"),
        ("mp4", "flac"),
        ("mp4", "libopus"),
        ("mov", "pcm_s32be"),
        ("avi", "libmp3lame"),
    ],
)
def test_any_codec_gives_floats_in_place(tmp_path, suffix, codec):
    codecs = {"avi": {"codec": "mpeg4"}}.get(suffix, {})
    audio = read_audio(VideoSource.from_path(sounding(tmp_path, suffix, codec, **codecs)))
    assert audio.samples.dtype == torch.float32 and audio.samples.shape[0] == 2 and audio.rate_hz == 48000
    late_s = {"libmp3lame": 0.06}.get(codec, 0.001)  # mp3 in avi does not say how much of its start is padding
    assert click_times(audio.samples, audio.rate_hz) == pytest.approx(CLICKS, abs=late_s)
    assert 0.3 < audio.samples.abs().max() < 1.3
    if codec.startswith("pcm") or codec in ("flac", "alac"):
        assert np.abs(audio.samples.numpy() - clicks(CLICKS, 2.0)).max() < 1 / 127
        assert audio.duration_s == 2.0


@pytest.mark.parametrize("codec", ["pcm_s16le", "aac"])
@pytest.mark.parametrize("start_s", [0.0, 0.7, 1.234])
def test_trim_counts_from_its_start(tmp_path, codec, start_s):
    audio = read_audio(VideoSource.from_path(sounding(tmp_path, audio_codec=codec), start_s, 0.6))
    inside = [t - start_s for t in CLICKS if start_s <= t < start_s + 0.6]
    assert click_times(audio.samples, 48000) == pytest.approx(inside, abs=1e-3)
    assert audio.samples.shape[1] == 28800


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_time_counts_from_the_first_frame(tmp_path, suffix):
    path = sounding(tmp_path, suffix, "aac", offset_s=0.4)
    assert click_times(read_audio(VideoSource.from_path(path)).samples, 48000) == pytest.approx([0.4, 1.1], abs=2e-3)


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_sound_that_starts_late_is_preceded_by_silence(tmp_path, suffix):
    path = sounding(tmp_path, suffix, "aac", audio_offset_s=0.35)
    for start_s in (0.0, 0.1):
        audio = read_audio(VideoSource.from_path(path, start_s))
        found = click_times(audio.samples, 48000)
        assert found == pytest.approx([t + 0.35 - start_s for t in CLICKS], abs=2e-3)
        assert (audio.samples[:, : int((0.3 - start_s) * 48000)] == 0).all()


@pytest.mark.parametrize("audio_codec", ["pcm_s16le", "aac"])
@pytest.mark.parametrize("channels", [1, 2, 6, 8])
def test_channels_stay(tmp_path, channels, audio_codec):
    audio = read_audio(VideoSource.from_path(sounding(tmp_path, channels=channels, audio_codec=audio_codec)))
    assert audio.samples.shape == (channels, 96000)


@pytest.mark.parametrize(("channels", "sides"), [(4, (2, 3)), (5, (3, 4))])
def test_channels_that_no_file_is_written_with_become_stereo(tmp_path, channels, sides):
    sound = np.zeros((channels, 96000), np.float32)
    sound[0, 20000:40000], sound[sides[0], 30000:50000] = 0.5, 0.25
    sound[1, 60000:70000], sound[sides[1], 80000:90000] = 0.25, 0.5
    path = write_clip(tmp_path / "clip.mkv", count=50, audio=sound, audio_codec="flac")
    expected = torch.from_numpy(sound[:2] + 0.5**0.5 * sound[list(sides)])
    for audio in (read_audio(VideoSource.from_path(path)), stream_audio(VideoSource.from_path(path)).gathered()):
        torch.testing.assert_close(audio.samples, expected, atol=1e-3, rtol=0)


def test_a_layout_without_a_name(tmp_path):
    video = write_clip(tmp_path / "video.mp4", count=25)
    with wave.open(str(tmp_path / "three.wav"), "wb") as out:
        out.setnchannels(3)
        out.setsampwidth(2)
        out.setframerate(48000)
        out.writeframes((clicks([0.5], 1.0, channels=3).T * 32767).astype("<i2").tobytes())
    with (
        av.open(str(video)) as picture,
        av.open(str(tmp_path / "three.wav")) as sound,
        av.open(str(tmp_path / "clip.mkv"), "w") as out,
    ):
        streams = (picture.streams.video[0], sound.streams.audio[0])
        copies = [out.add_stream_from_template(stream, opaque=True) for stream in streams]
        for stream, copy in zip(streams, copies, strict=True):
            for packet in stream.container.demux(stream):
                if packet.size:
                    packet.stream = copy
                    out.mux(packet)
    audio = read_audio(VideoSource.from_path(tmp_path / "clip.mkv"))
    assert audio.samples.shape[0] == 2
    assert click_times(audio.samples, 48000) == pytest.approx([0.5], abs=1e-3)


def test_no_sound(tmp_path):
    assert read_audio(VideoSource.from_path(write_clip(tmp_path / "clip.mp4", count=5))) is None
    assert read_audio(VideoSource.from_frames(torch.zeros(5, 8, 8, 3), 24)) is None


def test_resampling_keeps_time_and_level():
    time_s = np.arange(48000) / 48000
    tone = Audio(torch.from_numpy(np.sin(2 * np.pi * 440 * time_s).astype(np.float32))[None], 48000)
    half = resample(tone, 24000)
    assert half.samples.shape == (1, 24000) and half.duration_s == 1.0
    assert np.abs(half.samples.numpy()[0] - np.sin(2 * np.pi * 440 * time_s[::2]))[200:-200].max() < 5e-3
    assert resample(tone, 48000) is tone


@pytest.mark.parametrize(("rate_hz", "to_hz"), [(44101, 24000), (48000, 44101), (767_999, 24000)])
def test_rates_that_share_no_divisor_need_no_filter_of_gigabytes(monkeypatch, rate_hz, to_hz):
    monkeypatch.setattr("torchaudio.functional.resample", lambda *_: pytest.fail("by way of a filter for all phases"))
    length = rate_hz + rate_hz // 3
    tone = 0.5 * torch.sin(2 * torch.pi * 1000 * torch.arange(length, dtype=torch.float64) / rate_hz).float()
    made = resample(Audio(torch.stack([tone, -tone]), rate_hz), to_hz).samples
    assert made.shape == (2, -(-length * to_hz // rate_hz))
    expected = 0.5 * torch.sin(2 * torch.pi * 1000 * torch.arange(made.shape[1], dtype=torch.float64) / to_hz)
    assert (made - torch.stack([expected, -expected]))[:, 500:-500].abs().max() < 1e-4


def test_usual_rates_are_resampled_as_ever(monkeypatch):
    monkeypatch.setattr("v2a_core.media.audio.resampled", lambda *_: pytest.fail("by FFmpeg"))
    for rate_hz, to_hz in ((44100, 48000), (11025, 48000), (44100, 16000), (48000, 22050), (96000, 44100)):
        assert resample(Audio(torch.zeros(1, rate_hz), rate_hz), to_hz).samples.shape == (1, to_hz)


def test_fit_length_cuts_with_a_fade():
    audio = Audio(torch.ones(2, 1000), 1000)
    cut = fit_length(audio, 0.5, fade_s=0.01).samples
    assert cut.shape == (2, 500)
    assert (cut[:, :490] == 1).all() and (cut[:, 490:].diff() < 0).all() and (cut[:, -1] == 0).all()
    assert (audio.samples == 1).all()


def test_fit_length_pads_with_silence():
    padded = fit_length(Audio(torch.ones(1, 1000), 1000), 1.5, fade_s=0.01).samples
    assert padded.shape == (1, 1500)
    assert (padded[:, :990] == 1).all() and (padded[:, 999:] == 0).all()


def test_fit_length_leaves_the_right_length_alone():
    audio = Audio(torch.ones(1, 1000), 1000)
    assert fit_length(audio, 1.0) is audio


@pytest.mark.parametrize("late_s", [0.0, 0.5])
def test_a_stream_is_what_is_read_and_as_long_as_the_picture(tmp_path, late_s):
    path = write_clip(
        tmp_path / "clip.mkv", count=75, audio=clicks(CLICKS, 2.0), audio_codec="aac", audio_offset_s=late_s
    )
    source = VideoSource.from_path(path, 0.2)
    stream, whole = stream_audio(source), read_audio(source)
    streamed, length = stream.gathered(), whole.samples.shape[1]
    assert (stream.rate_hz, stream.channels) == (48000, 2) and stream.length == streamed.samples.shape[1] == 134400
    assert length < 134400 and torch.equal(streamed.samples[:, :length], whole.samples)
    assert not streamed.samples[:, length:].any()


def test_no_stream_without_a_sound(tmp_path):
    assert stream_audio(VideoSource.from_path(write_clip(tmp_path / "clip.mp4"))) is None
