"""Many workflows of all families queued at once, some of them cancelled: what came of each, and the server's memory."""

import asyncio
import hashlib
import json
import random
import re
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from safetensors.torch import load_file

from .conftest import CLIP, FILM, audio_of
from .graphs import full, node, one_node, save_latent, with_ksampler

FAMILIES = "mini", "mmaudio_small_16k", "hunyuan_foley_xl"
PROMPTS = "rain on wood", "footsteps", "", "[0-1] a door\n[1-2] wind -music"
WRONG = re.compile(r"^.*(?:Traceback|\[ERROR\]|!!!|Error:|Warning:).*$", re.MULTILINE)


def workflows(number: int, rng: random.Random, mini: str = "mini") -> list[dict]:
    """Graphs that differ: each family in turn, made in one node, stage by stage, and by core's sampler."""
    made = []
    for place in range(number):
        family, video = (mini, *FAMILIES[1:])[place % 3], rng.choice([CLIP, FILM])
        prompt, chosen = rng.choice(PROMPTS), {"seed": rng.randrange(2**32), "steps": rng.randint(2, 6)}
        kind = place // 3 % 3
        if kind == 0:
            graph, sound = one_node(video, family, prompt=prompt, **chosen), ["make", 1]
        else:
            graph, sound = full(video, family, prompt={"prompt": prompt}, sampler=chosen), ["decode", 0]
            sampler = "sampler"
            if kind == 2:
                sampler, graph = "k", with_ksampler(graph)
                graph["decode"]["inputs"]["latent"] = ["k", 0]
                del graph["sampler"]
            graph["save"] = save_latent(sampler)
        graph["sound"] = node("SaveAudio", audio=sound, filename_prefix="audio/load")
        made.append(graph)
    return made


def cancels(number: int, rng: random.Random, share: float) -> list[str]:
    """What is done to each of so many: "" nothing, "interrupt" while it runs, "delete" while it waits."""
    return [rng.choice(["interrupt", "delete"]) if rng.random() < share else "" for _ in range(number)]


def digest(server, outputs: dict) -> str:
    """A hash of everything that a run has saved: the samples of its sounds, its latents."""
    total = hashlib.sha256()
    for name in sorted(outputs):
        for kind in ("images", "audio", "latents"):
            for file in outputs[name].get(kind, []):
                path = server.base / file["type"] / file["subfolder"] / file["filename"]
                if kind == "latents":
                    total.update(load_file(path)["latent_tensor"].numpy().tobytes())
                else:
                    total.update(audio_of(path)[0].tobytes())
    return total.hexdigest()


def memory_mb(server, name: str) -> float:
    """VmRSS, resident memory now, or VmHWM, the highest since it was last forgotten."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(rf"{name}:\s+(\d+)", status)[1]) / 1024


@dataclass
class Done:
    """What came of the queue: each workflow's end ("done", "interrupted", "deleted") and hash, and the memory after."""

    ends: list[str]
    hashes: list[str | None]
    resident_mb: list[float] = field(default_factory=list)  # after each that ran
    peak_mb: list[float] = field(default_factory=list)  # while it ran
    errors: list[str] = field(default_factory=list)


def run_queue(server, graphs: list[dict], cancelled: list[str], rng: random.Random, timeout_s: float = 3600) -> Done:
    """Queue all graphs at once and see them through; cancelled says what is done to each, as `cancels` has it."""
    return asyncio.run(asyncio.wait_for(_run(server, graphs, cancelled, rng), timeout_s))


async def _run(server, graphs, cancelled, rng) -> Done:
    client, done = uuid.uuid4().hex, Done(["waiting"] * len(graphs), [None] * len(graphs))
    logged = len(server.log.read_text())
    # An interrupt comes so many messages after the beginning of a run.
    countdown = {number: rng.randint(1, 25) for number, how in enumerate(cancelled) if how == "interrupt"}
    # What waits is deleted while one before it runs.
    deleting = {number: number - rng.randint(1, 8) for number, how in enumerate(cancelled) if how == "delete"}
    forget = Path(f"/proc/{server.process.pid}/clear_refs")
    async with aiohttp.ClientSession() as session:

        async def post(path: str, data: dict):
            async with session.post(server.url + path, json=data) as answer:
                assert answer.status == 200, await answer.text()
                return await answer.json() if path == "/prompt" else None

        async with session.ws_connect(f"{server.url}/ws?clientId={client}", max_msg_size=0) as stream:
            jobs = [(await post("/prompt", {"prompt": graph, "client_id": client}))["prompt_id"] for graph in graphs]
            number_of = {job: number for number, job in enumerate(jobs)}
            while "waiting" in done.ends:
                message = await stream.receive()
                if message.type != aiohttp.WSMsgType.TEXT:
                    assert message.type == aiohttp.WSMsgType.BINARY, f"the server is gone: {message.type}"
                    continue
                name, data = (parsed := json.loads(message.data))["type"], parsed["data"]
                number = number_of.get(data.get("prompt_id"))
                if number is None:
                    continue
                if number in countdown and done.ends[number] == "waiting":
                    countdown[number] -= 1
                    if countdown[number] == 0:
                        await post("/interrupt", {"prompt_id": jobs[number]})
                if name == "execution_start":
                    forget.write_text("5")
                    for other in [other for other, since in deleting.items() if since <= number < other]:
                        await post("/queue", {"delete": [jobs[other]]})
                        del deleting[other]
                        done.ends[other] = "deleted"
                elif name == "execution_error":
                    done.errors.append(f"{number}: {data['exception_type']}: {data['exception_message']}".strip())
                elif name == "execution_interrupted":
                    done.ends[number] = "interrupted"
                elif name == "executing" and data["node"] is None:
                    # One that was to be deleted may have begun by then.
                    done.ends[number] = "interrupted" if done.ends[number] == "interrupted" else "done"
                    done.resident_mb.append(memory_mb(server, "VmRSS"))
                    done.peak_mb.append(memory_mb(server, "VmHWM"))
        while server.get("/prompt")["exec_info"]["queue_remaining"]:
            await asyncio.sleep(0.1)
        for number, job in enumerate(jobs):
            async with session.get(f"{server.url}/history/{job}") as answer:
                found = (await answer.json()).get(job)
            assert found is not None or done.ends[number] == "deleted", f"{number} is {done.ends[number]}"
            if done.ends[number] == "done":
                done.hashes[number] = digest(server, found["outputs"])
    done.errors += WRONG.findall(server.log.read_text()[logged:])
    return done
