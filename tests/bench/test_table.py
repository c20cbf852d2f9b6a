"""The table of ratios: what is worst comes first, and rows that are done are not measured again."""

import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))

import pytest

from bench.table import collect, measured
from bench.table_parts import line, middle, shares
from bench.table_report import missed, table

ASKED = {"threads": 2, "sizes": "full"}


def a_line(what, ratio, **bounds):
    return line(what, 2.0 * ratio, "them", 2.0, "s", "because", cpu=(ratio, 2.0), **bounds)


def row(*lines):
    return {"lines": list(lines), "date": "2026-01-02", "took_s": 3.4}


def order(told):
    return [words.split(" | ")[0].removeprefix("| ") for words in told.splitlines() if words.startswith("| ")][1:]


def test_what_misses_its_aim_comes_first_and_then_what_is_nearest_to_it():
    rows = {
        "takes": row(a_line("met", 0.5, aim=1.0), a_line("slower, without aim", 1.3)),
        "length": row(a_line("missed", 0.6, aim=0.5), a_line("missed by more", 3.0, limit=1.0)),
        "reader": row(a_line("faster, without aim", 0.1)),
    }
    told = table(rows, ASKED)
    assert order(told) == ["missed by more", "missed", "slower, without aim", "met", "faster, without aim"]


def test_a_line_has_everything_beside_its_ratio():
    told = table({"takes": row(a_line("four takes", 0.75, aim=0.5))}, ASKED)
    assert "| four takes | 1.5 s | them: 2 s | **0.75** | 0.38 | 0.5 | because |" in told
    assert "threads 2, sizes full" in told and "- takes: 2026-01-02, took 3 s." in told


def test_a_limit_is_on_ours_in_its_unit():
    one = line("left", 150.0, "held", 1500.0, "MB", "because", limit=50)
    assert missed(one) and not missed({**one, "limit": 200})
    assert "| left | 150 MB | held: 1,500 MB | **0.10** |  | 50 MB | because |" in table({"takes": row(one)}, ASKED)


def test_what_is_left_out_or_failed_is_told_with_its_reason():
    told = table({"reader": {"skipped": "There is no ComfyUI."}, "takes": {"failed": "ValueError: no"}}, ASKED)
    assert "- reader: left out. There is no ComfyUI." in told and "- takes: failed. ValueError: no" in told


def test_stages_are_told_by_their_shares():
    assert shares({"load": 0.001, "mux": 1.0, "sample": 3.0}) == "sample 75%, mux 25%"


def test_the_round_in_the_middle_keeps_its_numbers_together():
    rounds = [{"ours": 1.0, "theirs": 9.0}, {"ours": 5.0, "theirs": 5.0}, {"ours": 3.0, "theirs": 4.0}]
    assert middle(rounds, lambda one: one["ours"] / one["theirs"]) == rounds[2]


class Measure:
    def __init__(self, **answers):
        self.answers, self.asked = answers, []

    def __call__(self, name):
        self.asked.append(name)
        if isinstance(self.answers.get(name), BaseException):
            raise self.answers[name]
        return self.answers.get(name, row(a_line(name, 0.5)))


def test_rows_that_are_done_are_not_measured_again(tmp_path):
    names, path = ["reader", "takes", "length"], tmp_path / "results/table.json"
    stopped = Measure(reader={"skipped": "no ComfyUI"}, length=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        collect(names, False, ASKED, path, stopped)
    assert list(json.loads(path.read_text())["rows"]) == ["reader", "takes"]
    again = Measure()
    rows = collect(names, False, ASKED, path, again)
    assert again.asked == ["reader", "length"] and all("lines" in row for row in rows.values())


def test_rows_that_are_named_are_measured_anew_beside_the_others(tmp_path):
    path = tmp_path / "table.json"
    collect(["takes", "length"], False, ASKED, path, Measure())
    anew = Measure(takes=row(a_line("takes", 0.25)))
    rows = collect(["takes"], True, ASKED, path, anew)
    assert anew.asked == ["takes"] and rows["takes"]["lines"][0]["ratio"] == 0.25 and "length" in rows


def test_a_failed_row_does_not_replace_what_was_measured_before(tmp_path):
    path = tmp_path / "table.json"
    collect(["takes"], False, ASKED, path, Measure())
    rows = collect(["takes"], True, ASKED, path, Measure(takes={"failed": "out of memory"}))
    assert rows["takes"]["lines"][0]["ratio"] == 0.5


def test_rows_of_other_settings_are_not_taken_over(tmp_path):
    path, other = tmp_path / "table.json", Measure()
    collect(["takes"], False, ASKED, path, Measure())
    assert list(collect(["length"], False, {**ASKED, "threads": 1}, path, other)) == ["length"]


def test_a_row_runs_in_a_process_of_its_own_and_says_why_it_is_left_out(tmp_path):
    told = measured("mmaudio_mux", {"mmaudio_upstream": None, "work": str(tmp_path), "quick": True})
    assert "--mmaudio-upstream" in told["skipped"]


def test_a_row_whose_process_fails_says_how():
    assert "KeyError" in measured("mmaudio_mux", {})["failed"]
