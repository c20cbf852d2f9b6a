"""V2AMixAudio: stems into one sound, at a loudness."""

from comfy_api.latest import io

from ..v2a_core.errors import InputError
from . import host
from .place_speech import placed
from .sampler import PROVENANCE
from .types import Transcript, schema

STEMS = (1, 2, 3, 4)
NONE = "none"
TARGETS = {"as it is": None, "-14 LUFS": -14.0, "-16 LUFS": -16.0, "-23 LUFS": -23.0}


class V2AMixAudio(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return schema(
            "V2AMixAudio",
            "V2A Mix Audio",
            description="Mixes up to four sounds: gain, place, room for speech, and a loudness to meet.",
            search_aliases=[
                "audio mixer",
                "stems",
                "ducking",
                "sidechain",
                "pan",
                "stereo",
                "normalize audio",
                "LUFS",
                "loudness",
                "limiter",
            ],
            inputs=[
                io.Audio.Input("audio_1", tooltip="The first stem. Of a batch the first is taken."),
                *(io.Audio.Input(f"audio_{n}", optional=True, tooltip="Another stem.") for n in STEMS[1:]),
                io.Combo.Input(
                    "loudness",
                    options=list(TARGETS),
                    default="as it is",
                    tooltip="Loudness of the mix: -14 for streaming, -16 for podcasts and phones, -23 for broadcast.",
                ),
                io.Float.Input(
                    "true_peak",
                    default=-1.0,
                    min=-20.0,
                    max=0.0,
                    step=0.1,
                    tooltip="The highest level that the mix may reach, in dBTP. A limiter turns down what is above.",
                ),
                *(
                    io.Float.Input(
                        f"gain_{n}",
                        optional=True,
                        default=0.0,
                        min=-60.0,
                        max=60.0,
                        step=0.1,
                        tooltip=f"How much louder stem {n} is made, in dB.",
                    )
                    for n in STEMS
                ),
                *(
                    io.Float.Input(
                        f"pan_{n}",
                        optional=True,
                        default=0.0,
                        min=-1.0,
                        max=1.0,
                        step=0.01,
                        tooltip=f"Where stem {n} is heard: -1 is left, 1 is right.",
                    )
                    for n in STEMS
                ),
                _stem("speech", "The stem that is speech: the others make room for it while it is heard."),
                _number("duck_depth", 12.0, 100.0, 0.5, "How far the others are turned down for speech, in dB."),
                io.Float.Input(
                    "duck_threshold",
                    optional=True,
                    default=-40.0,
                    min=-100.0,
                    max=0.0,
                    step=1.0,
                    tooltip="The level in dBFS above which the speech stem counts as speech.",
                ),
                _number("duck_attack", 0.05, 60.0, 0.01, "Seconds in which the others are turned down, before speech."),
                _number("duck_release", 0.4, 60.0, 0.01, "Seconds in which the others come back, after speech."),
                Transcript.Input(
                    "transcript",
                    optional=True,
                    tooltip="Puts the speech stem at the times of these lines, of V2A Transcript. Give a sound a line "
                    "as a batch, or one sound of all lines with a pause after each.",
                ),
                io.Float.Input(
                    "stretch",
                    optional=True,
                    default=1.25,
                    min=1.0,
                    max=2.0,
                    step=0.01,
                    tooltip="How many times faster or slower a line may be said to fit its time. The pitch stays.",
                ),
                _stem("moving", "The stem that follows the mask or the path."),
                io.Mask.Input(
                    "mask",
                    optional=True,
                    tooltip="What the moving stem follows: left and right by where it is, louder the larger it is. "
                    "Several masks are spread evenly over the mix.",
                ),
                _number("far", 12.0, 60.0, 0.5, "How much quieter the mask makes what is far away at most, in dB."),
                io.String.Input(
                    "path",
                    optional=True,
                    default="",
                    placeholder="0: -1, 2.5: 0.8",
                    tooltip="What the moving stem follows where there is no mask: seconds and places, 0: -1, 2.5: 0.8.",
                ),
            ],
            outputs=[
                io.Audio.Output(id="audio", display_name="audio", tooltip="The mix, as long as the longest stem."),
                io.String.Output(
                    id="report", display_name="report", tooltip="Its loudness and true peak, and how each line fits."
                ),
            ],
        )

    @classmethod
    def execute(
        cls,
        audio_1,
        loudness,
        true_peak,
        speech=NONE,
        duck_depth=12.0,
        duck_threshold=-40.0,
        duck_attack=0.05,
        duck_release=0.4,
        transcript=None,
        stretch=1.25,
        moving=NONE,
        mask=None,
        far=12.0,
        path="",
        **stems,
    ):
        from ..v2a_core.media.ducking import Ducking
        from ..v2a_core.media.loudness import integrated_lufs, true_peak_dbtp
        from ..v2a_core.media.mix import Stem, mix_stems

        host.check_choice("loudness", loudness, TARGETS)
        report = host.progress()
        given = {n: audio for n in STEMS if (audio := {"audio_1": audio_1, **stems}.get(f"audio_{n}")) is not None}
        voice, mover = (_chosen(name, value, given) for name, value in (("speech", speech), ("moving", moving)))
        sounds = {n: host.audio_from_host(audio, f"audio_{n}") for n, audio in given.items() if n != voice}
        fits = []
        if voice is not None:
            sounds[voice], fits = _speech(given[voice], f"audio_{voice}", transcript, stretch, report)
        elif transcript is not None:
            raise InputError("A transcript is connected and no stem is speech: choose the stem at speech.")
        places = {n: stems.get(f"pan_{n}", 0.0) for n in given}
        if mover is not None:
            places[mover] = _path(mask, path, far, max(sound.duration_s for sound in sounds.values()))
        elif mask is not None or path.strip():
            raise InputError("A mask or a path is given and no stem follows it: choose the stem at moving.")
        mixed = mix_stems(
            [Stem(sounds[n], stems.get(f"gain_{n}", 0.0), places[n]) for n in given],
            speech=None if voice is None else list(given).index(voice),
            ducking=Ducking(duck_depth, duck_threshold, duck_attack, duck_release),
            target_lufs=TARGETS[loudness],
            ceiling_dbtp=true_peak,
            progress=report,
        )
        loudness_lufs, peak_dbtp = integrated_lufs(mixed, report), true_peak_dbtp(mixed, report)
        measured = f"{loudness_lufs:.1f} LUFS, true peak {peak_dbtp:.1f} dBTP"
        made = {key: value for n in reversed(given) for key, value in given[n].get(PROVENANCE, {}).items()}
        audio = host.audio_to_host([mixed])
        return io.NodeOutput({**audio, PROVENANCE: made} if made else audio, "\n".join([measured, *fits]))


def _stem(name: str, tooltip: str):
    choices = [NONE, *(f"audio_{n}" for n in STEMS)]
    return io.Combo.Input(name, optional=True, options=choices, default=NONE, tooltip=tooltip)


def _number(name: str, default: float, most: float, step: float, tooltip: str):
    return io.Float.Input(name, optional=True, default=default, min=0.0, max=most, step=step, tooltip=tooltip)


def _chosen(name: str, value: str, given: dict) -> int | None:
    """The number of the stem that an input names; raises InputError where it is not connected."""
    if value == NONE:
        return None
    host.check_choice(name, value, [f"audio_{n}" for n in given])
    return int(value.removeprefix("audio_"))


def _speech(audio: dict, socket: str, transcript, most: float, progress) -> tuple:
    """The speech stem, put at the transcript's times where there is one, and a line of report for each of its lines."""
    if transcript is None:
        return host.audio_from_host(audio, socket), []
    return placed(host.sounds_from_host(audio, socket), transcript, most, progress)


def _path(mask, path: str, far_db: float, duration_s: float):
    """The path that the moving stem takes."""
    from ..v2a_core.media.pan import mask_track, parse_track

    if (mask is None) == (not path.strip()):
        raise InputError("A stem is moving: give either a mask or a path that it follows, one of the two.")
    return parse_track(path) if mask is None else mask_track(mask, duration_s, far_db)
