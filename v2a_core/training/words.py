"""Mini's word vectors: a sentence encoder's embeddings of single words, reduced to their principal components."""

from pathlib import Path

import torch
from torch import Tensor

from ..models.mini.text import MiniText, TextConfig, pack_words, unpack_words
from ..weights.formats import read_state, write_state

_BATCH = 512


def distil(encoder_dir: str | Path, width: int = 64, progress=None) -> tuple[tuple[str, ...], Tensor]:
    """Words and word pieces of a BERT-like sentence encoder and their vectors, float32 [V, width] of unit mean square.

    encoder_dir is a local folder in transformers' layout. Each piece is encoded alone and mean-pooled, as in the static
    embeddings of Tulkens and van Dongen (model2vec, 2024).
    """
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(encoder_dir, local_files_only=True)
    model = AutoModel.from_pretrained(encoder_dir, local_files_only=True).eval()
    vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    kept = [(word, i) for word, i in vocabulary if _latin(word.removeprefix("##"))]
    ids = torch.tensor([[tokenizer.cls_token_id, i, tokenizer.sep_token_id] for _, i in kept])
    vectors = []
    with torch.inference_mode():
        for batch in ids.split(_BATCH):
            vectors.append(model(batch).last_hidden_state.mean(1))
            if progress:
                progress("words", len(vectors) * _BATCH, len(ids))
    vectors = torch.cat(vectors).float()
    centred = vectors - vectors.mean(0)
    _, _, axes = torch.linalg.svd(centred, full_matrices=False)
    reduced = centred @ axes[:width].T
    return tuple(word for word, _ in kept), reduced / reduced.square().mean().sqrt()


def _latin(word: str) -> bool:
    return word.isascii() and word.isalnum() and word == word.lower()


def write_words(encoder_dir: str | Path, out: str | Path, progress=None) -> None:
    """Distil an encoder's word vectors into a safetensors file that training reads."""
    words, table = distil(encoder_dir, progress=progress)
    write_state(
        out, {"words": pack_words(words), "table": table.half()}, {"family": "words", "source": Path(encoder_dir).name}
    )


def read_text(path: str | Path) -> MiniText:
    """A prompt encoder with the word vectors of a file that write_words wrote, the rest still to be trained."""
    _, state = read_state(path, family="words")
    text = MiniText(TextConfig(vector=state["table"].shape[1]), unpack_words(state["words"]))
    text.table.copy_(state["table"])
    return text
