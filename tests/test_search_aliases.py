"""What people type in the node search finds the node they mean: by its id, its name or an alias of its schema."""

import ast
from pathlib import Path

import pytest

NODES = Path(__file__).parents[1] / "nodes"
MEANT = {
    "V2AVideoToAudio": "video to audio|v2a|foley|sound effects|sfx|soundtrack|ambience|ambient sound|add sound to video"
    "|silent video|mmaudio|hunyuan",
    "V2ALoadModel": "load model|foley|sound effects|mmaudio|hunyuan|hunyuanvideo-foley|checkpoint",
    "V2ALoadVideo": "load video|trim video|frame rate|silent film",
    "V2AEncodeVideo": "encode video|synchformer|mask sound",
    "V2AFindIntertitles": "silent film|silent movie|intertitle|title card",
    "V2APrompt": "prompt|text encode|negative prompt",
    "V2ATranscript": "srt|vtt|subtitles|dialogue|transcript|who says what",
    "V2ASampler": "ksampler|generate audio|text to audio|text to sound",
    "V2AGuidance": "guidance|cfg schedule",
    "V2AGuider": "cfg guider",
    "V2ADecodeAudio": "decode audio|vocoder|latent to audio",
    "V2AEncodeAudio": "encode audio|audio to latent|audio to audio",
    "V2AKeepSpan": "inpaint audio|extend audio|outpaint audio|regenerate",
    "V2APlaceSpeech": "dubbing|voice over|voiceover|tts|text to speech|align speech",
    "V2AMixAudio": "mix audio|mixer|ducking|sidechain|loudness|lufs|normalize|limiter|stereo|pan|stems",
    "V2AMuxVideo": "add audio to video|mux|merge audio|replace audio|soundtrack|combine audio and video",
    "V2ASyncPreview": "waveform|spectrogram|sync preview",
    "V2AVariations": "best of|candidates|seeds|rank audio",
    "V2ASaveCaption": "caption|annotate",
    "V2ATrainDataset": "training dataset|lora dataset",
    "V2ATrainLoRA": "lora training|train lora|fine-tune|finetune|train foley",
}


def terms() -> dict[str, list[str]]:
    """{node id: what the search looks through}, from the source, as hosts differ in whether they keep aliases."""
    found = {}
    for path in NODES.glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "schema":
                node, name = (argument.value for argument in call.args)
                (aliases,) = (option.value for option in call.keywords if option.arg == "search_aliases")
                found[node] = [node, name, *ast.literal_eval(aliases)]
    return found


TERMS = terms()


@pytest.mark.parametrize(
    ("node", "typed"), [(node, word) for node, words in MEANT.items() for word in words.split("|")]
)
def test_what_is_typed_finds_the_node(node, typed):
    assert any(typed in term.casefold() for term in TERMS[node]), TERMS[node]


def test_every_node_has_aliases_that_say_more_than_its_name():
    for node, (_, name, *aliases) in TERMS.items():
        assert len(aliases) >= 3, node
        assert len({alias.casefold() for alias in aliases}) == len(aliases), node
        assert name.removeprefix("V2A ").casefold() not in aliases, node
