"""How published weights are laid out: what tells a kind of file, what it must hold, and what of it is used.

All state dicts are read under the names that the published classes have; these are the departures from them:

| kind | in the file | what is done |
|---|---|---|
| any | `model.diffusion_model.` (saved from ComfyUI) or `module.` (parallel training) before each name | cut off |
| MMAudio network | `latent_rot`, `clip_rot`, `t_embed.freqs` (version 1's .pth): tables of upstream's code | left out |
| BigVGAN | `generator.` before each name, or a dict of that name in a pickle | cut off |
| BigVGAN, DAC | `weight`, `weight_g` and `weight_v`, or `parametrizations.weight.original0` and `1` | kept as it is |
| DAC | a dict `state_dict` in a pickle, beside `metadata` | what is in it is taken |
| Synchformer | the sound half: all that isn't `vfeat_extractor.` | left out |
| SigLIP 2 | the half that reads: all that isn't `vision_model.` | left out |
| CLAP | the half that hears: all that isn't `text_model.`; tables of indices; the pooler | left out |
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Shapes = Mapping[str, tuple[int, ...]]

WRAPPERS = ("model.diffusion_model.", "module.", "generator.")

# Sizes in words.
SIZES = {"16k": "of 16 kHz", "44k": "of 44 kHz", "xl": "of size XL", "xxl": "of size XXL"}


@dataclass(frozen=True)
class Layout:
    """One kind of file: signs are names that no other kind has; needs, keeps and drops are beginnings of names."""

    name: str
    role: str
    title: str
    signs: tuple[str, ...]
    needs: tuple[str, ...]
    keeps: tuple[str, ...] = ("",)
    drops: tuple[str, ...] = ()
    size_of: tuple[tuple[str, int], ...] = ()  # (name, axis) that tells the size, first name that is there
    sizes: Mapping[int, str] = field(default_factory=dict)
    family: str = ""

    def used(self, name: str) -> bool:
        """Whether a parameter of a file of this kind is read at all."""
        return name.startswith(self.keeps) and not name.startswith(self.drops)

    def size(self, shapes: Shapes) -> str:
        """ "16k", "xl", ... as the tensors' shapes tell, "" for an unknown size and a kind that has only one."""
        for name, axis in self.size_of:
            if len(shapes.get(name, ())) > axis:
                return self.sizes.get(shapes[name][axis], "")
        return ""


_KINDS = (
    Layout(
        name="mmaudio_network",
        role="network",
        title="an MMAudio network",
        signs=("audio_input_proj.0.weight",),
        needs=(
            *("latent_mean", "latent_std", "empty_string_feat", "empty_clip_feat", "empty_sync_feat", "sync_pos_emb"),
            *(f"{name}_input_proj." for name in ("audio", "clip", "sync", "text")),
            *("clip_cond_proj.", "text_cond_proj.", "global_cond_mlp.", "t_embed.mlp."),
            *("joint_blocks.", "fused_blocks.", "final_layer."),
        ),
        drops=("latent_rot", "clip_rot", "t_embed.freqs"),
        size_of=(("audio_input_proj.0.weight", 1),),
        sizes={20: "16k", 40: "44k"},
        family="mmaudio",
    ),
    Layout(
        name="mmaudio_vae",
        role="vae",
        title="an MMAudio VAE",
        signs=("decoder.mid.attn_1.qkv.weight",),
        needs=(
            *("data_mean", "data_std", "decoder.learnable_gain", "decoder.conv_in.", "decoder.mid."),
            *("decoder.up.0.", "decoder.up.1.", "decoder.up.2.", "decoder.conv_out."),
        ),
        size_of=(("data_mean", 1),),
        sizes={80: "16k", 128: "44k"},
    ),
    Layout(
        name="bigvgan",
        role="vocoder",
        title="a BigVGAN vocoder",
        signs=("activation_post.act.alpha",),
        needs=("conv_pre.", "ups.", "resblocks.", "activation_post.", "conv_post."),
        size_of=tuple((f"conv_pre.{name}", 1) for name in ("weight", "weight_v", "parametrizations.weight.original1")),
        sizes={80: "16k", 128: "44k"},
    ),
    Layout(
        name="clip",
        role="clip",
        title="a CLIP encoder",
        signs=("visual.class_embedding",),
        needs=(
            *("visual.conv1.", "visual.positional_embedding", "visual.ln_pre.", "visual.transformer."),
            *("visual.ln_post.", "visual.proj", "token_embedding.", "positional_embedding", "transformer."),
            "ln_final.",
        ),
    ),
    Layout(
        name="synchformer",
        role="synchformer",
        title="Synchformer",
        signs=("vfeat_extractor.patch_embed_3d.proj.weight",),
        needs=tuple(
            f"vfeat_extractor.{name}"
            for name in ("cls_token", "pos_embed", "temp_embed", "blocks.", "norm.", "spatial_attn_agg.")
        ),
        keeps=("vfeat_extractor.",),
    ),
    Layout(
        name="foley_network",
        role="network",
        title="a HunyuanVideo-Foley network",
        signs=("audio_embedder.proj.weight",),
        needs=(
            *("empty_clip_feat", "empty_sync_feat", "sync_pos_emb", "visual_proj.", "cond_in.", "time_in.", "sync_in."),
            *("triple_blocks.", "single_blocks.", "final_layer."),
        ),
        size_of=(("audio_embedder.proj.weight", 0),),
        sizes={1408: "xl", 1536: "xxl"},
        family="hunyuan_foley",
    ),
    Layout(
        name="foley_vae",
        role="vae",
        title="HunyuanVideo-Foley's DAC codec",
        # Other DAC codecs have a quantizer there.
        signs=("decoder.model.0.bias", "post_quant_conv.weight"),
        needs=("post_quant_conv.", *(f"decoder.model.{index}." for index in range(8))),
    ),
    Layout(
        name="siglip2",
        role="siglip2",
        title="a SigLIP encoder",
        signs=("vision_model.head.probe",),
        needs=tuple(
            f"vision_model.{name}"
            for name in ("embeddings.patch_embedding.", "embeddings.position_embedding.", "encoder.layers.", "head.")
        ),
        keeps=("vision_model.",),
    ),
    Layout(
        name="clap",
        role="clap",
        title="a CLAP encoder",
        signs=("text_model.embeddings.word_embeddings.weight",),
        needs=("text_model.embeddings.position_embeddings.", "text_model.encoder.layer."),
        keeps=("text_model.",),
        drops=tuple(
            f"text_model.{name}" for name in ("embeddings.position_ids", "embeddings.token_type_ids", "pooler.")
        ),
    ),
)
LAYOUTS = {layout.name: layout for layout in _KINDS}

# Names by which files that no role can use are told; the first that fits names the file.
OTHERS = {
    "network.": "Mini",
    "optimizer": "a training checkpoint",
    "vae.decoder.": "ComfyUI's file of an MMAudio VAE and its vocoder, whose weights are changed already",
    "joint_blocks.": "an MMAudio network",
    "fused_blocks.": "an MMAudio network",
    "triple_blocks.": "a HunyuanVideo-Foley network",
    "vfeat_extractor.": "Synchformer",
    "vision_model.": "a CLIP encoder in the spelling of transformers",
    "visual.transformer.": "a CLIP encoder",
    "text_model.": "the half of a CLIP encoder that reads, in the spelling of transformers",
    "conv_pre.": "a BigVGAN vocoder",
    "quantizer.": "another DAC codec",
    "decoder.model.0.": "another DAC codec",
    "data_mean": "an MMAudio VAE",
    "lora_": "a LoRA",
    "model.diffusion_model.": "an image model's checkpoint",
}


def plain_names(names: Iterable[str]) -> dict[str, str]:
    """{published name: name in the file}, with what a container put before every name cut off."""
    names = list(names)
    for wrapper in WRAPPERS:
        if names and all(name.startswith(wrapper) for name in names):
            return {name.removeprefix(wrapper): name for name in names}
    return {name: name for name in names}


def layout_of(names: Iterable[str]) -> Layout | None:
    """The layout that published names belong to, or None."""
    names = set(names)
    return next((layout for layout in LAYOUTS.values() if names.issuperset(layout.signs)), None)


def looks_like(shapes: Shapes) -> str:
    """What a file with these published names and shapes looks like, in words."""
    layout = layout_of(shapes)
    if layout is not None:
        return sized(layout, layout.size(shapes))
    for sign, kind in OTHERS.items():
        if any(name.startswith(sign) or (sign == "lora_" and "lora_" in name) for name in shapes):
            return kind
    return f"something else (its parameters begin with {', '.join(sorted(shapes)[:3])})" if shapes else "an empty file"


def sized(layout: Layout, size: str) -> str:
    """A kind of file and its size, "" where there is none to tell, in words."""
    return f"{layout.title} {SIZES[size]}" if size else layout.title


def variant_of(layout: Layout, shapes: Shapes) -> str:
    """Which of its kind a file is, as names of parts end: "small_44k", "44k", "xl", ...; "" for an unknown one."""
    if layout.name == "mmaudio_network":
        return _mmaudio_size(shapes)
    return layout.size(shapes)


def _mmaudio_size(shapes: Shapes) -> str:
    hidden = shapes["audio_input_proj.0.weight"][0]
    fused = len({name.split(".")[1] for name in shapes if name.startswith("fused_blocks.")})
    size = {(448, 8): "small", (896, 8): "medium", (896, 14): "large"}.get((hidden, fused))
    version = "_v2" if "clip_input_proj.2.w1.weight" in shapes else ""
    return f"{size}_{LAYOUTS['mmaudio_network'].size(shapes)}{version}" if size else ""
