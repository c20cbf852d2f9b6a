import gzip
import io
import struct
import wave
from types import SimpleNamespace

import numpy as np
import pytest
from little_sounds import LEAD_S, RATE, click, write_wav

from v2a_core.errors import InputError
from v2a_core.training.world.attribution import attribution
from v2a_core.training.world.balls import made_balls
from v2a_core.training.world.classes import SOUND_CLASSES
from v2a_core.training.world.cutting import even_out, find_hit, find_hits, take_hit
from v2a_core.training.world.mixing import mix
from v2a_core.training.world.packs import decode, open_pack
from v2a_core.training.world.sounds import SoundLibrary


def scene(times=(), level=None, split="train", strengths=None):
    strengths = strengths or [1.0] * len(times)
    events = tuple(SimpleNamespace(time_s=t, strength=s) for t, s in zip(times, strengths, strict=True))
    return SimpleNamespace(duration_s=6.0, events=events, level=level, split=split)


def first_above(samples, share=0.2):
    return int(np.argmax(np.abs(samples) > share * np.abs(samples).max()))


def wav_bytes(samples, rate=RATE):
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return out.getvalue()


def test_a_hit_is_found_where_it_begins():
    hit = find_hit(click(500))
    assert abs(hit.attack - LEAD_S * RATE) < 0.002 * RATE


def test_a_second_hit_is_cut_off_unless_it_belongs():
    two = np.concatenate([click(500), click(700)])
    assert find_hit(two).end < 1.1 * len(click(500))
    assert find_hit(two, least_ms=1000).end > 1.1 * len(click(500))


def test_a_walk_is_cut_into_its_steps():
    walk = np.concatenate([click(400 + 50 * i, i, seconds=0.5) for i in range(5)])
    hits = find_hits(walk)
    expected = [LEAD_S + i * (LEAD_S + 0.5) for i in range(5)]
    np.testing.assert_allclose([hit.attack / RATE for hit in hits], expected, atol=0.002)
    sample, attack = take_hit(walk, hits[2], 1.0)
    assert np.abs(sample).max() == pytest.approx(1)
    assert abs(first_above(sample) - attack) < 0.002 * RATE


def test_evening_out_flattens_a_swell():
    rng = np.random.default_rng(0)
    swell = rng.standard_normal(4 * RATE) * np.linspace(0.01, 0.3, 4 * RATE)
    even = even_out(swell)
    before, after = (np.std(x[3 * RATE :]) / np.std(x[:RATE]) for x in (swell, even))
    assert after < before / 2
    assert np.sqrt(np.mean(even**2)) == pytest.approx(0.1, rel=0.05)


def test_decoding_resamples_and_mixes_down(tmp_path):
    tone = np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000) / 2
    decoded = decode(wav_bytes(tone, 48_000), "tone")
    assert len(decoded) == 24_000 and decoded.dtype == np.float32
    spectrum = np.abs(np.fft.rfft(decoded))
    assert np.argmax(spectrum) == 440


def test_a_file_that_is_no_sound_is_named():
    with pytest.raises(InputError, match=r"pack/broken\.ogg"):
        decode(b"this is no sound", "pack/broken.ogg")


def test_missing_packages_say_how_to_get_them(library_root):
    (library_root / "x" / "pack" / "sounds").rename(library_root / "elsewhere")
    with pytest.raises(InputError, match="make sounds"):
        SoundLibrary(library_root)
    assert not list(library_root.glob("library*"))


def test_opensfx_container(tmp_path):
    sound, title = wav_bytes(click(500)), b'"A click". By nobody.\0'
    entry = bytes([len(title)]) + title + sound
    (tmp_path / "a.cat").write_bytes(struct.pack("<II", 8 | 0x80000000, len(sound)) + entry)
    pack = open_pack(tmp_path / "a.cat")
    assert list(pack) == ["00 A click"]
    assert pack["00 A click"]() == sound


def test_openclonk_container(tmp_path):
    sound = wav_bytes(click(500))

    def group(entries):
        head = bytearray(204)
        struct.pack_into("<i", head, 36, len(entries))
        for i in range(0, 202, 3):
            head[i], head[i + 2] = head[i + 2], head[i]
        table, body = b"", b""
        for name, content, is_group in entries:
            row = name.encode().ljust(260, b"\0") + struct.pack("<5i", 0, is_group, len(content), 0, len(body))
            table, body = table + row.ljust(316, b"\0"), body + content
        return bytes(byte ^ 237 for byte in head) + table + body

    inner = group([("hit.wav", sound, 0), ("notes.txt", b"text", 0)])
    packed = gzip.compress(group([("Hits.ocg", inner, 1)]))
    (tmp_path / "Sound.ocg").write_bytes(b"\x1e\x8c" + packed[2:])
    pack = open_pack(tmp_path / "Sound.ocg")
    assert list(pack) == ["Hits.ocg/hit.wav"]
    assert pack["Hits.ocg/hit.wav"]() == sound


def test_splits_share_no_file_and_no_copy(library):
    files = {split: {r.path for r in library.recordings if r.split == split} for split in ("train", "test")}
    assert files["train"] and files["test"] and not files["train"] & files["test"]
    assert len({r.split for r in library.recordings if r.path in ("drum-a.wav", "drum-a-copy.wav")}) == 1
    for name in ("drum", "rain"):
        assert all(library.takes(name, split) for split in ("train", "val", "test"))
    assert library.takes("drum", "val") == library.takes("drum", "train")


def test_the_second_opening_reads_the_cache(library, library_root):
    for file in (library_root / "x").rglob("*.wav"):
        file.unlink()
    again = SoundLibrary(library_root)
    assert again.recordings == library.recordings
    for a, b in zip(again.all("test"), library.all("test"), strict=True):
        np.testing.assert_array_equal(a, b)


def test_events_sound_at_their_times(library):
    times = (0.5, 1.7321, 3.0007, 4.9)
    for seed in range(8):
        wave = mix(scene(times), "drum", library, np.random.default_rng(seed))
        assert wave.shape == (144_000,) and wave.dtype == np.float32
        for time_s in times:
            start = round((time_s - 0.05) * RATE)
            onset = first_above(wave[start : start + round(0.3 * RATE)]) + start
            assert abs(onset / RATE - time_s) < 0.002


def test_stronger_events_are_louder_and_nothing_sounds_between(library):
    wave = mix(scene((1.0, 4.0), strengths=[0.2, 1.0]), "drum", library, np.random.default_rng(3))
    weak, strong, between = (np.abs(wave[int(a * RATE) : int(b * RATE)]).max() for a, b in ((1, 2), (4, 5), (2.5, 3.9)))
    assert 0.2 < strong <= 0.75
    assert 3 < strong / weak < 12
    assert between < 0.01


def test_a_scene_without_events_is_silent(library):
    wave = mix(scene(), "drum", library, np.random.default_rng(1))
    assert np.abs(wave).max() < 0.05


def test_events_at_the_edges_are_cut_not_dropped(library):
    wave = mix(scene((0.0, 5.99)), "drum", library, np.random.default_rng(0))
    assert np.abs(wave[:480]).max() > 0.1 and np.abs(wave[-240:]).max() > 0.05


def test_textures_follow_the_level(library):
    level = np.concatenate([np.zeros(200), np.ones(200), np.full(200, 0.5)]).astype(np.float32)
    wave = mix(scene(level=level), "rain", library, np.random.default_rng(2))
    silent, loud, half = (np.std(wave[int(a * RATE) : int(b * RATE)]) for a, b in ((0.1, 1.9), (2.1, 3.9), (4.1, 5.9)))
    assert silent < 0.001
    assert 0.03 < loud < 0.3
    assert loud / half == pytest.approx(0.5**-1.5, rel=0.25)


def test_equal_generators_mix_equally(library):
    one, two = (mix(scene((1.0, 2.0)), "drum", library, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_test_scenes_use_test_recordings_alone(library, monkeypatch):
    used = []
    original = library.wave
    monkeypatch.setattr(library, "wave", lambda recording, *span: used.append(recording) or original(recording, *span))
    for seed in range(12):
        mix(scene((1.0,), split="test"), "drum", library, np.random.default_rng(seed))
    assert {recording.split for recording in used} == {"test"}


def test_made_balls_are_short_hits():
    pack = made_balls()
    for name in list(pack)[::17]:
        sound = decode(pack[name](), name)
        assert find_hit(sound).attack < 0.01 * RATE
        assert np.abs(sound[-RATE // 20 :]).max() < 0.02


def test_every_class_has_words_and_labels():
    for name, spec in SOUND_CLASSES.items():
        assert spec.kind in ("event", "texture", "speech"), name
        assert len(spec.nouns) >= 5 and len(spec.clauses) >= 5 and len(spec.tags) >= 3 and spec.labels, name


def test_the_manifest_names_every_file(library):
    text = attribution(library.recordings)
    for recording in library.recordings:
        assert f"| {recording.path} | nobody | CC0-1.0 |" in text


def test_short_textures_repeat_without_gaps(tmp_path, library_root):
    folder = library_root / "x" / "pack" / "sounds"
    for seed, file in enumerate(folder.glob("rain-*.wav")):
        write_wav(file, np.random.default_rng(seed).standard_normal(RATE) * 0.1)
    wave = mix(scene(level=np.ones(600, np.float32)), "rain", SoundLibrary(library_root), np.random.default_rng(0))
    pieces = np.std(wave.reshape(-1, 2400), axis=1)
    assert pieces.min() > 0.5 * pieces.max()
