"""Everything that is made and heard of one scene family: by Mini, its controls, and those that it is set against."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from clips import BATCH, DURATION_S, Clip, latents, look
from common import told
from mini_clips import Case, World, held_out, nearest_by_caption
from mini_hear import Heard, hear_all, hear_classes, hear_itself, hear_onsets, hear_speech
from mini_store import Store, digest
from mini_ways import controls, frames_of, job, ways_of
from torch import Tensor

from v2a_core import parts, stages
from v2a_core.media.audio import Audio
from v2a_core.models.base import Family, VisualFeatures
from v2a_core.models.mini.family import PARTS
from v2a_core.models.mini.mel import log_mel
from v2a_core.training.world.degrade import KINDS

_HEAR_ALL = ("true", "vocoder", "mini")


@dataclass(frozen=True)
class Made:
    """A family's clips and, by way, what was heard in their soundtracks; a control has the first of the clips.

    copied are the training clips that retrieval chose.
    """

    cases: list[Case]
    heard: dict[str, list[Heard]]
    copied: list[int]


@dataclass(frozen=True)
class Workshop:
    """Mini, the world, and what is in the work folder: of true sounds, and of these weights with their settings."""

    family: Family
    world: World
    true: Store
    made: Store

    @classmethod
    def at(cls, folder: Path, family: Family, world: World) -> "Workshop":
        key = parts.digest(repr(family.spec), [getattr(family, part) for part in PARTS])[:12]
        return cls(family, world, Store(folder / "true"), Store(folder / key))

    def make(self, name: str, count: int) -> tuple[Made, Callable[[int], tuple[Tensor, Tensor]]]:
        """What is made of a scene family's first clips; and a function that gives a clip's true and Mini's log-mel."""
        with told(f"{name}: clips"):
            cases, clips = map(list, zip(*(held_out(name, i, self.world) for i in range(count)), strict=True))
        with told(f"{name}: true sound"):
            heard = {
                "true": self._heard(self.true, name, "true", clips, lambda i: clips[i].truth),
                "vocoder": self._heard(self.made, name, "vocoder", clips, lambda i: self._decoded(_spectrum(clips[i]))),
            }
        if name == "faces":
            with told(f"{name}: the judge of times"):
                heard |= self._judged_times(name, clips)
        with told(f"{name}: eyes"):
            seen = self._seen(name, "mini", clips)
        latent = {}
        for way in ways_of(cases[0]):
            with told(f"{name}: {way}"):
                some = clips if way == "mini" else clips[: controls(count)]
                latent[way] = self._latents(name, way, cases, some, seen)
                heard[way] = self._heard(self.made, name, way, some, lambda i, of=latent[way]: self._decoded(of[i]))
        with told(f"{name}: nearest captions"):
            copied = nearest_by_caption([case.prompt for case in cases], self.family.text)
            heard["retrieval"] = [
                self.true(f"train/{one.number:05}", lambda one=one: hear_all(one.audio(self.world))) for one in copied
            ]
        made = Made(cases, heard, [one.number for one in copied])
        return made, lambda i: (_spectrum(clips[i]), latent["mini"][i])

    def _judged_times(self, name: str, clips: Sequence[Clip]) -> dict[str, list[Heard]]:
        """What the judge of speech finds in another voice, which is in time, and in another clip, which is not."""

        def of_another(i: int) -> Heard:
            if clips[i].kind != "speech":
                return {}
            return hear_speech(clips[(i + 2) % len(clips)].truth, clips[i].scene.talk)  # every other one speaks

        def of_itself(i: int) -> Heard:
            return hear_itself(clips[i], self.world.speakers)

        ways = {"another voice": of_itself, "another clip": of_another}
        return {way: self._each(self.true, f"{name}/{way}", clips, listen) for way, listen in ways.items()}

    def _seen(self, name: str, way: str, clips: Sequence[Clip]) -> list[VisualFeatures]:
        def see(i: int) -> dict[str, Tensor]:
            return look(self.family, frames_of(way)(clips[i], i)).stored()

        stored = self._each(self.made, f"{name}/{way} seen", clips, see)
        return [VisualFeatures.restored("mini", one, DURATION_S) for one in stored]

    def _latents(
        self, name: str, way: str, cases: Sequence[Case], clips: Sequence[Clip], seen: list[VisualFeatures]
    ) -> list[Tensor]:
        """Mini's latents [80, T], rounded as they are in the folder."""
        if way in KINDS:
            seen = self._seen(name, way, clips)
        if way == "shuffled":
            seen = [*seen[1 : len(clips)], seen[0]]

        def make(numbers: range) -> dict[str, Tensor]:
            jobs = [job(way, cases[i], clips[i], seen[i]) for i in numbers]
            return {"latent": latents(self.family, jobs).half()}

        return [
            one.float() for _, tensors in _parts(self.made, f"{name}/{way}", clips, make) for one in tensors["latent"]
        ]

    def _decoded(self, latent: Tensor) -> Audio:
        return stages.decode(self.family, latent[None], DURATION_S)

    def _heard(
        self, store: Store, name: str, way: str, clips: Sequence[Clip], audio_of: Callable[[int], Audio]
    ) -> list[Heard]:
        """What is heard in the soundtrack that audio_of gives for the number of each clip."""
        hear = hear_all if way in _HEAR_ALL else hear_onsets if way in KINDS else hear_classes

        def listen(i: int) -> Heard:
            audio = audio_of(i)
            spoken = hear_speech(audio, clips[i].scene.talk) if clips[i].kind == "speech" else {}
            return hear(audio) | spoken

        return self._each(store, f"{name}/{way} heard", clips, listen)

    def _each(
        self, store: Store, path: str, clips: Sequence[Clip], of: Callable[[int], dict[str, Tensor]]
    ) -> list[dict[str, Tensor]]:
        """What `of` gives for the number of each clip."""

        def make(numbers: range) -> dict[str, Tensor]:
            return {f"{i}/{key}": tensor for i in numbers for key, tensor in of(i).items()}

        return [
            {key.partition("/")[2]: tensor for key, tensor in tensors.items() if key.startswith(f"{i}/")}
            for numbers, tensors in _parts(store, path, clips, make)
            for i in numbers
        ]


def _spectrum(clip: Clip) -> Tensor:
    return log_mel(clip.truth.samples)[0]


def _parts(
    store: Store, path: str, clips: Sequence[Clip], make: Callable[[range], Mapping[str, Tensor]]
) -> Iterator[tuple[range, dict[str, Tensor]]]:
    """Numbers of a few clips at a time, and the tensors that make gives of them, if the folder doesn't hold them."""
    for first in range(0, len(clips), BATCH):
        numbers = range(first, min(first + BATCH, len(clips)))
        yield (
            numbers,
            store(f"{path}/{first:03}-{digest(clips[first : numbers.stop])}", lambda some=numbers: make(some)),
        )
