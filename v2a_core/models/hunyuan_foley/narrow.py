"""HunyuanVideo-Foley with narrow networks and random weights: the whole layout, for tests of what is around it."""

import torch
from torch import nn

from .. import casting
from ..encoders.clap import ClapConfig, ClapText
from ..encoders.siglip2 import SIZE, Siglip2Config, Siglip2Image
from ..encoders.synchformer import Synchformer, SynchformerConfig
from .config import SLOTS, FoleyConfig
from .dac import DACDecoder, DACEncoder
from .network import FoleyNetwork

WIDTH = 64  # of all features
NETWORK = FoleyConfig(width=128, triple=2, single=2, text_width=WIDTH, clip_width=WIDTH, sync_width=WIDTH)
PATCH = 64  # pixels a side
IMAGE = Siglip2Config(width=WIDTH, inner=WIDTH, layers=1, patch=PATCH, positions=(SIZE // PATCH) ** 2)
TIMING = SynchformerConfig(width=WIDTH, inner=WIDTH, layers=1, patch=(2, 56, 56), slots=SLOTS, positions=1 + 4 * 4)
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
DECODER_WIDTH, ENCODER_WIDTH = 64, 4


def narrow_parts(*, dtype=None, operations=None) -> dict[str, nn.Module]:
    """Network, SigLIP 2's image tower, Synchformer, CLAP's text tower and DAC's halves, on the CPU, by name.

    They hold the same numbers every time.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        tokenizer = _tokenizer()
        words = ClapConfig(WIDTH, inner=WIDTH, layers=1, positions=514, vocabulary=tokenizer.get_vocab_size())
        parts = {
            "network": FoleyNetwork(NETWORK, dtype=dtype, operations=operations or casting),
            "image": Siglip2Image(IMAGE),
            "timing": Synchformer(TIMING),
            "words": ClapText(words, tokenizer),
            "decoder": DACDecoder(width=DECODER_WIDTH),
            "encoder": DACEncoder(width=ENCODER_WIDTH),
        }
        for part in parts.values():
            for parameter in part.parameters():
                if not parameter.any():
                    parameter.data.normal_(std=0.5)
    return parts


def _tokenizer():
    """A byte a token, between a start and an end."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    pieces = (*SPECIAL, *sorted(pre_tokenizers.ByteLevel.alphabet()))
    tokenizer = Tokenizer(models.BPE(vocab={piece: index for index, piece in enumerate(pieces)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return tokenizer
