"""A sound in a file of its own."""

import av
import pytest
import torch

from v2a_core.errors import InputError
from v2a_core.media.audio import Audio, AudioStream
from v2a_core.media.flac import write_flac


def test_samples_and_labels(tmp_path):
    samples = 1.2 * torch.sin(torch.arange(50000) * 0.01)[None]
    stream = AudioStream(lambda: iter(samples.split(7001, -1)), 24000, 1, 50000)
    told = []
    for sound in (Audio(samples, 24000), stream):
        told.clear()
        path = write_flac(sound, tmp_path / "a.flac", {"v2a_prompt": "ra\0in"}, lambda *step: told.append(step))
        with av.open(str(path)) as container:
            tags = {key.lower(): value for key, value in container.metadata.items()}
            frames = [torch.from_numpy(frame.to_ndarray()).flatten() for frame in container.decode(audio=0)]
        assert tags["comment"] == "AI-generated audio" and tags["v2a_prompt"] == "rain"
        torch.testing.assert_close(torch.cat(frames) / 32768, samples[0].clamp(-1, 1), atol=1e-4, rtol=0)
        assert told[-1] == ("write stem", 2, 3) and [found.name for found in tmp_path.iterdir()] == ["a.flac"]


def test_nothing_is_left_of_what_can_not_be_written(tmp_path):
    with pytest.raises(InputError, match="NaN"):
        write_flac(Audio(torch.full((1, 10), torch.nan), 24000), tmp_path / "a.flac", {})
    assert not any(tmp_path.iterdir())
