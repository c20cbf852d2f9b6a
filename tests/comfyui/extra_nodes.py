"""Nodes for the tests, which the server under test finds among its custom nodes."""

import ctypes
import gc
import io

import folder_paths
import torch
from comfy.cli_args import LatentPreviewMethod, args
from comfy_api.latest import InputImpl


class InMemory:
    """A VIDEO as generators such as Veo return it: a file in memory."""

    INPUT_TYPES = classmethod(lambda cls: {"required": {"file": ("STRING", {})}})
    RETURN_TYPES, FUNCTION, CATEGORY = ("VIDEO",), "run", "test"

    def run(self, file):
        with open(folder_paths.get_annotated_filepath(file), "rb") as video:
            return (InputImpl.VideoFromFile(io.BytesIO(video.read())),)


class PreviewMethod:
    """Sets what ComfyUI's option --preview-method and its manager set."""

    INPUT_TYPES = classmethod(lambda cls: {"required": {"model": ("MODEL", {}), "method": ("STRING", {})}})
    RETURN_TYPES, FUNCTION, CATEGORY = ("MODEL",), "run", "test"

    def run(self, model, method):
        args.preview_method = LatentPreviewMethod(method)
        return (model,)


class Trim:
    """Gives back what was freed and glibc keeps for the next run, up to 64 MB a thread: what is left is really held."""

    INPUT_TYPES = classmethod(lambda cls: {"required": {}})
    IS_CHANGED = classmethod(lambda cls: float("nan"))
    RETURN_TYPES, FUNCTION, CATEGORY, OUTPUT_NODE = (), "run", "test", True

    def run(self):
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
        return ()


class Noise:
    """Sounds of noise, so many seconds each, as one AUDIO."""

    INPUT_TYPES = classmethod(lambda cls: {"required": {"seconds": ("FLOAT", {}), "batch": ("INT", {})}})
    RETURN_TYPES, FUNCTION, CATEGORY = ("AUDIO",), "run", "test"

    def run(self, seconds, batch):
        return ({"waveform": torch.rand(batch, 1, round(seconds * 24000)) - 0.5, "sample_rate": 24000},)


class ShortOfMemory:
    """A device that has the memory for so many rows of a batch, and so many latent frames of a sound to be decoded."""

    INPUT_TYPES = classmethod(
        lambda cls: {"required": {"model": ("MODEL",), "vae": ("VAE",), "rows": ("INT", {}), "frames": ("INT", {})}}
    )
    RETURN_TYPES, FUNCTION, CATEGORY = ("MODEL", "VAE"), "run", "test"

    def run(self, model, vae, rows, frames):
        network, decoder = model.model.diffusion_model, vae.family.decoder
        network.forward = self.limited(network.forward, rows, 0)
        decoder.decode = self.limited(decoder.decode, frames, -1)
        return model, vae

    @staticmethod
    def limited(run, most, dim):
        def limited(x, *rest, **named):
            if x.shape[dim] > most:
                raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
            return run(x, *rest, **named)

        return limited


NODE_CLASS_MAPPINGS = {
    "TestVideoInMemory": InMemory,
    "TestPreviewMethod": PreviewMethod,
    "TestTrim": Trim,
    "TestNoise": Noise,
    "TestShortOfMemory": ShortOfMemory,
}
