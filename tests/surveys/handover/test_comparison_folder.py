"""A comparison of three rounds as a folder: its workbook, and that verification finds what was changed in its tables."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from surveys.comparison.series import RoundSeries, series_of
from surveys.definitions.study.publication import Period
from surveys.definitions.study.records import Headline
from surveys.handover.comparison_folder import deliver_comparison
from surveys.handover.rounds import compared_round
from surveys.handover.verification import verify_folder
from surveys.reports.summaries import series_summaries
from surveys.scoring.scored_round import ScoredRound
from tests.surveys.handover.forging import edit, reseal

Row = dict[str, str]


@pytest.fixture(scope="module")
def compared(small_round: ScoredRound) -> RoundSeries:
    """Three times the same round, one unit less in the last, whose edition words a question otherwise; a figure of 2021."""
    one = compared_round(small_round)
    asked = one.instrument.items[0]
    items = (replace(asked, text_vi="Hỏi cách khác"), *one.instrument.items[1:])
    last = one.units["unit_code"].iloc[-1]
    block, first = one.unit_keys[0]
    figure = Headline(
        block, first, "", 2021, "12/BC 05/01/2022", Decimal("80.0"), "percent", rank=1, of_units=3
    )
    rounds = [
        replace(one, label=f"r{year}", period=Period(f"{year}-01-01", f"{year}-12-31"))
        for year in (2022, 2023, 2024)
    ]
    rounds[0] = replace(rounds[0], headlines=(figure,))
    rounds[2] = replace(
        rounds[2],
        instrument=replace(one.instrument, edition="later", items=items),
        table=one.table[one.table["unit_code"] != last],
        units=one.units[one.units["unit_code"] != last],
    )
    return series_of(rounds, [{}, {}])


@pytest.fixture(scope="module")
def written(compared: RoundSeries, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("compared") / "out"
    deliver_comparison(compared, out)
    return out


def test_the_folder_verifies_and_is_replaced_by_the_same_bytes(compared: RoundSeries, written: Path) -> None:
    before = {path.name: path.read_bytes() for path in written.iterdir()}
    assert set(before) == {
        "changes.csv", "series.csv", "comparison.xlsx", "datapackage.json", "run.json", "SHA256SUMS",
    }  # fmt: skip
    assert verify_folder(written) == ()
    deliver_comparison(compared, written)
    assert {path.name: path.read_bytes() for path in written.iterdir()} == before


def test_the_record_names_the_rounds_and_what_they_were_read_from(written: Path) -> None:
    run = json.loads((written / "run.json").read_bytes())
    assert run["content"] == "comparison"
    assert [one["label"] for one in run["rounds"]] == ["r2022", "r2023", "r2024"]
    assert run["rounds"][0]["period"] == "2022-01-01/2022-12-31"
    assert all(one["inputs"] for one in run["rounds"])


def _later(rows: list[Row]) -> Row:
    """A compared row of a node of the second round."""
    return next(
        r
        for r in rows
        if r.get("comparable", r["status"]) == "ok" and "r2023" in r.values() and r["group"] == "all"
    )


def _published(rows: list[Row]) -> Row:
    return next(row for row in rows if row["basis"] == "published")


@pytest.mark.parametrize(
    ("file", "which", "changed", "code"),
    [
        ("changes.csv", _later, {"change": "0.0500000000"}, "verify.change"),
        ("changes.csv", _later, {"status": "incomparable"}, "verify.change_refused"),
        (
            "changes.csv",
            _later,
            {"ci_low": "0.9000000000", "ci_high": "0.9500000000"},
            "verify.change_outside",
        ),
        ("series.csv", _later, {"score": "0.1234500000"}, "verify.series"),
        ("series.csv", _later, {"percent": "12.34"}, "verify.series"),
        ("series.csv", _later, {"comparable": "items_changed"}, "verify.series_comparable"),
        ("series.csv", _later, {"document": "12/BC"}, "verify.published"),
        ("series.csv", _published, {"ci_low": "0.7000000000"}, "verify.published"),
        ("series.csv", _published, {"document": ""}, "verify.published"),
        ("series.csv", _published, {"comparable": "ok"}, "verify.published"),
    ],
)
def test_what_cannot_be_is_found_behind_new_checksums(
    written: Path, tmp_path: Path, file: str, which: Callable[[list[Row]], Row], changed: Row, code: str
) -> None:
    folder = Path(shutil.copytree(written, tmp_path / "out"))
    edit(folder / file, lambda rows: which(rows).update(changed))
    reseal(folder)
    assert code in {problem.code for problem in verify_folder(folder)}


# --- the workbook -----------------------------------------------------------------------------------------------------


def sheet(written: Path, name: str) -> Worksheet:
    return load_workbook(written / "comparison.xlsx")[name]


def lines_of(table: Worksheet, first: str) -> list[list[object]]:
    """The rows of a sheet from its headings on."""
    rows = [[cell.value for cell in row] for row in table.rows]
    start = next(k for k, row in enumerate(rows) if row[0] == first)
    return rows[start:]


def test_the_contents_lead_to_every_sheet(written: Path) -> None:
    book = load_workbook(written / "comparison.xlsx")
    assert book.sheetnames == ["Mục lục", "Tổng điểm", "Tiêu chí", "Câu hỏi", "Thay đổi", "Đã công bố"]
    links = [cell.hyperlink.location for row in book["Mục lục"].rows for cell in row if cell.hyperlink]
    assert links == [f"'{name}'!A1" for name in book.sheetnames[1:]]


def test_totals_stand_side_by_side_with_the_break_and_the_published_figure(
    written: Path, compared: RoundSeries
) -> None:
    """A unit's row by the printed score: points = score · 3, the figure of 2021 is 80 % of 3 = 2.4."""
    overs, headings, *rows = lines_of(sheet(written, "Tổng điểm"), "Đơn vị")
    moments = [text for text in overs if text and text != "Đơn vị"]
    assert moments[:4] == [
        "2021, đã công bố", "r2022 (01/01/2022 – 31/12/2022)", "r2023 (01/01/2023 – 31/12/2023)",
        "r2024 (01/01/2024 – 31/12/2024)",
    ]  # fmt: skip
    assert headings[1:] == [
        "Điểm", "Hạng", "Điểm", "Cận dưới", "Cận trên", "Hạng", "Điểm", "Cận dưới", "Cận trên", "Hạng", "Thay đổi",
        "Điểm", "Cận dưới", "Cận trên", "Hạng", "So với đợt trước", None,
    ]  # fmt: skip
    series = compared.series
    roots = series[(series["node_code"] == "0") & (series["group"] == "all") & (series["round"] == "r2022")]
    of_name = dict(zip(roots["unit_name"], roots["score"], strict=True))
    for row in rows:
        score = of_name[str(row[0])]
        if score == score:
            assert row[3] == pytest.approx(3 * score, abs=5e-5)
            assert row[11] == 0
    assert rows[0][1:3] == [2.4, 1]
    assert rows[0][16] == "≠ có thành phần không so sánh được"
    assert [row[-1] for row in rows] == [None, None, "đơn vị không có trong đợt sau"]


def test_published_figures_have_their_document(written: Path) -> None:
    headings, row = lines_of(sheet(written, "Đã công bố"), "Tên đơn vị")
    told = dict(zip(headings, row, strict=True))
    assert told["Đợt"] == "2021"
    assert told["Tỷ lệ điểm (%)"] == 80.0
    assert told["Văn bản"] == "12/BC 05/01/2022"


def test_the_summary_marks_breaks_and_published_figures(compared: RoundSeries) -> None:
    (found,) = series_summaries(compared, "en")
    assert found.headings[1:] == ("2021 *", "r2022", "r2023", "r2024")
    first = found.rows[0]
    assert first[1] == "80.00"
    assert first[4].startswith("≠ ")
    assert not first[3].startswith("≠")
    assert len(found.remarks) == 2
