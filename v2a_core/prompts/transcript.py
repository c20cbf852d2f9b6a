"""Who says what, when."""

from dataclasses import dataclass, replace

from ..errors import InputError

# Lines may overlap, and end after the video, by this much: subtitles are timed in frames and rounded.
SLACK_S = 0.1


@dataclass(frozen=True)
class Line:
    """One spoken line: its span in seconds, its words, and its speaker where one is named."""

    start_s: float
    end_s: float
    text: str
    speaker: str = ""


@dataclass(frozen=True)
class Transcript:
    """The spoken lines of a soundtrack in order of time."""

    lines: tuple[Line, ...] = ()

    @classmethod
    def of(cls, lines, name: str = "The transcript") -> "Transcript":
        """Lines put in order of time; raises InputError where one speaker says two at once.

        Lines without a speaker are all said by one. name is what an error calls the lines.
        """
        ordered = sorted(lines, key=lambda line: (line.start_s, line.end_s))
        before: dict[str, Line] = {}
        for second in ordered:
            first = before.get(second.speaker)
            if first and second.start_s < first.end_s - SLACK_S:
                raise InputError(
                    f"{name}: {second.speaker or 'one speaker'} says two lines at once, {describe(first)} and "
                    f"{describe(second)}: change their times, or name a speaker for each, as in ANNA: hello."
                )
            before[second.speaker] = second
        return cls(tuple(ordered))

    def within(self, start_s: float, duration_s: float) -> "Transcript":
        """The lines that are said in a part of the video, in seconds from its start; some reach beyond its ends."""
        here = [line for line in self.lines if line.start_s < start_s + duration_s and line.end_s > start_s]
        moved = (replace(line, start_s=line.start_s - start_s, end_s=line.end_s - start_s) for line in here)
        return Transcript(tuple(moved))

    def check(self, duration_s: float, name: str = "The transcript") -> None:
        """Raise InputError for the first line that does not lie within the video's duration."""
        for number, line in enumerate(self.lines, 1):
            if line.start_s >= duration_s or line.end_s > duration_s + SLACK_S:
                raise InputError(
                    f"{name}: its line {number}, {describe(line)}, reaches beyond the end of the video, which is "
                    f"{duration_s:g} s long: change its times, or trim the video later."
                )


def caption(line: Line) -> str:
    """A line in the words of a prompt, for models that can't speak: what is heard, and what it says."""
    return f'{line.speaker.lower() or "a voice"} says: "{line.text}"'


def describe(line: Line) -> str:
    """A line as an error or a report calls it: its span and how it begins."""
    words = line.text if len(line.text) <= 40 else line.text[:39] + "…"
    return f"[{line.start_s:g}-{line.end_s:g}] {words!r}"
