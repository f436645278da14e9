"""A study that scores nothing, only counts shares: begun, checked, scored, verified, handed over; and why the rest is refused."""

from __future__ import annotations

import csv
from collections.abc import Callable
from itertools import product
from pathlib import Path

import docx
import openpyxl
import pytest

import surveys as sv
from surveys.fieldwork.new_edition.office_workbook import office_workbook
from tests.surveys.handover.forging import edit, forge

UNITS = ("Xã A", "Xã B", "Xã C")
HOW, WAITED = "Biết tin qua đâu?", "Có phải chờ không?"
OPTIONS = {HOW: ("Qua bạn bè", "Qua mạng", "Qua loa phường"), WAITED: ("Có", "Không")}
#: Of the forms of each unit: how many chose each option of the first question.
CHOSEN = (6, 3, 1)


def workbook(criterion: str) -> bytes:
    """An office workbook whose options have no values."""
    scales = [{"scale": question, "option": one} for question, options in OPTIONS.items() for one in options]
    questions = [{"text": text, "criterion": criterion, "scale": text} for text in OPTIONS]
    general = {
        "name": "Kênh thông tin",
        "start": "01/10/2026",
        "end": "30/10/2026",
        "unit_heading": "Xã nào?",
    }
    units = [{"name": name} for name in UNITS]
    return office_workbook({"general": [general], "units": units, "questions": questions, "scales": scales})


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("shares")
    (place / "khai-bao.xlsx").write_bytes(workbook("không chấm điểm"))
    made = sv.new(place / "ks", place / "khai-bao.xlsx")
    assert "new.told.shares" in {one.code for one in made.told}
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["Dấu thời gian", "Xã nào?", *OPTIONS])
    how = [one for one, times in zip(OPTIONS[HOW], CHOSEN, strict=True) for _ in range(times)]
    for k, (unit, (number, said)) in enumerate(product(UNITS, enumerate(how))):
        waited = OPTIONS[WAITED][number % 2]
        sheet.append([f"2026-10-{1 + number:02d} 08:{k:02d}:{number:02d}", unit, said, waited])
    book.save(place / "phieu.xlsx")
    sv.add(place / "phieu.xlsx", place / "ks")
    assert not [one for one in sv.check(place / "ks") if one.severity == "error"]
    return place / "ks"


@pytest.fixture(scope="module")
def results(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("results") / "kq"
    result = sv.load(study).score()
    assert "score.shares_alone" in {one.code for one in result.warnings}
    result.write(out)
    return out


def records(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.long
def test_shares_are_counted_and_the_results_verify(study: Path, results: Path) -> None:
    assert sv.verify(results) == ()
    assert not [one for one in sv.verify(results, study=study) if one.severity == "error"]
    assert records(results / "scores.csv") == records(results / "council/units.csv") == []
    shares = [
        float(row["share"])
        for row in records(results / "shares.csv")
        if row["unit_code"] == "xa-b" and row["item_code"] == "c1"
    ]
    assert shares == [n / sum(CHOSEN) for n in CHOSEN]


@pytest.mark.long
def test_what_is_handed_over_says_that_nothing_is_scored(results: Path, tmp_path: Path) -> None:
    sv.hand_over(results, tmp_path / "out", record=True)
    assert sv.verify(tmp_path / "out") == ()
    sheets = openpyxl.load_workbook(tmp_path / "out/survey-scores.xlsx")
    assert sheets.sheetnames == ["Tổng hợp", "Số phiếu", "Phiếu bị loại", "Phương pháp", "Nhận dạng"]
    for name in ("Tổng hợp", "Phương pháp"):
        said = " ".join(str(cell.value) for row in sheets[name].iter_rows() for cell in row if cell.value)
        assert "không chấm điểm" in said
        assert "Khoảng hạng" not in said
    for place in (results, results / "council/exchange.json"):
        package = sv.read_package(place)
        assert not package.kind.scored
        assert (len(package.units), len(package.scores), len(package.rejected)) == (0, 0, 0)
        assert package.forms["valid"].max() == len(UNITS) * sum(CHOSEN)


@pytest.mark.long
@pytest.mark.parametrize(
    "told",
    [
        lambda results, out: sv.gaps(results),
        lambda results, out: sv.reach(results, "top", 1),
        lambda results, out: sv.compare(results, results),
        lambda results, out: sv.report(results, out),
        lambda results, out: sv.unit_sheets(results, out),
    ],
    ids=["gaps", "reach", "compare", "report", "unit_sheets"],
)
def test_what_tells_of_scores_is_refused_with_the_reason(
    told: Callable[[Path, Path], object], results: Path, tmp_path: Path
) -> None:
    with pytest.raises(sv.SurveyError) as refused:
        told(results, tmp_path / "out")
    assert {one.code for one in refused.value.problems} == {"score.shares_alone"}
    assert not (tmp_path / "out").exists()


@pytest.mark.long
def test_pictures_of_scores_are_refused_with_the_reason(study: Path) -> None:
    with pytest.raises(sv.SurveyError) as refused:
        sv.load(study).score().plot.league()
    assert {one.code for one in refused.value.problems} == {"score.shares_alone"}


@pytest.mark.long
def test_what_tells_of_answers_is_made(study: Path, tmp_path: Path) -> None:
    result = sv.load(study).score()
    result.tables("unit").write(tmp_path / "tables")
    sv.monitor(study).write(tmp_path / "monitor")
    for kind in ("csv", "sav", "dta"):
        result.export(tmp_path / kind, kind)
        assert not list((tmp_path / kind).glob("score.*"))
    for out in tmp_path.iterdir():
        assert sv.verify(out) == ()
    sv.method(study, tmp_path / "method.docx")
    said = "\n".join(paragraph.text for paragraph in docx.Document(str(tmp_path / "method.docx")).paragraphs)
    assert "không chấm điểm và không xếp hạng" in said
    assert "khoảng hạng" not in said


@pytest.mark.long
def test_a_record_that_denies_scores_is_refused(results: Path, tmp_path: Path) -> None:
    sv.load("data-sample/first-survey/study.toml").score().write(tmp_path / "out")
    for name in ("scores.csv", "units.csv", "groups.csv"):
        edit(tmp_path / "out/council" / name, lambda rows: rows.clear())
    for run in (tmp_path / "out/run.json", tmp_path / "out/council/run.json"):
        run.write_text(run.read_text("utf-8").replace('"scored": true', '"scored": false'), "utf-8")
    forge(tmp_path / "out")
    found = {(one.code, one.column) for one in sv.verify(tmp_path / "out")}
    assert {("verify.run_count", "index.scored"), ("verify.council_missing", "")} <= found


def test_criteria_of_questions_without_values_are_refused(tmp_path: Path) -> None:
    (tmp_path / "khai-bao.xlsx").write_bytes(workbook("Thông tin"))
    with pytest.raises(sv.SurveyError) as refused:
        sv.new(tmp_path / "ks", tmp_path / "khai-bao.xlsx")
    assert {one.code for one in refused.value.problems} == {"new.scored_without_values"}
