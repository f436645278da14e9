"""Warnings in as many lines as one looks at, the gravest first; errors all of them."""

from __future__ import annotations

import pytest

from surveys.problems import Problem, phrase, wording
from surveys.reports.messages import MOST_LINES, Audience, in_full, in_short

ENGLISH = Audience("en", 80)


def cell(row: int, file: str = "r.csv", text: str = "6") -> Problem:
    params = (("text", text), ("cells", "1"), ("nearest", ""))
    return Problem("returns.cell_out_of_scale", "warning", file, "", row, "Thái độ phục vụ", params)


GAPS = Problem("score.gaps", "warning", params=(("block", "xa"), ("nodes", "2"), ("units", "1")))
SOURCE = Problem("incomplete.sources", "warning", file="instrument.toml", column="sources")


def test_warnings_that_touch_scores_stand_first_and_all_are_shown_while_they_fit() -> None:
    lines = in_short([SOURCE, cell(4), cell(2), GAPS], ENGLISH)
    headings = [line for line in lines if not line.startswith(" ")]
    said = [wording()[f"messages.touches.{effect}"]["en"] for effect in ("scores", "answers", "definitions")]
    assert headings == said
    assert any("r.csv: row 2, 4, column Thái độ phục vụ" in line for line in lines)


@pytest.mark.parametrize("width", [60, 80, 200])
def test_many_warnings_take_few_lines_and_none_is_lost(width: int) -> None:
    many = [cell(row, f"phieu-{row}.csv", f"trả lời lạ số {row}") for row in range(2, 402)]
    lines = in_short([*many, GAPS, SOURCE], Audience("vi", width))
    assert len(lines) <= MOST_LINES
    assert max(map(len, lines)) <= width
    assert any("399" in line for line in lines)  # the first is shown, with the number of the others


def test_what_does_not_fit_is_counted() -> None:
    codes = [
        c
        for c, words in wording().items()
        if words.get("touches") == "definitions" and "{" not in words["en"]
    ]
    many = [Problem(code, "warning", file=f"{code}.csv") for code in codes for _ in range(2)]
    wide = [Problem(p.code, "warning", file=f"{k}{p.file}") for k, p in enumerate(many)]
    lines = in_short(wide, ENGLISH, most=6)
    shown = [line for line in lines if line.startswith("  ") and not line.startswith("   ")]
    assert lines[-1] == phrase("messages.further", "en", number=len(wide) - 2 * len(shown))


def test_errors_are_never_cut_and_codes_are_called_by_their_names() -> None:
    many = [
        Problem("sampling.no_valid_form", params=(("block", "xa"), ("group", f"g{k}"))) for k in range(50)
    ]
    audience = Audience("vi", 80, {"block": {"xa": "Xã, phường"}, "group": {"g7": "Người dân"}})
    lines = in_full(many, audience)
    assert sum("Xã, phường" in line for line in lines) == 50
    assert sum("Người dân" in line for line in lines) == 1
