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


class NewerDecode:
    """What newer cores' VAE Decode Audio takes for the rate of a sound."""

    INPUT_TYPES = classmethod(lambda cls: {"required": {"vae": ("VAE",), "samples": ("LATENT",)}})
    RETURN_TYPES, FUNCTION, CATEGORY = ("AUDIO",), "run", "test"

    def run(self, vae, samples):
        waveform = vae.decode(samples["samples"]).movedim(-1, 1)
        return ({"waveform": waveform, "sample_rate": getattr(vae, "audio_sample_rate", 44100)},)


class VideoFacts:
    """What other nodes are told of a VIDEO: frames as it counts them and as it gives them, and their brightness."""

    INPUT_TYPES = classmethod(lambda cls: {"required": {"video": ("VIDEO",)}})
    RETURN_TYPES, FUNCTION, CATEGORY = ("STRING",), "run", "test"

    def run(self, video):
        images = video.get_components().images
        return (f"{video.get_frame_count()} {len(images)} {[round(image.mean().item(), 1) for image in images]}",)


class MaskOf:
    """The noise mask of a LATENT as a latent."""

    INPUT_TYPES = classmethod(lambda cls: {"required": {"latent": ("LATENT",)}})
    RETURN_TYPES, FUNCTION, CATEGORY = ("LATENT",), "run", "test"

    def run(self, latent):
        return ({"samples": latent["noise_mask"]},)


class OlderLatent:
    """A LATENT as an older version of the pack has made it."""

    INPUT_TYPES = classmethod(lambda cls: {"required": {"latent": ("LATENT",)}})
    RETURN_TYPES, FUNCTION, CATEGORY = ("LATENT",), "run", "test"

    def run(self, latent):
        return ({key: value for key, value in latent.items() if key != "v2a_latent_rate_hz"},)


NODE_CLASS_MAPPINGS = {
    "TestNewerDecode": NewerDecode,
    "TestVideoFacts": VideoFacts,
    "TestMaskOf": MaskOf,
    "TestOlderLatent": OlderLatent,
    "TestVideoInMemory": InMemory,
    "TestPreviewMethod": PreviewMethod,
    "TestTrim": Trim,
    "TestNoise": Noise,
    "TestShortOfMemory": ShortOfMemory,
}
