"""How published weights are laid out: what tells a kind of file, what it must hold, and what of it is used.

All state dicts are read under the names that the published classes have; these are the departures from them:

| kind | in the file | what is done |
|---|---|---|
| any | `model.diffusion_model.` (saved from ComfyUI) or `module.` (parallel training) before each name | cut off |
| MMAudio network | `latent_rot`, `clip_rot`, `t_embed.freqs` (version 1's .pth): tables of upstream's code | left out |
| BigVGAN | `generator.` before each name, or a dict of that name in a pickle | cut off |
| BigVGAN | `weight`, or `weight_g` and `weight_v`, or `parametrizations.weight.original0` and `1` | kept as it is |
| Synchformer | the sound half: all that isn't `vfeat_extractor.` | left out |
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Shapes = Mapping[str, tuple[int, ...]]

WRAPPERS = ("model.diffusion_model.", "module.", "generator.")


@dataclass(frozen=True)
class Layout:
    """One kind of file: sign is a name that no other kind has; needs, keeps and drops are beginnings of names."""

    role: str
    title: str
    sign: str
    needs: tuple[str, ...]
    keeps: tuple[str, ...] = ("",)
    drops: tuple[str, ...] = ()
    rate_of: tuple[tuple[str, int], ...] = ()  # (name, axis) of the sizes in RATES, first name that is there
    rates: Mapping[int, str] = field(default_factory=dict)

    def used(self, name: str) -> bool:
        """Whether a parameter of a file of this kind is read at all."""
        return name.startswith(self.keeps) and name not in self.drops

    def rate(self, shapes: Shapes) -> str:
        """ "16k" or "44k" as the tensors' shapes tell, "" where this kind has one size only."""
        for name, axis in self.rate_of:
            if len(shapes.get(name, ())) > axis:
                return self.rates.get(shapes[name][axis], "")
        return ""


LAYOUTS = (
    Layout(
        role="network",
        title="an MMAudio network",
        sign="audio_input_proj.0.weight",
        needs=(
            *("latent_mean", "latent_std", "empty_string_feat", "empty_clip_feat", "empty_sync_feat", "sync_pos_emb"),
            *(f"{name}_input_proj." for name in ("audio", "clip", "sync", "text")),
            *("clip_cond_proj.", "text_cond_proj.", "global_cond_mlp.", "t_embed.mlp."),
            *("joint_blocks.", "fused_blocks.", "final_layer."),
        ),
        drops=("latent_rot", "clip_rot", "t_embed.freqs"),
        rate_of=(("audio_input_proj.0.weight", 1),),
        rates={20: "16k", 40: "44k"},
    ),
    Layout(
        role="vae",
        title="an MMAudio VAE",
        sign="decoder.mid.attn_1.qkv.weight",
        needs=(
            *("data_mean", "data_std", "decoder.learnable_gain", "decoder.conv_in.", "decoder.mid."),
            *("decoder.up.0.", "decoder.up.1.", "decoder.up.2.", "decoder.conv_out."),
        ),
        rate_of=(("data_mean", 1),),
        rates={80: "16k", 128: "44k"},
    ),
    Layout(
        role="vocoder",
        title="a BigVGAN vocoder",
        sign="activation_post.act.alpha",
        needs=("conv_pre.", "ups.", "resblocks.", "activation_post.", "conv_post."),
        rate_of=tuple((f"conv_pre.{name}", 1) for name in ("weight", "weight_v", "parametrizations.weight.original1")),
        rates={80: "16k", 128: "44k"},
    ),
    Layout(
        role="clip",
        title="a CLIP encoder",
        sign="visual.class_embedding",
        needs=(
            *("visual.conv1.", "visual.positional_embedding", "visual.ln_pre.", "visual.transformer."),
            *(
                "visual.ln_post.",
                "visual.proj",
                "token_embedding.",
                "positional_embedding",
                "transformer.",
                "ln_final.",
            ),
        ),
    ),
    Layout(
        role="synchformer",
        title="Synchformer",
        sign="vfeat_extractor.patch_embed_3d.proj.weight",
        needs=tuple(
            f"vfeat_extractor.{name}"
            for name in ("cls_token", "pos_embed", "temp_embed", "blocks.", "norm.", "spatial_attn_agg.")
        ),
        keeps=("vfeat_extractor.",),
    ),
)
BY_ROLE = {layout.role: layout for layout in LAYOUTS}

# Names by which files that no role can use are told; the first that fits names the file.
OTHERS = {
    "network.": "Mini",
    "optimizer": "a training checkpoint",
    "vae.decoder.": "ComfyUI's file of an MMAudio VAE and its vocoder, whose weights are changed already",
    "joint_blocks.": "an MMAudio network",
    "fused_blocks.": "an MMAudio network",
    "triple_blocks.": "a HunyuanVideo-Foley network",
    "vfeat_extractor.": "Synchformer",
    "vision_model.": "a vision encoder (SigLIP or CLIP) in the spelling of transformers",
    "visual.transformer.": "a CLIP encoder",
    "text_model.": "a CLAP or CLIP text encoder",
    "conv_pre.": "a BigVGAN vocoder",
    "quantizer.": "a DAC audio codec",
    "decoder.model.0.": "a DAC audio codec",
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
    return next((layout for layout in LAYOUTS if layout.sign in names), None)


def looks_like(shapes: Shapes) -> str:
    """What a file with these published names and shapes looks like, in words."""
    layout = layout_of(shapes)
    if layout is not None:
        rate = layout.rate(shapes)
        return f"{layout.title} of {rate.removesuffix('k')} kHz" if rate else layout.title
    for sign, kind in OTHERS.items():
        if any(name.startswith(sign) or (sign == "lora_" and "lora_" in name) for name in shapes):
            return kind
    return f"something else (its parameters begin with {', '.join(sorted(shapes)[:3])})" if shapes else "an empty file"


def size_of(shapes: Shapes) -> str:
    """The size of an MMAudio network by its shapes: "small_44k", "large_44k_v2", ...; "" for an unknown one."""
    hidden = shapes["audio_input_proj.0.weight"][0]
    fused = len({name.split(".")[1] for name in shapes if name.startswith("fused_blocks.")})
    size = {(448, 8): "small", (896, 8): "medium", (896, 14): "large"}.get((hidden, fused))
    version = "_v2" if "clip_input_proj.2.w1.weight" in shapes else ""
    return f"{size}_{BY_ROLE['network'].rate(shapes)}{version}" if size else ""
