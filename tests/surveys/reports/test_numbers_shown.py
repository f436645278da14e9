"""Numbers stand in Vietnamese and English texts as people write them, and in files for machines as programs do."""

from __future__ import annotations

from pathlib import Path

import pytest

from surveys.cli.terminal import Terminal
from surveys.problems import LANGUAGES, Language, Problem, number_read, numbers_shown, phrase, wording
from surveys.reports.summaries import Summary
from surveys.vocabulary.remarks import in_words, remark, reworded

#: As a program writes it, as an official of Viet Nam does (Decree 30/2020: a comma before decimals), and in English.
SHOWN = [
    ("14573", "14.573", "14,573"),
    ("999", "999", "999"),
    ("1000", "1.000", "1,000"),
    ("0.5", "0,5", "0.5"),
    ("-1234567.25", "-1.234.567,25", "-1,234,567.25"),
    ("90.80 – 91.23", "90,80 – 91,23", "90.80 – 91.23"),
    ("< 0.0001", "< 0,0001", "< 0.0001"),
    ("12 … 1500", "12 … 1.500", "12 … 1,500"),
]
#: What is no number: codes, dates, times, versions, digits with zeros before them.
KEPT = ["8.1.3", "2026-10-05", "05/10/2026", "08:15", "x14573", "00123", "1e-05", "", "–"]


@pytest.mark.parametrize(("text", "vi", "en"), SHOWN)
def test_numbers_have_the_marks_of_the_language(text: str, vi: str, en: str) -> None:
    assert (numbers_shown(text, "vi"), numbers_shown(text, "en")) == (vi, en)


@pytest.mark.parametrize("text", KEPT)
def test_what_is_no_number_stays(text: str) -> None:
    assert [numbers_shown(text, language) for language in LANGUAGES] == [text, text]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", ["0.25", "14573", "1234567.5", "-3.1"])
def test_a_number_shown_is_read_back(text: str, language: Language) -> None:
    assert number_read(numbers_shown(text, language), language) == text


def test_messages_show_numbers_as_people_write_them() -> None:
    params = (("total", "14573"), ("group", "dan"), ("block", "xa"), ("most", "9000.5"))
    found = Problem("plan.total_too_large", params=params)
    assert "tổng 14.573 phiếu" in found.message("vi")
    assert "(9.000,5)" in found.message("vi")
    assert "14,573" in found.message("en")
    assert "9,000.5" in found.message("en")
    assert "14.573 phiếu" in phrase("cli.plan.done", "vi", forms=14573, out="x")


def test_what_somebody_wrote_stays_as_it_is_written() -> None:
    said = Problem("record.out_of_range", params=(("value", "0.5"), ("low", "1"), ("high", "2")))
    assert "0.5" in said.message("vi")


@pytest.mark.parametrize("code", [code for code in sorted(wording()) if ":number}" in wording()[code]["vi"]])
def test_a_number_is_one_in_both_languages(code: str) -> None:
    marked = [
        sorted(part.rpartition("{")[2] for part in wording()[code][one].split(":number}")[:-1])
        for one in LANGUAGES
    ]
    assert set(marked[0]) == set(marked[1])


def test_notes_keep_their_numbers_in_the_other_language() -> None:
    said = (remark("reach.out_of_reach", percent="91.40"),)
    vi, en = (in_words(said, language) for language in LANGUAGES)
    assert ("91,40" in vi, "91.40" in en) == (True, True)
    assert (reworded(vi, "vi", "en"), reworded(en, "en", "vi")) == (en, vi)


def test_tables_on_the_terminal_show_numbers_as_people_write_them(capsys: pytest.CaptureFixture[str]) -> None:
    summary = Summary("t", ("a", "b"), (False, True), (("mã 8.1", "14573"), ("1.5", "0.5")))
    for language, numbers in (("vi", ("14.573", "0,5")), ("en", ("14,573", "0.5"))):
        Terminal(language).summary(summary)  # type: ignore[arg-type]
        out = capsys.readouterr().out
        assert all(number in out for number in (*numbers, "mã 8.1", "1.5"))


@pytest.mark.long
def test_a_large_plan_is_told_in_groups_of_digits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from surveys.cli import main

    place = tmp_path / "ks"
    assert (
        main(["new", str(place), "--name", "A", "--unit", "Xã A", "--question", "Q", "--end", "2026-10-30"])
        == 0
    )
    with (place / "study.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[plan]]\ngroup = "nguoi-dan"\nmethod = "fixed"\nforms = 14573\n')
    capsys.readouterr()
    assert main(["plan", str(place), "--out", str(tmp_path / "kh")]) == 0
    out = capsys.readouterr().out
    assert "14.573 phiếu" in out
    assert "14,573" not in out
    assert "14573" in (tmp_path / "kh/planned.csv").read_text("utf-8-sig")
