"""ComfyUI's side of the bridge: its videos, sounds, folders, progress and cancel, as the library takes them."""

import os
import uuid
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import comfy.model_management
import comfy.utils
import folder_paths
import torch
from comfy_api.latest import InputImpl

from ..v2a_core.errors import InputError
from ..v2a_core.weights.catalog import catalog
from ..v2a_core.weights.files import register_folder

# Folders under models/: one for whole models in one file, then those of models whose parts have files of their own.
OWN_FOLDER = "v2a"
PART_FOLDERS = sorted({part.folder for model in catalog().values() for part in model.parts if part.folder})
for _name in (OWN_FOLDER, *PART_FOLDERS):
    folder_paths.add_model_folder_path(_name, os.path.join(folder_paths.models_dir, _name))
    for _folder in folder_paths.get_folder_paths(_name):
        register_folder(_folder)


# Where a film's finished windows are kept till all are, under the output folder.
UNFINISHED = "v2a_unfinished"


def progress():
    """`progress(stage, done, total)` that moves the running node's bar and raises where the user has cancelled.

    It takes a preview too, in ComfyUI's form: (format, picture, largest size).
    """
    bar = comfy.utils.ProgressBar(1)

    def report(stage: str, done: int, total: int, preview: tuple | None = None) -> None:
        comfy.model_management.throw_exception_if_processing_interrupted()
        bar.update_absolute(done, max(total, done, 1), preview)

    return report


def check_choice(name: str, value: str, choices) -> None:
    """Raise InputError for a choice that is not on the list: hosts of this API do not look."""
    if value not in choices:
        raise InputError(f"{name} is {value!r}: choose one of {', '.join(choices)}.")


# Files


def input_videos() -> list[str]:
    """Names of the video files in ComfyUI's input folder."""
    folder = folder_paths.get_input_directory()
    files = [name for name in os.listdir(folder) if os.path.isfile(os.path.join(folder, name))]
    return sorted(folder_paths.filter_files_content_types(files, ["video"]))


def input_subtitles() -> list[str]:
    """Names of the text files in ComfyUI's input folder that may hold a transcript."""
    folder = folder_paths.get_input_directory()
    return sorted(name for name in os.listdir(folder) if name.lower().endswith((".srt", ".vtt", ".txt")))


def input_path(name: str) -> str:
    """Path of a file that a Load node names; raises InputError where it is missing or outside ComfyUI's own folders."""
    if not isinstance(name, str):
        raise InputError(f"The file is {name!r}: choose one in ComfyUI's input folder.")
    bare, base = folder_paths.annotated_filepath(name)
    base = base or folder_paths.get_input_directory()
    path = _within(base, os.path.join(base, bare), name)
    if not os.path.isfile(path):
        raise InputError(f"There is no file {name!r} in ComfyUI's input folder: upload it, or choose another.")
    return path


def _within(base: str, path: str, name: str) -> str:
    """The true path of what lies in a folder; raises InputError where that leads out of it."""
    try:
        path = os.path.realpath(path)
    except ValueError:  # no path at all: a zero byte, half a character
        raise InputError(f"There is no file {name!r} in ComfyUI's input folder: choose another.") from None
    if not Path(path).is_relative_to(os.path.realpath(base)):
        raise InputError(f"The file {name!r} lies outside ComfyUI's input folder: upload it, or copy it there.")
    return path


def input_folders() -> list[str]:
    """Names of the folders in ComfyUI's input folder that hold videos."""
    return sorted({name.partition("/")[0] for name in input_clips()})


def input_clips() -> list[str]:
    """Names, as folder/file, of the videos in those folders."""
    with os.scandir(folder_paths.get_input_directory()) as entries:
        folders = [entry for entry in entries if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")]
    names = [f"{folder.name}/{name}" for folder in folders for name in os.listdir(folder.path)]
    return sorted(folder_paths.filter_files_content_types(names, ["video"]))


def input_folder(name: str) -> Path:
    """Path of one of those folders; raises InputError for any other, and where a file in it leads out of it."""
    if name not in input_folders():
        raise InputError(f"There is no folder {name!r} with videos in ComfyUI's input folder: make it, or choose one.")
    folder = Path(folder_paths.get_input_directory()) / name
    for path in folder.iterdir():
        _within(str(folder), str(path), f"{name}/{path.name}")
    return folder


def check_beside(path: Path) -> None:
    """Raise InputError for a file beside another, such as its captions, that leads out of their folder."""
    _within(str(path.parent), str(path), path.name)


def training_folder(name: str) -> Path:
    """Where a training run of this name keeps what it has done."""
    return Path(folder_paths.get_output_directory()) / "v2a_training" / name


def lora_path(name: str) -> Path:
    """Where a LoRA of this name lies for ComfyUI's loaders."""
    folder = Path(folder_paths.get_folder_paths("loras")[0])
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.safetensors"


def temporary_path(suffix: str) -> Path:
    """A new name in ComfyUI's temporary folder, which ComfyUI empties when it starts and stops."""
    folder = Path(folder_paths.get_temp_directory())
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"v2a_{uuid.uuid4().hex}{suffix}"


@contextmanager
def unfinished(name: str):
    """The library's Parts of a long run, gone when it is done.

    They lie in the output folder, which outlives ComfyUI and in which users see what takes room.
    """
    from ..v2a_core.parts import Parts

    folder = Path(folder_paths.get_output_directory()) / UNFINISHED
    folder.mkdir(parents=True, exist_ok=True)
    parts = Parts(folder / name)
    yield parts
    parts.remove()
    with suppress(OSError):  # others are unfinished
        folder.rmdir()


def model_files() -> dict[str, str]:
    """{name: path} of the safetensors files in models/v2a, and of those for parts of models that hold a network."""
    found = {}
    for folder in (*PART_FOLDERS, OWN_FOLDER):
        for name in folder_paths.get_filename_list(folder):
            path = folder_paths.get_full_path(folder, name)
            if name.endswith(".safetensors") and path and (folder == OWN_FOLDER or _is_network(path)):
                found[name] = path
    return found


def _is_network(path: str) -> bool:
    from ..v2a_core.weights.formats import read_shapes
    from ..v2a_core.weights.layouts import layout_of

    try:
        layout = layout_of(read_shapes(path)[1])
    except InputError:
        return False
    return layout is not None and layout.role == "network"


# VIDEO


def video_source(video, socket: str = "video"):
    """The library's VideoSource of a VIDEO: its stream where it has one, its frames where it is made of tensors.

    A trim that reaches beyond the end stops there.
    """
    from ..v2a_core.media.video import VideoSource, probe

    if _is_tensors(video):
        parts = video.get_components()
        return frames_source(parts.images, parts.frame_rate, socket)
    # Hosts from before trimming have no window.
    start_s, duration_s = getattr(video, "get_active_trim_window", lambda: (0.0, 0.0))()
    stream, fps = video.get_stream_source(), getattr(video, "shown_fps", None)
    if isinstance(stream, str | os.PathLike):
        source = VideoSource.from_path(stream, start_s, fps=fps)
        # What another node made has a name that nobody chose.
        if source.origin.parent == Path(folder_paths.get_temp_directory()).absolute():
            source = replace(source, name=f"the input {socket!r}")
    else:
        source = VideoSource.from_bytes(stream, f"the input {socket!r}", start_s)
    # Hosts take a duration as the most there may be, and keep it as it was asked for.
    return replace(source, duration_s=min(duration_s, probe(source).duration_s)) if duration_s else source


def frames_source(images, fps, socket: str = "images"):
    """The library's VideoSource of an IMAGE batch [N, H, W, C] in 0..1 and its frames per second."""
    from ..v2a_core.media.video import VideoSource

    return VideoSource.from_frames(images[..., :3], fps, name=f"the input {socket!r}")


def video_sound(video):
    """The sound that a VIDEO has already: the library's AudioStream of a file's, Audio of one in memory, or None."""
    from ..v2a_core.media.audio import stream_audio

    if not _is_tensors(video):
        return stream_audio(video_source(video))
    sound = video.get_components().audio
    return None if sound is None else audio_from_host(sound, "video")


def _is_tensors(video) -> bool:
    # Edits such as a crop exist only in the frames: the stream beneath does not have them.
    edited = getattr(video, "has_pending_frame_edits", lambda: False)()
    return edited or isinstance(video, InputImpl.VideoFromComponents)


# AUDIO


def audio_from_host(audio: dict, socket: str = "audio"):
    """The library's Audio of an AUDIO; of a batch the first.

    Raises InputError for one that is empty, not finite or of a sample rate out of bounds.
    """
    return sounds_from_host({**audio, "waveform": audio["waveform"][:1]}, socket)[0]


def sounds_from_host(audio: dict, socket: str = "audio") -> list:
    """The library's Audios of an AUDIO, one for each of the batch; raises InputError as audio_from_host does."""
    from ..v2a_core.media.audio import MAX_RATE_HZ, MIN_RATE_HZ, Audio

    waveform, rate_hz = audio["waveform"], int(audio["sample_rate"])
    if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        raise InputError(
            f"The input {socket!r} has a sample rate of {rate_hz} Hz: give a sound of {MIN_RATE_HZ:,} to "
            f"{MAX_RATE_HZ:,} Hz."
        )
    if waveform.ndim != 3 or 0 in waveform.shape:
        raise InputError(f"The input {socket!r} holds no sound (its shape is {tuple(waveform.shape)}).")
    samples = waveform.float().cpu()
    if not samples.isfinite().all():
        raise InputError(f"The input {socket!r} holds samples that are not finite: check the node that makes it.")
    return [Audio(one, rate_hz) for one in samples]


def audio_to_host(sounds: list) -> dict:
    """AUDIO of the library's Audios, all of one length and rate."""
    waveform = torch.stack([sound.samples for sound in sounds]).float()
    return {"waveform": waveform, "sample_rate": sounds[0].rate_hz}
