"""V2AVariations: takes of one soundtrack, listened to and put in order."""

from comfy_api.latest import io, ui

from . import host
from .sampler import PROVENANCE
from .types import schema


class V2AVariations(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return schema(
            "V2AVariations",
            "V2A Variations",
            description="Listens to every take of a batch, scores it and puts the best first. None is hidden.",
            search_aliases=["best of", "rank audio", "choose take", "seeds", "candidates", "audio score"],
            inputs=[
                io.Audio.Input(
                    "audio",
                    tooltip="The takes: a batch of V2A Decode Audio, whose latent Repeat Latent Batch made several of.",
                ),
                io.Video.Input(
                    "video",
                    optional=True,
                    tooltip="The video they are for. Without one it isn't known which of them is in time.",
                ),
                io.String.Input(
                    "prompt",
                    optional=True,
                    default="",
                    multiline=True,
                    tooltip="What should be heard. It counts where CLAP is installed, whole, as the help page says.",
                ),
            ],
            outputs=[
                io.Audio.Output(id="best", display_name="best", tooltip="The take that came first."),
                io.Audio.Output(
                    id="ranked",
                    display_name="all, best first",
                    is_output_list=True,
                    tooltip="Every take, one after the other: what follows runs once for each.",
                ),
                io.String.Output(id="scores", display_name="scores", tooltip="What was heard in each, as a table."),
            ],
        )

    @classmethod
    def execute(cls, audio, video=None, prompt=""):
        from ..v2a_core.evaluation.motion import watch_motion
        from ..v2a_core.evaluation.prompt_score import prompt_scorer
        from ..v2a_core.evaluation.ranking import listen, rank, table

        takes = host.sounds_from_host(audio)
        motion = None if video is None else watch_motion(host.video_source(video), host.progress())
        likeness, report = prompt_scorer(prompt), host.progress()
        scores = []
        for number, take in enumerate(takes, 1):
            scores.append(listen(take, motion, likeness))
            report("listen", number, len(takes))
        made = audio.get(PROVENANCE, {})
        seed = f"seed {made['v2a_seed']}, " if "v2a_seed" in made else ""
        names = [f"{seed}take {number}" for number in range(1, len(takes) + 1)]
        text = table(names, scores)
        ranked = [_labelled(takes[take], made, take + 1) for take in rank(scores)]
        return io.NodeOutput(ranked[0], ranked, text, ui=ui.PreviewText(text))


def _labelled(take, made: dict, number: int) -> dict:
    """AUDIO of one take, which says what it was made with where that is known."""
    audio = host.audio_to_host([take])
    return {**audio, PROVENANCE: {**made, "v2a_take": str(number)}} if made else audio
