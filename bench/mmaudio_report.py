"""What the two sides of `mmaudio.py` told of themselves, set against each other, and its tables."""

from collections.abc import Mapping

from torch import Tensor

ENCODING = ("read", "clip", "sync")
# What is aimed at: ours by upstream's, at most.
AIMS = {
    "whole": {"float32": 0.9, "bfloat16": 0.5},
    "decode": {"float32": 0.5},
    "new seed": {"float32": 0.3, "bfloat16": 0.3},
    "peak": {"float32": 0.5, "bfloat16": 0.5},
}
NETWORK_AIM = 0.8  # of the machine's matrix rate


def report(told: Mapping[str, dict], outputs: Mapping[str, Mapping[str, Tensor]]) -> dict:
    """Stages, network rates and differences by side; what either side told is in the form of `mmaudio_ours.py`."""
    result = {"stages": {side: stages(one) for side, one in told.items()}, "network": {}, "differences": {}}
    for side, one in told.items():
        rate = sum(one["matrix_rates"]) / len(one["matrix_rates"])
        own = one["flops"] / one["stages"]["sample"]["wall_s"]
        result["network"][side] = {"gflops": own / 1e9, "matrix_gflops": rate / 1e9, "share": own / rate}
    result["picked"] = told.get("upstream", {}).get("picked")
    pairs = [("ours", "upstream"), ("ours", "float32"), ("upstream", "float32")]
    for one, other in pairs:
        if one in outputs and other in outputs:
            names = ("clip", "sync", "text", "latent", "wave")
            distances = {name: distance(outputs[one][name], outputs[other][name]) for name in names}
            result["differences"][f"{one} to {other}"] = distances
    return result


def stages(told: dict) -> dict:
    """{stage: wall_s, cpu_s, peak_mb} with what they add up to; a new seed is a run whose encoding is kept."""
    rows = dict(told["stages"])
    if "encode" not in rows:
        rows["encode"] = total(rows[name] for name in ENCODING)
    else:
        parts = told["parts"]
        rows["read"] = {"wall_s": rows["encode"]["wall_s"] - sum(parts.values())}
        rows |= {name: {"wall_s": seconds} for name, seconds in parts.items()}
    rows["whole"] = total(rows[name] for name in ("encode", "prompt", "sample", "decode"))
    rows["new seed"] = total(rows[name] for name in ("sample", "decode"))
    rows["with loading"] = total((rows["load"], rows["whole"]))
    return rows


def total(rows) -> dict:
    rows = list(rows)
    sums = {name: sum(row[name] for row in rows) for name in ("wall_s", "cpu_s")}
    return sums | {"peak_mb": max(row["peak_mb"] for row in rows)}


def distance(out: Tensor, reference: Tensor) -> float:
    """Relative to the reference's norm."""
    return ((out.squeeze() - reference.squeeze()).norm() / reference.norm()).item()


def tables(results: Mapping[str, dict]) -> str:
    """Markdown of results by the name of their run."""
    lines = ["# MMAudio beside upstream"]
    for name, result in results.items():
        lines.append(table(name, result))
        exact = results.get(name.replace("bfloat16", "float32"), {}).get("stages", {}).get("upstream")
        if "bfloat16" in name and exact:
            ratio = result["stages"]["ours"]["whole"]["wall_s"] / exact["whole"]["wall_s"]
            lines.append(f"- The whole by upstream's in float32: {ratio:.2f}.")
    return "\n".join(lines) + "\n"


def table(name: str, result: dict) -> str:
    ours, theirs = result["stages"]["ours"], result["stages"].get("upstream")
    dtype = name.split(", ")[1]
    lines = [
        f"\n## {name}",
        f"{result['seconds']:g} s, {result['steps']} steps, {result['threads']} threads, torch {result['torch']}, ",
    ]
    lines[-1] += f"{result['machine']}\n"
    lines += ["| stage | ours s | upstream s | ratio | of CPU time | aim |", "|---|---|---|---|---|---|"]
    order = ("load", *ENCODING, "encode", "prompt", "sample", "decode", "whole", "with loading", "new seed")
    for row in order:
        mine = ours[row]
        other = theirs and theirs["whole" if row == "new seed" else row]
        cells = [row, f"{mine['wall_s']:.1f}"]
        cells += [f"{other['wall_s']:.1f}", f"{mine['wall_s'] / other['wall_s']:.2f}"] if other else ["", ""]
        cpu = f"{mine['cpu_s'] / other['cpu_s']:.2f}" if other and "cpu_s" in mine else ""
        lines.append("| " + " | ".join([*cells, cpu, str(AIMS.get(row, {}).get(dtype, ""))]) + " |")
    lines += ["", "| peak memory | ours MB | upstream MB | ratio | aim |", "|---|---|---|---|---|"]
    for row in ("load", "encode", "prompt", "sample", "decode", "with loading"):
        cells = [row, f"{ours[row]['peak_mb']:.0f}"]
        if theirs:
            cells += [f"{theirs[row]['peak_mb']:.0f}", f"{ours[row]['peak_mb'] / theirs[row]['peak_mb']:.2f}"]
        else:
            cells += ["", ""]
        lines.append("| " + " | ".join([*cells, str(AIMS["peak"][dtype] if row == "with loading" else "")]) + " |")
    lines.append("")
    for side, one in result["network"].items():
        lines.append(
            f"- Flow network, {side}: {one['gflops']:.0f} GFLOP/s, {one['share']:.0%} of the "
            f"{one['matrix_gflops']:.0f} of large matrix products in the same process (aim {NETWORK_AIM:.0%})."
        )
    for pair, distances in result["differences"].items():
        told = ", ".join(f"{name} {value:.1e}" for name, value in distances.items())
        lines.append(f"- Difference by norm, {pair}: {told}.")
    if result["picked"]:
        told = ", ".join(f"{count} of {of} for {name}" for name, (count, of) in result["picked"].items())
        lines.append(f"- Frames that upstream's reader picks differently: {told}. Encoders saw the same ones.")
    return "\n".join(lines)
