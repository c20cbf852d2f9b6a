"""V2ATrainDataset: a folder of clips with captions, looked at file by file."""

from comfy_api.latest import io, ui

from . import host
from .types import Dataset, schema


class V2ATrainDataset(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return schema(
            "V2ATrainDataset",
            "V2A Train Dataset",
            description="Looks at a folder of videos with sound and captions, and says file by file what is wrong.",
            search_aliases=["training folder", "training dataset", "lora dataset", "clips with captions"],
            inputs=[
                io.Combo.Input(
                    "folder",
                    options=host.input_folders(),
                    tooltip="A folder in ComfyUI's input folder: videos with sound, beside each its captions in a .txt "
                    "of the same name, a line for each way to say it, and if wanted who speaks in an .srt or .vtt.",
                ),
            ],
            outputs=[
                Dataset.Output(id="dataset", display_name="dataset", tooltip="The clips that can be trained on."),
                io.String.Output(id="report", display_name="report", tooltip="Every file and what is wrong with it."),
            ],
        )

    @classmethod
    def validate_inputs(cls, folder):
        try:
            host.input_folder(folder)
        except (ValueError, OSError) as error:
            return str(error)
        return True

    @classmethod
    def fingerprint_inputs(cls, folder):
        files = sorted(host.input_folder(folder).iterdir())
        return [(path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in files]

    @classmethod
    def execute(cls, folder):
        from ..v2a_core.errors import InputError
        from ..v2a_core.training.folder import read_folder, table, usable

        clips = read_folder(host.input_folder(folder), host.progress())
        report = table(clips)
        try:
            kept = usable(clips)
        except InputError as error:  # the node shows its report only where it succeeds
            raise InputError(f"{error}\n{report}") from None
        return io.NodeOutput(kept, report, ui=ui.PreviewText(report))
