"""How the survey was done: forms counted a second time from the sample's own files, reasons from every evaluation; traps."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from surveys.problems import Language
from surveys.reports.analysis_report.parts import ReportFigure
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.analysis_report.sections.conduct import conduct
from tests.surveys.reports.analysis_report.conftest import Results
from tests.surveys.reports.analysis_report.rounds import SAMPLES
from tests.surveys.reports.analysis_report.sections_read import (
    cells_of,
    edited,
    file_rows,
    rounded,
    sentences,
    without,
)
from tests.surveys.reports.analysis_report.test_reported_round import read

pytestmark = pytest.mark.long
HEADINGS = {
    "vi": ["Căn cứ, mục đích", "Nội dung đo lường", "Đối tượng trả lời và mẫu phiếu", "Thời gian và cách thu phiếu"],
    "en": ["Basis and purpose", "What is measured", "Respondents and questionnaires", "Fieldwork"],
}  # fmt: skip


def number(text: str) -> int:
    return int(text.replace(".", ""))


@pytest.fixture(scope="module")
def sample(results: Results) -> Path:
    return results("ha-noi")


def evaluations(folder: Path) -> dict[tuple[str, str], list[dict[str, str]]]:
    """(questionnaire, form) → its evaluations that are returns."""
    found = defaultdict(list)
    for row in file_rows(folder / "forms.csv"):
        if row["disposition"] in ("valid", "review", "rejected"):
            found[row["questionnaire"], row["form_id"]].append(row)
    return found


def test_forms_are_counted_once_and_shares_are_of_those_returned(sample: Path) -> None:
    issued: dict[str, set[str]] = defaultdict(set)
    for form in file_rows(SAMPLES / "ha-noi-2023" / "issued.csv"):
        issued[form["questionnaire"]].add(form["form_code"])
    returned, valid = Counter[str](), Counter[str]()
    for (questionnaire, _), found in evaluations(sample).items():
        returned[questionnaire] += 1
        valid[questionnaire] += any(row["disposition"] == "valid" for row in found)
    heading, *rows = cells_of(conduct(read(sample, "vi")), "table-forms")
    assert heading[:6] == [
        "Nhóm đối tượng",
        "Phát ra",
        "Thu về",
        "Tỷ lệ thu về (%)",
        "Hợp lệ",
        "Tỷ lệ hợp lệ (%)",
    ]
    questionnaires = [f"{block}-{k}" for block in ("so", "huyen") for k in range(1, 6)]
    of_groups = [
        row
        for row in rows
        if row[0] not in ("Sở, cơ quan tương đương sở", "Quận, huyện, thị xã", "Tổng cộng")
    ]
    for row, code in zip(of_groups, questionnaires, strict=True):
        assert [number(row[k]) for k in (1, 2, 4)] == [len(issued[code]), returned[code], valid[code]]
        assert row[3] == rounded(100 * Decimal(returned[code]) / len(issued[code]))
        assert row[5] == rounded(100 * Decimal(valid[code]) / returned[code])
    assert [number(rows[-1][k]) for k in (1, 2, 4)] == [
        sum(map(len, issued.values())), returned.total(), valid.total(),
    ]  # fmt: skip


def test_reasons_are_those_for_which_evaluations_were_rejected(sample: Path) -> None:
    """A rule is a ground where the sample's instrument rejects by it; the other rules that a rejected form met are none."""
    text = (Path("questionnaires") / "ha-noi" / "2023" / "instrument.toml").read_text(encoding="utf-8")
    rejecting = set(re.findall(r'rule = "(\w+)"\nseverity = "reject"', text))
    forms: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    for found in evaluations(sample).values():
        rejected = [row for row in found if row["disposition"] == "rejected"]
        grounds = {rule for row in rejected for rule in row["reasons"].split(";")} & rejecting
        forms.update(grounds)
        lines.update({rule: len(rejected) for rule in grounds})
    _, *rows = cells_of(conduct(read(sample, "vi")), "table-rejected")
    assert [(int(row[1]), int(row[2])) for row in rows] == sorted(
        ((forms[rule], lines[rule]) for rule in forms), reverse=True
    )
    assert rows[0][0] == "Mã phiếu trùng với phiếu khác"


def test_units_with_the_fewest_and_the_most_valid_evaluations(sample: Path) -> None:
    valid: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in file_rows(sample / "council" / "forms.csv"):
        if row["counted"] == "evaluations":
            valid[row["block"], row["group"]][row["unit_code"]] += int(row["valid"])
    _, *rows = cells_of(conduct(read(sample, "vi")), "table-units-forms")
    expected = [(units.total(), min(units.values()), max(units.values())) for units in valid.values()]
    assert [tuple(map(number, row[1:])) for row in rows] == expected


def test_days_and_modes(sample: Path) -> None:
    days, modes = Counter[str](), Counter[str]()
    for row in file_rows(sample / "days.csv"):
        days[row["day"]] += int(row["returned"])
        modes[row["mode"]] += int(row["returned"])
    told = " ".join(sentences(conduct(read(sample, "vi"))))
    dated = {day: n for day, n in days.items() if day and n}
    assert f"Phiếu được gửi trong {len(dated)} ngày" in told
    top = max(dated, key=lambda day: dated[day])
    assert f"nhiều nhất là ngày {top[8:]}/{top[5:7]}/{top[:4]} với {dated[top]} phiếu" in told
    assert all(f"{n:,} phiếu".replace(",", ".") in told for n in modes.values())
    outside = sum(n for day, n in days.items() if day and not "2023-10-09" <= day <= "2023-12-08")
    assert f"Có {outside} phiếu gửi ngoài thời gian thu phiếu" in told


def test_basis_exclusions_and_double_entry(sample: Path) -> None:
    told = sentences(conduct(read(sample, "vi")))
    assert any("số 243/KH-UBND ngày 05/10/2023 của UBND Thành phố Hà Nội." in text for text in told)
    assert any(
        "Ban Quản lý Khu công nghệ cao Hòa Lạc (Không thuộc diện đánh giá năm 2023)" in text for text in told
    )
    first = file_rows(sample / "review" / "agreement.csv")[0]
    compared, agreed = int(first["compared"]), int(first["agreed"])
    share = rounded(100 * Decimal(agreed) / compared)
    shown = [f"{n:,}".replace(",", ".") for n in (compared, agreed)]
    assert (
        f"Phiếu giấy được nhập hai lần độc lập: so {shown[0]} ô, {shown[1]} ô trùng khớp ({share} %)." in told
    )


@pytest.mark.parametrize("language", ["vi", "en"])
def test_headings_stand_in_order(sample: Path, language: Language) -> None:
    told = sentences(conduct(read(sample, language)), language)
    places = [told.index(heading) for heading in HEADINGS[language]]
    assert places == sorted(places)


def small(results: Results) -> ReportedRound:
    return read(results("small"), "vi")


def test_without_a_list_of_issued_forms_no_share_of_them_is_told(results: Results) -> None:
    blocks = list(conduct(small(results)))
    assert "Phát ra" not in cells_of(blocks, "table-forms")[0]
    assert "Tỷ lệ thu về (%)" not in cells_of(blocks, "table-forms")[0]
    assert any(text.startswith("Thu về ") for text in sentences(blocks))


def test_nothing_rejected_is_said(results: Results) -> None:
    round_ = edited(read(results("ha-noi"), "vi"), "council-rejected", lambda frame: frame.iloc[:0])
    blocks = list(conduct(round_))
    assert "Không có phiếu nào bị loại." in sentences(blocks)
    assert cells_of(blocks, "table-rejected") == []


def test_without_counts_of_forms_nothing_is_said_of_them(results: Results) -> None:
    def of_cells_only(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[frame["counted"] != "forms"]

    for round_ in (
        without(small(results), "council-forms"),
        edited(small(results), "council-forms", of_cells_only),
    ):
        told = sentences(conduct(round_))
        assert "Số phiếu phát ra, thu về, hợp lệ" not in told
        assert "Căn cứ, mục đích" in told


def test_units_with_too_few_forms_are_named(results: Results) -> None:
    folder = results("incomplete")
    few = [
        row["unit_name"]
        for row in file_rows(folder / "council" / "forms.csv")
        if row["counted"] == "evaluations" and row["group"] == "cb" and int(row["valid"]) < 5
    ]
    told = next(
        text
        for text in sentences(conduct(read(folder, "vi")))
        if "nhóm Cán bộ" in text and "ít hơn 5" in text
    )
    assert f"{len(few)} đơn vị" in told
    assert all(name in told for name in few)


def test_figures_are_placed_where_they_can_be_drawn(results: Results) -> None:
    drawn = replace(small(results), figures=frozenset({"funnel", "days"}))
    placed = [block.key for block in conduct(drawn) if isinstance(block, ReportFigure)]
    assert placed == ["days", "funnel"]
    assert not [block for block in conduct(small(results)) if isinstance(block, ReportFigure)]
