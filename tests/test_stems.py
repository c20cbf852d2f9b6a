"""Several prompts over one look at the picture: each a sound and a file of its own, and all of them mixed."""

from dataclasses import replace

import av
import pytest
import torch
from videos import write_video

from v2a_core.errors import InputError
from v2a_core.media.audio import Audio, AudioStream, read_audio
from v2a_core.media.ducking import Ducking
from v2a_core.media.mix import Stem, mix_stems
from v2a_core.media.video import VideoSource
from v2a_core.models import load_family
from v2a_core.pipeline import generate
from v2a_core.prompts.transcript import Line, Transcript
from v2a_core.stems import check_stems, mixed

STEMS = {"effects": "rain", "speech": "wood", "Music-2": ""}


def made(family, video, output=None, **options):
    return generate(video, output, model=family, **{"steps": 2, **options})


def ducked(sounds):
    return mix_stems([Stem(sound) for sound in sounds], speech=1, ducking=Ducking())


def test_each_stem_is_what_its_prompt_alone_makes(mini, clip):
    told = []
    result = made(mini, clip, stems=STEMS, negative="steps", progress=lambda *step: told.append(step))
    alone = [made(mini, clip, prompt=words, negative="steps").audio for words in STEMS.values()]
    assert list(result.stems[0]) == list(STEMS)
    for stem, sound in zip(result.stems[0].values(), alone, strict=True):
        assert torch.equal(stem.samples, sound.samples)
    assert torch.equal(result.audio.samples, ducked(alone).samples)
    # The picture is read once.
    frames = [done for stage, done, _ in told if stage == "read frames"]
    assert frames == sorted(frames)


def test_files_beside_the_video_say_what_they_are(mini, clip, tmp_path):
    result = made(mini, clip, tmp_path / "out.mkv", stems=STEMS, takes=2, codec="flac")
    names = [f"out-{seed}-{name}.flac" for seed in (0, 1) for name in STEMS]
    assert [path.name for path in result.stem_paths] == names
    assert sorted(tmp_path.iterdir()) == sorted((*result.stem_paths, *result.paths))
    with av.open(str(tmp_path / "out-1-effects.flac")) as container:
        tags = {key.lower(): value for key, value in container.metadata.items()}
        heard = torch.cat([torch.from_numpy(frame.to_ndarray()).flatten() for frame in container.decode(audio=0)])
    assert (tags["comment"], tags["v2a_prompt"], tags["v2a_seed"]) == ("AI-generated audio", "rain", "1")
    stem = result.stems[1]["effects"].samples[0]
    torch.testing.assert_close(heard / 32768, stem.clamp(-1, 1), atol=1e-4, rtol=0)
    with av.open(str(result.paths[1])) as container:
        tags = {key.lower(): value for key, value in container.metadata.items()}
    assert tags["v2a_prompt"] == "effects: rain; speech: wood; Music-2: "


def test_the_stem_called_speech_has_the_transcript(mini, clip):
    transcript = Transcript((Line(0.5, 1.0, "footsteps", "Anna"),))
    stems = made(mini, clip, stems=STEMS, transcript=transcript).stems[0]
    plain = made(mini, clip, stems=STEMS).stems[0]
    assert [name for name in STEMS if not torch.equal(stems[name].samples, plain[name].samples)] == ["speech"]
    with pytest.raises(InputError, match="no stem called speech"):
        made(mini, clip, stems={"a": "rain"}, transcript=transcript)


def test_stems_under_the_sound_that_there_is(mini, sounding_clip):
    old, new = (read_audio(VideoSource.from_path(sounding_clip)), made(mini, sounding_clip, stems=STEMS).audio)
    both = made(mini, sounding_clip, stems=STEMS, under=True).audio.samples
    at_once = mix_stems([Stem(old), Stem(new)], speech=0, ducking=Ducking()).samples
    torch.testing.assert_close(both[:, :95_000], at_once[:, :95_000])


def test_stems_of_a_film(tmp_path):
    family = load_family("mini", weights="random")
    family.spec = replace(family.spec, max_duration_s=5.0, window_s=4.0)
    video = write_video(tmp_path / "film.mp4", seconds=6.0, fps=5)
    result = made(family, video, tmp_path / "out.mkv", stems=STEMS, steps=1, codec="flac")
    kept = made(family, video, stems=STEMS, steps=1)
    assert (result.takes, result.stems) == ((), ()) and not (tmp_path / "out.mkv.v2a-parts").exists()
    torch.testing.assert_close(kept.audio.samples, ducked(kept.stems[0].values()).samples)
    heard = read_audio(VideoSource.from_path(result.path)).samples
    torch.testing.assert_close(heard, kept.audio.samples, atol=1e-3, rtol=0)
    sound = made(family, video, prompt="wood", steps=1).audio
    assert torch.equal(kept.stems[0]["speech"].samples, sound.samples)
    assert [path.name for path in result.stem_paths] == [f"out-{name}.flac" for name in STEMS]


def test_streams_are_mixed_as_sounds_are():
    sounds = [Audio(0.5 * torch.randn(1, 8000 * 12, generator=torch.Generator().manual_seed(n)), 8000) for n in (0, 1)]
    streams = [AudioStream(lambda one=one: iter([one.samples]), 8000, 1, 8000 * 12) for one in sounds]
    whole, film = (mixed(dict(zip(("a", "speech"), each, strict=True)), 12.0) for each in (sounds, streams))
    torch.testing.assert_close(film.gathered().samples, whole.samples, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"stems": {"a/b": "rain"}}, "A stem is called 'a/b'"),
        ({"stems": {"": "rain"}}, "A stem is called ''"),
        ({"stems": {"a": "rain", "A": "wood"}}, "have one name"),
        ({"stems": {str(n): "rain" for n in range(17)}}, "There are 17 stems"),
        ({"stems": {"a": "x" * 2001}}, "2,001 characters"),
        ({"stems": {"a": "[5-6] rain"}}, "reaches beyond the end"),
        ({"stems": {"a": "rain"}, "prompt": "wood"}, "Stems and prompt"),
        ({"stems": {"a": "rain"}, "regenerate": (0.0, 1.0)}, "made from nothing"),
        ({"stems": {"a": "rain"}, "strength": 0.5}, "made from nothing"),
    ],
)
def test_bad_stems(mini, clip, options, told):
    with pytest.raises(InputError, match=told):
        made(mini, clip, **options)


def test_no_stems_exclude_nothing():
    check_stems({}, prompt="rain", cues=None, regenerate=(0.0, 1.0), strength=True)
