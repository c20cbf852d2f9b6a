"""A VIDEO as ComfyUI of 2026 gives it: trimmed and cropped, while the stream beneath is what it was."""

from comfy_api.latest import InputImpl
from folder_paths import get_annotated_filepath


class Edited(InputImpl.VideoFromFile):
    def __init__(self, file, start, duration, crop):
        super().__init__(file)
        self.window, self.crop = (start, duration), crop

    def get_active_trim_window(self):
        return self.window

    def has_pending_frame_edits(self):
        return self.crop > 0

    def get_components(self):
        parts = super().get_components()
        parts.images = parts.images[:, : self.crop, : self.crop]
        return parts


class NewerVideo:
    INPUT_TYPES = classmethod(
        lambda cls: {
            "required": {
                "file": ("STRING", {}),
                "start": ("FLOAT", {"default": 0.0}),
                "duration": ("FLOAT", {"default": 0.0}),
                "crop": ("INT", {"default": 0}),
            }
        }
    )
    RETURN_TYPES, FUNCTION, CATEGORY = ("VIDEO",), "run", "test"

    def run(self, file, start, duration, crop):
        return (Edited(get_annotated_filepath(file), start, duration, crop),)


NODE_CLASS_MAPPINGS = {"TestNewerVideo": NewerVideo}
