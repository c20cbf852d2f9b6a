"""What a training run tells of itself: a row of losses every few steps, in its folder."""

import json
from contextlib import suppress
from pathlib import Path

from ..atomic import whole_file


class RunLog:
    """The file log.jsonl of a run's folder; a row has its step, the seconds spent so far, the rate and the losses."""

    def __init__(self, folder: Path):
        self.path = folder / "log.jsonl"

    def rows(self) -> list[dict]:
        """All rows, but for one that a full disk or a killed run cut short."""
        rows = []
        for line in self.path.read_text().splitlines() if self.path.exists() else ():
            with suppress(json.JSONDecodeError):
                rows.append(json.loads(line))
        return rows

    def add(self, row: dict) -> None:
        with open(self.path, "a") as file:
            file.write(json.dumps(row) + "\n")

    def forget_after(self, step: int) -> None:
        """Drop the rows of steps that are taken again, as the run was killed later than its last checkpoint."""
        kept = [json.dumps(row) + "\n" for row in self.rows() if row["step"] <= step]
        if self.path.exists():
            with whole_file(self.path) as unfinished:
                unfinished.write_text("".join(kept))
