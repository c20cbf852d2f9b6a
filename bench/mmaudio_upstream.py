"""Upstream's side of `mmaudio.py`, in a process of its own: python bench/mmaudio_upstream.py JOB, a JSON object.

Runs in the folder whose files are named and placed as upstream looks for them.
"""

import json
import sys
from pathlib import Path

import torch
from mmaudio_parts import Stages, operations


@torch.inference_mode()
def main(job: dict) -> None:
    """Run upstream's own classes through the stages of its demo.py, and write what each made and took to work.

    Every stage but the reading of the video starts from what ours made, so that differences don't add up.
    """
    sys.path.insert(0, job["upstream"])
    import open_clip
    from mmaudio import eval_utils
    from mmaudio.model.flow_matching import FlowMatching
    from mmaudio.model.networks import get_my_mmaudio
    from mmaudio.model.utils import features_utils

    # The only one of its files that upstream fetches under a fixed address.
    features_utils.create_model_from_pretrained = lambda *_, **__: open_clip.create_model(
        "ViT-H-14-378-quickgelu", pretrained=job["clip_weights"]
    )
    torch.set_num_threads(job["threads"])
    work, device, dtype = Path(job["work"]), job["device"], getattr(torch, job["dtype"])
    ours = {name: value.to(device) for name, value in torch.load(work / job["ours"]).items()}
    config = eval_utils.all_model_cfg[job["model"].removeprefix("mmaudio_")]
    stages = Stages(device)

    with stages("load"):
        net = get_my_mmaudio(config.model_name).to(device, dtype).eval()
        net.load_weights(torch.load(config.model_path, map_location=device, weights_only=True))
        utils = features_utils.FeaturesUtils(
            tod_vae_ckpt=config.vae_path,
            synchformer_ckpt=config.synchformer_ckpt,
            enable_conditions=True,
            mode=config.mode,
            bigvgan_vocoder_ckpt=config.bigvgan_16k_path,
            need_vae_encoder=False,
        )
        utils = utils.to(device, dtype).eval()
    with stages("read"):
        video = eval_utils.load_video(Path(job["clip"]), job["video_s"])
    frames = torch.load(job["frames"])
    read = {"clip": video.clip_frames, "sync": (video.sync_frames + 1) / 2}
    picked = {name: picked_differently(read[name], frames[name]) for name in frames}
    del read
    # From here on with the frames that ours picked.
    video.clip_frames, video.sync_frames = (frames[name].permute(0, 3, 1, 2) / 255 for name in ("clip", "sync"))
    video.sync_frames = 2 * video.sync_frames - 1
    with stages("clip"):
        clip = utils.encode_video_with_clip(video.clip_frames[None].to(device, dtype), batch_size=40)
    with stages("sync"):
        sync = utils.encode_video_with_sync(video.sync_frames[None].to(device, dtype), batch_size=40)
    sequence = config.seq_cfg
    sequence.duration = video.duration_sec
    net.update_seq_lengths(sequence.latent_seq_len, sequence.clip_seq_len, sequence.sync_seq_len)
    with stages("prompt"):
        text, negative = (utils.encode_text([job[name]]) for name in ("prompt", "negative"))

    flow = FlowMatching(min_sigma=0, inference_mode="euler", num_steps=job["steps"])
    noise = ours["noise"].transpose(1, 2).to(dtype)
    rates = [stages.matrix_rate(dtype)]
    with stages("sample"):
        given = (ours[name].to(dtype)[None] for name in ("clip", "sync", "text"))
        conditions = net.preprocess_conditions(*given)
        empty = net.get_empty_conditions(1, negative_text_features=ours["negative"].to(dtype)[None])
        latent = flow.to_data(lambda t, x: net.ode_wrapper(t, x, conditions, empty, job["cfg"]), noise)
    rates.append(stages.matrix_rate(dtype))
    with stages("decode"):
        spectrogram = utils.decode(net.unnormalize(ours["latent"].transpose(1, 2).to(dtype)))
        wave = utils.vocode(spectrogram)

    calls = 2 * job["steps"]
    flops = calls * operations(net.predict_flow, noise, torch.zeros(1, device=device, dtype=dtype), conditions)
    tensors = {"clip": clip[0], "sync": sync[0], "latent": latent.transpose(1, 2), "wave": wave}
    tensors |= {"text": text[0], "negative": negative[0]}
    torch.save({name: value.float().cpu() for name, value in tensors.items()}, work / job["tensors"])
    told = {"stages": stages.stages, "flops": flops, "matrix_rates": rates, "picked": picked}
    (work / job["report"]).write_text(json.dumps(told))


def picked_differently(theirs: torch.Tensor, ours: torch.Tensor) -> list[int]:
    """How many frames are others, and of how many; theirs 0..1 [N, 3, H, W], ours uint8 [N, H, W, 3].

    A frame is another where more than a hundredth of it is off by more than rounding.
    """
    off = (theirs * 255 - ours.permute(0, 3, 1, 2)).abs() > 1.5
    return [int((off.flatten(1).float().mean(1) > 0.01).sum()), len(ours)]


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
