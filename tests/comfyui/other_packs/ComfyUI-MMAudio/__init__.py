"""A pack with the node ids, socket types and models folder of kijai's ComfyUI-MMAudio, and none of what it does."""

import os

import folder_paths
import torch

folder_paths.add_model_folder_path("mmaudio", os.path.join(folder_paths.models_dir, "mmaudio"))


class Loader:
    INPUT_TYPES = classmethod(
        lambda cls: {"required": {"mmaudio_model": (folder_paths.get_filename_list("mmaudio") or ["none"], {})}}
    )
    RETURN_TYPES, FUNCTION, CATEGORY = ("MMAUDIO_MODEL",), "run", "MMAudio"

    def run(self, mmaudio_model):
        return (mmaudio_model,)


class FeatureUtilsLoader(Loader):
    RETURN_TYPES = ("MMAUDIO_FEATUREUTILS",)


class Sampler:
    INPUT_TYPES = classmethod(
        lambda cls: {
            "required": {
                "mmaudio_model": ("MMAUDIO_MODEL",),
                "feature_utils": ("MMAUDIO_FEATUREUTILS",),
                "duration": ("FLOAT", {"default": 8.0}),
            }
        }
    )
    RETURN_TYPES, RETURN_NAMES, FUNCTION, CATEGORY = ("AUDIO",), ("audio",), "run", "MMAudio"

    def run(self, mmaudio_model, feature_utils, duration):
        return ({"waveform": torch.zeros(1, 1, round(duration * 44100)), "sample_rate": 44100},)


NODE_CLASS_MAPPINGS = {
    "MMAudioModelLoader": Loader,
    "MMAudioFeatureUtilsLoader": FeatureUtilsLoader,
    "MMAudioSampler": Sampler,
}
