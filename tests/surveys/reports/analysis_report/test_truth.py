"""What reports say is true where it is hard to say: ties, one unit, hidden results, no earlier round, noise, names."""

from __future__ import annotations

import io
import re
import zipfile
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

import surveys as sv
from tests.surveys.reports.analysis_report.conftest import Report, Reported, Results
from tests.surveys.reports.analysis_report.printed_cells import people_read
from tests.surveys.reports.analysis_report.rounds import HARD, HOSTILE, study

pytestmark = pytest.mark.long

DOCUMENT, PAGE = "bao-cao-phan-tich.docx", "bao-cao-phan-tich.html"


def prose(report: Reported) -> str:
    """What is said in paragraphs, without tables."""
    return "\n".join(p.text for p in report.word.paragraphs if not p.in_table)


def titles(report: Reported) -> str:
    return "\n".join(p.text for p in report.word.of_style("heading1"))


def test_tied_units_are_told_together(reported: Report) -> None:
    """Units 2 and 3 have the same points and the same rank: no sentence puts one before the other."""
    said = prose(reported("tied", "vi", False))
    told = [
        line
        for line in said.splitlines()
        if "Xã số 2" in line and "Xã số 3" in line and "hạng" in line.lower()
    ]
    assert told
    assert not re.search(r"Xã số 2 (?:cao|hơn|đứng trên)[^.]*Xã số 3", said)


def test_one_unit_is_compared_with_nobody(reported: Report) -> None:
    for language, words in (
        ("vi", r"dẫn đầu|cao nhất là|thấp nhất là|đứng đầu|đứng cuối"),
        ("en", r"\bleads\b|is highest|is lowest"),
    ):
        assert not re.search(words, prose(reported("one", language, False)), re.IGNORECASE)


@pytest.mark.parametrize(
    ("language", "words"), [("vi", "đợt trước"), ("en", "previous round|since the earlier")]
)
def test_without_an_earlier_round_no_part_tells_of_changes(
    reported: Report, language: str, words: str
) -> None:
    alone, beside = (titles(reported("small", language, earlier)) for earlier in (False, True))
    assert beside.count("\n") == alone.count("\n") + 1
    assert not list((reported("small", language, False).folder / "figures").glob("changes-*"))
    assert list((reported("small", language, True).folder / "figures").glob("changes-*"))


def test_changes_within_the_noise_are_called_that(reported: Report) -> None:
    """Of eight communes one rose by 38 points and one fell by 27; the others moved by less than their intervals."""
    report = reported("small", "vi", True)
    totals = [
        row for row in report.cells.rows("changes") if row["node_code"] == "0" and row["group"] == "all"
    ]
    sure = {
        row["unit_name"]: Decimal(row["change"])
        for row in totals
        if row["ci_low"][:1] != "-" or row["ci_high"][:1] == "-"
    }
    assert set(sure) >= {"Xã số 1", "Xã số 6"}
    said = prose(report)
    for name in {f"Xã số {k}" for k in range(1, 9)} - set(sure):
        assert not re.search(rf"(?:Tăng|Giảm) vượt[^.]*{name}\b", said), name
        own = [line for line in said.splitlines() if f"{name} " in line and "đợt trước" in line]
        assert not [line for line in own if "vượt sai số" in line and "nằm trong" not in line], name


def test_ranks_stand_with_their_sets(reported: Report) -> None:
    """Wherever a unit is said to have a rank, the ranks that are not excluded stand beside it."""
    for key in ("small", "tied", "incomplete", "first-survey"):
        for line in prose(reported(key, "vi", False)).splitlines():
            if re.search(r"xếp (?:thứ|hạng) \d", line):
                assert re.search(
                    r"hạng trong khoảng|hạng \d+–\d+|khoảng hạng|từ \d+ đến \d+|không thay đổi", line
                ), line


@pytest.mark.parametrize("key", ["incomplete", "lonely"])
def test_hidden_results_appear_nowhere(results: Results, reported: Report, tmp_path: Path, key: str) -> None:
    """Results of cells with too few forms, which a study with a minimum of one form tells, are in no file of the report."""
    folder = study(tmp_path / "study", HARD[key])
    settings = (folder / "study.toml").read_text(encoding="utf-8")
    (folder / "study.toml").write_text(settings.replace("forms = 5", "forms = 1"), encoding="utf-8")
    whole: pd.DataFrame = sv.load(folder).score().scores
    report = reported(key, "vi", False)
    hidden = {
        (row["unit_code"], row["node_code"])
        for row in report.cells.rows("council-scores")
        if not row["percent"]
    }
    assert len(hidden) >= 6
    at = {
        (unit, node): score
        for unit, node, group, score in zip(
            whole["unit_code"], whole["node_code"], whole["group"], whole["score"], strict=True
        )
        if group == "all"
    }
    shown = {text for row in report.numbers for text in (row["quoted"],) if "|" in row["from_key"]}
    assert shown
    for row in report.numbers:
        place = tuple(row["from_key"].split(" | ")[1:3])
        if row["from_table"] == "council-scores" and place in hidden and row["from_column"] != "max_points":
            assert not row["quoted"], row
    page = (report.folder / PAGE).read_text(encoding="utf-8")
    tagged = re.findall(
        r'<data value="([^"]*)" data-from="council-scores\|xa\|([^|"]*)\|([^|"]*)\|(?!max_points)', page
    )
    assert not [found for found in tagged if (found[1], found[2]) in hidden]
    for place in hidden:
        if place in at and at[place] == at[place]:
            text = f"{100 * at[place]:.4f}"
            assert text not in page


def test_who_has_no_result_is_named_with_the_reason(reported: Report) -> None:
    """Units 2, 3 and 5 have no total: they have no rank, and it is said why."""
    report = reported("incomplete", "vi", False)
    tables = [
        table for table in report.word.tables if any("Xã số 3" in cell for row in table.rows for cell in row)
    ]
    rows = [row for table in tables for row in table.rows if row[0] in {"Xã số 2", "Xã số 3", "Xã số 5"}]
    assert {row[0] for row in rows} == {"Xã số 2", "Xã số 3", "Xã số 5"}
    assert any("thiếu" in cell for row in rows for cell in row)
    averaged = [row for row in report.numbers if row["from_key"] == "count | averaged | xa | 0"]
    assert {row["quoted"] for row in averaged} <= {"3"}


@pytest.mark.parametrize("language", ["vi", "en"])
def test_names_are_text_and_nothing_else(reported: Report, language: str) -> None:
    """Markup, formulas, templates and directions of writing from the names of units."""
    report = reported("named", language, False)
    with zipfile.ZipFile(report.folder / DOCUMENT) as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                ElementTree.fromstring(archive.read(name))
    page = (report.folder / PAGE).read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "<b>đậm</b>" not in page
    assert "49" not in re.findall(r"Xã (\d+) \{%", page)
    assert "{{ 7*7 }}" in report.word.text
    for name in HOSTILE[:1] + HOSTILE[2:3]:
        assert name in report.word.text
    for figure in (report.folder / "figures").glob("*.svg"):
        ElementTree.fromstring(figure.read_bytes())
        assert b"<script" not in figure.read_bytes().lower()


def test_a_report_of_a_round_without_a_word_in_english(reported: Report) -> None:
    """Everything that the program says is in English: none of the letters that only Vietnamese has, but in names of the data."""
    report = reported("first-survey", "en", False)
    said = [p.said for p in report.word.paragraphs]
    vietnamese = re.compile(r"[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)
    assert not [text for text in said if vietnamese.search(text)][:5]


def test_the_levels_of_numbers_are_not_mixed(reported: Report) -> None:
    """A number of the list has only one shown form in a language."""
    for row in reported("small", "vi", True).numbers:
        assert people_read(row["quoted"], "vi")


def test_a_round_that_cannot_be_compared_says_so(results: Results, tmp_path: Path) -> None:
    """Rounds of two instruments: the report is made, tells why, and has no part about changes."""
    sv.report(results("small"), tmp_path / "out", results("first-survey"), language="vi")
    with zipfile.ZipFile(io.BytesIO((tmp_path / "out" / DOCUMENT).read_bytes())) as archive:
        text = "".join(ElementTree.fromstring(archive.read("word/document.xml")).itertext())
    assert "so sánh" in text
    assert not list((tmp_path / "out" / "figures").glob("changes-*"))
