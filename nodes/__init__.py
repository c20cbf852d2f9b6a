"""The pack's nodes in the order the data flows."""

from comfy_api.latest import ComfyExtension

from .checked import checked
from .condition import V2ACondition
from .decode_audio import V2ADecodeAudio
from .encode_audio import V2AEncodeAudio
from .encode_video import V2AEncodeVideo
from .find_intertitles import V2AFindIntertitles
from .guidance import V2AGuidance
from .guider import V2AGuider
from .keep_span import V2AKeepSpan
from .load_model import V2ALoadModel
from .load_video import V2ALoadVideo
from .mix_audio import V2AMixAudio
from .mux_video import V2AMuxVideo
from .place_speech import V2APlaceSpeech
from .prompt import V2APrompt
from .sampler import V2ASampler
from .save_caption import V2ASaveCaption
from .sync_preview import V2ASyncPreview
from .train_dataset import V2ATrainDataset
from .train_lora import V2ATrainLoRA
from .transcript import V2ATranscript
from .variations import V2AVariations
from .video_to_audio import V2AVideoToAudio


class V2AExtension(ComfyExtension):
    async def get_node_list(self):
        nodes = [
            V2AVideoToAudio,
            V2ALoadVideo,
            V2AFindIntertitles,
            V2ALoadModel,
            V2AEncodeVideo,
            V2APrompt,
            V2ATranscript,
            V2ACondition,
            V2AGuidance,
            V2AGuider,
            V2ASampler,
            V2ADecodeAudio,
            V2AVariations,
            V2AEncodeAudio,
            V2AKeepSpan,
            V2APlaceSpeech,
            V2AMixAudio,
            V2AMuxVideo,
            V2ASyncPreview,
            V2ASaveCaption,
            V2ATrainDataset,
            V2ATrainLoRA,
        ]
        return [checked(node) for node in nodes]
