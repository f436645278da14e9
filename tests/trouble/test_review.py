"""Review files as people fill them in: read as they were meant, or refused with row and column; nothing is written over."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import openpyxl
import pytest

import surveys as sv
from surveys.cli import main
from surveys.handover.package import package, screening
from surveys.review.decisions import Confirmed
from tests.trouble.trial import HEADINGS, forms, table, trial

OUT = "9"  # an answer outside the scale: the form waits for a person
ROWS = [
    ("P1", "Xã An Bình", "2025-10-05 08:00:00", 4, OUT, 3),
    ("P2", "Phường Hòa Thuận", "2025-10-06 08:00:00", OUT, 2, 5),
    ("P3", "Xã Long Mỹ", "2025-10-07 08:00:00", 3, 5, OUT),
    ("P4", "Xã An Bình", "2025-10-08 08:00:00", 3, 5, 1),
]
WHO = {"reviewer": "Bà Lê Thị B", "reason": "đã gọi lại"}
Fill = Mapping[int, Mapping[str, object]]


def screened(path: Path) -> dict[str, bytes]:
    return screening(sv.load(path).screen().screened)


def review(path: Path, name: str, *endings: str) -> Path:
    """The review file of a name, with each of these endings, beside the study; the first of them."""
    files = screened(path)
    for ending in endings:
        (path / f"{name}{ending}").write_bytes(files[f"review/{name}{ending}"])
    return path / f"{name}{endings[0]}"


def fill(file: Path, cells: Fill) -> Path:
    """Fill in a review file: 0 for its first row below the headings → column → what a person writes."""
    if file.suffix == ".xlsx":
        book = openpyxl.load_workbook(file)
        sheet = book.worksheets[0]
        names = [cell.value for cell in sheet[1]]
        for k, row in cells.items():
            for name, value in row.items():
                sheet.cell(k + 2, names.index(name) + 1).value = value
        book.save(file)
        return file
    lines = list(csv.DictReader(io.StringIO(file.read_bytes().decode("utf-8-sig"), newline="")))
    for k, row in cells.items():
        lines[k] |= {name: str(value) for name, value in row.items()}
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(lines[0]))
    writer.writeheader()
    writer.writerows(lines)
    file.write_text(text.getvalue(), encoding="utf-8-sig")
    return file


def declare(path: Path, confirmed: Confirmed) -> None:
    """Name the decisions in ``study.toml``, as the success line says."""
    toml = path / "study.toml"
    line = f'[files]\n{confirmed.key} = "{confirmed.file}"\n\n[minimum]'
    toml.write_text(toml.read_text(encoding="utf-8").replace("[minimum]", line, 1), encoding="utf-8")


def problems_of(act: Callable[[], object]) -> list[tuple[str, int | None, str]]:
    """Code, row and column of every error that an act ends with."""
    with pytest.raises(sv.SurveyError) as caught:
        act()
    return [(p.code, p.row, p.column) for p in caught.value.problems if p.severity == "error"]


@pytest.fixture
def waiting(tmp_path: Path) -> Path:
    """A study of four forms, of which three wait for a decision."""
    return trial(tmp_path, {"r.csv": table(ROWS)})


# ------------------------------------------------------------------------------------------- nothing is written over


@pytest.mark.parametrize("name", ["study.toml", "r.csv", "forms.csv", "cu.csv", "instrument", "lien-ket.csv"])
def test_a_file_that_exists_is_never_written_over(waiting: Path, name: str) -> None:
    (waiting / "cu.csv").write_text("quyết định cũ", encoding="utf-8")
    (waiting / "lien-ket.csv").symlink_to(waiting / "khong-co.csv")  # a link to nothing is something, too
    file = fill(review(waiting, "forms", ".csv"), {0: {"decision": "loại", **WHO}})
    before = {path: path.read_bytes() for path in waiting.rglob("*") if path.is_file()}
    study = sv.load(waiting)
    assert problems_of(lambda: study.confirm(file, waiting / name)) == [("file.exists", None, "")]
    assert problems_of(lambda: study.map_columns(waiting / "r.csv", waiting / name)) == [
        ("file.exists", None, "")
    ]
    assert {path: path.read_bytes() for path in waiting.rglob("*") if path.is_file()} == before


def test_nothing_is_left_where_nothing_could_be_written(waiting: Path) -> None:
    file = fill(
        review(waiting, "forms", ".csv"), {0: {"decision": "loại", **WHO}, 1: {"decision": "?", **WHO}}
    )
    before = sorted(waiting.rglob("*"))
    study = sv.load(waiting)
    assert problems_of(lambda: study.confirm(file, waiting / "qd.csv")) == [
        ("review.decision", 3, "decision")
    ]
    assert problems_of(lambda: study.confirm(file, waiting / "moi" / "qd.csv")) == [
        ("file.no_folder", None, "")
    ]
    assert sorted(waiting.rglob("*")) == before


# ------------------------------------------------------------------------------------------- dates


DAY_FIRST = [
    ("12/11/2025", "2025-11-12"), ("12-11-2025", "2025-11-12"), ("12.11.2025", "2025-11-12"), ("1/2/25", "2025-02-01"),
    ("2025-11-12", "2025-11-12"), ("2025/11/12", "2025-11-12"), ("ngày 12 tháng 11 năm 2025", "2025-11-12"),
    ("12/11/2025 08:30", "2025-11-12"), ("12 Nov 2025", "2025-11-12"), ("November 12, 2025", "2025-11-12"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "day"), DAY_FIRST)
@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_a_date_as_people_write_it_is_read_day_first(
    waiting: Path, written: str, day: str, ending: str
) -> None:
    """Beside 20/11/2025, which can only be day first, no doubt is left."""
    said = {"decision": "loại", **WHO}
    file = fill(
        review(waiting, "forms", ending), {0: {**said, "date": written}, 1: {**said, "date": "20/11/2025"}}
    )
    made = sv.load(waiting).confirm(file, waiting / "qd.csv")
    assert made.warnings == ()
    lines = list(csv.DictReader((waiting / "qd.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert [line["date"] for line in lines] == [day, "2025-11-20"]


def test_a_true_date_of_a_workbook_is_a_day(waiting: Path) -> None:
    said = {"decision": "loại", **WHO}
    file = fill(review(waiting, "forms", ".xlsx"), {0: {**said, "date": dt.datetime(2025, 11, 12)}})
    assert sv.load(waiting).confirm(file, waiting / "qd.csv").warnings == ()
    assert "2025-11-12" in (waiting / "qd.csv").read_text(encoding="utf-8-sig")


def dated(path: Path, *dates: object, ending: str = ".csv") -> Path:
    said = {"decision": "hợp lệ", **WHO}
    return fill(review(path, "forms", ending), {k: {**said, "date": date} for k, date in enumerate(dates)})


@pytest.mark.parametrize(
    ("dates", "read"),
    [
        (("05/06/2025", "7/8/25"), ["2025-06-05", "2025-08-07"]),  # both ways: day first, and told
        (
            ("05/06/2025", "11/20/2025"),
            ["2025-05-06", "2025-11-20"],
        ),  # the other proves the American order: told
    ],
)
def test_a_date_that_can_be_read_in_two_ways_is_told(
    waiting: Path, dates: tuple[str, ...], read: list[str]
) -> None:
    made = sv.load(waiting).confirm(dated(waiting, *dates), waiting / "qd.csv")
    assert [(p.code, p.row, p.column) for p in made.warnings] == [("review.date_two_ways", 2, "date")]
    assert dict(made.warnings[0].params)["read"] == read[0]
    lines = list(csv.DictReader((waiting / "qd.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert [line["date"] for line in lines] == read


@pytest.mark.parametrize(
    ("dates", "code", "row"),
    [
        (("05/06/2025", "11/20/2025", "20/11/2025"), "review.date_both_orders", 2),
        (("hôm qua",), "review.date", 2),
        (("20/11/2025", "31/02/2025"), "review.date", 3),
        (("20/11/2025", "45973"), "review.date", 3),
    ],
)
def test_a_date_that_cannot_be_known_is_refused(
    waiting: Path, dates: tuple[str, ...], code: str, row: int
) -> None:
    file = dated(waiting, *dates)
    assert problems_of(lambda: sv.load(waiting).confirm(file, waiting / "qd.csv")) == [(code, row, "date")]


def test_true_dates_beside_a_text_that_is_no_month_are_refused(waiting: Path) -> None:
    """Typed day first into an American Excel: 12/11/2025 became the 11th of December, 20/11/2025 stayed a text."""
    file = dated(waiting, dt.datetime(2025, 12, 11), "20/11/2025", ending=".xlsx")
    study = sv.load(waiting)
    assert problems_of(lambda: study.confirm(file, waiting / "qd.csv")) == [("review.date_turned", 2, "date")]


# ------------------------------------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("written", "outcome"),
    [
        ("hợp lệ", "valid"), ("HỢP LỆ ", "valid"), ("hop le", "valid"), ("Valid", "valid"), ("accept", "valid"),
        ("loại", "rejected"), ("Loai", "rejected"), ("không hợp lệ", "rejected"), ("REJECTED", "rejected"),
        ("bị loại", "rejected"),
    ],
)  # fmt: skip
def test_words_in_both_languages_with_or_without_accents(waiting: Path, written: str, outcome: str) -> None:
    file = fill(review(waiting, "forms", ".csv"), {0: {"decision": written, **WHO}})
    declare(waiting, sv.load(waiting).confirm(file, waiting / "qd.csv"))
    assert forms(waiting)["r.csv", 2] == outcome


def test_a_word_that_is_none_is_told_with_the_words_in_both_languages(waiting: Path) -> None:
    file = fill(review(waiting, "forms", ".csv"), {0: {"decision": "x", **WHO}})
    with pytest.raises(sv.SurveyError) as caught:
        sv.load(waiting).confirm(file, waiting / "qd.csv")
    (problem,) = caught.value.problems
    assert dict(problem.params)["accepted"] == "hợp lệ (valid), loại (rejected)"


# ------------------------------------------------------------------------------------------- CSV and workbook


def test_either_of_the_two_files_may_be_filled_in(waiting: Path) -> None:
    csv_file = review(waiting, "forms", ".csv", ".xlsx")
    fill(waiting / "forms.xlsx", {0: {"decision": "loại", **WHO}, 2: {"decision": "hợp lệ", **WHO}})
    for k, file in enumerate((csv_file, waiting / "forms.xlsx")):
        assert sv.load(waiting).confirm(file, waiting / f"qd-{k}.csv").decisions == 2
    assert (waiting / "qd-0.csv").read_bytes() == (waiting / "qd-1.csv").read_bytes()


def test_the_same_decision_in_both_files_is_one(waiting: Path) -> None:
    file = fill(
        review(waiting, "forms", ".csv", ".xlsx"), {0: {"decision": "loại", **WHO, "date": "20/11/2025"}}
    )
    day = {"decision": "LOẠI", **WHO, "date": dt.datetime(2025, 11, 20)}
    fill(waiting / "forms.xlsx", {0: day, 1: {"decision": "hợp lệ", **WHO}})
    assert sv.load(waiting).confirm(file, waiting / "qd.csv").decisions == 2


@pytest.mark.parametrize("change", [{"decision": "hợp lệ"}, {"reviewer": "Ông C"}, {"date": "21/11/2025"}])
def test_both_files_filled_in_differently_are_refused(waiting: Path, change: dict[str, str]) -> None:
    said = {"decision": "loại", **WHO, "date": "20/11/2025"}
    file = fill(review(waiting, "forms", ".csv", ".xlsx"), {1: said})
    fill(waiting / "forms.xlsx", {1: {**said, **change}})
    study = sv.load(waiting)
    for given in (file, waiting / "forms.xlsx"):
        assert problems_of(lambda file=given: study.confirm(file, waiting / "qd.csv")) == [  # type: ignore[misc]
            ("review.filled_twice", 3, "decision")
        ]


def test_another_file_of_the_same_name_is_passed_over(waiting: Path) -> None:
    """The filled workbook lies beside a CSV that is no review file: the register of units."""
    file = fill(review(waiting, "forms", ".xlsx"), {0: {"decision": "loại", **WHO}})
    (waiting / "forms.csv").write_text("code,block,name_vi\na,xa,A\n", encoding="utf-8")
    assert sv.load(waiting).confirm(file, waiting / "qd.csv").decisions == 1


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("units.csv", b"code,block,name_vi\na,xa,A\n", "review.no_review_file"),
        ("anh.csv", b"\x89PNG\r\n\x1a\n", "review.kind"),
        ("so.sav", b"$FL2@(#) SPSS DATA FILE", "review.kind"),
        ("hong.xlsx", b"PK\x03\x04 xl/workbook", "returns.file_damaged"),
    ],
)
def test_a_file_that_is_no_review_file_is_told(waiting: Path, name: str, content: bytes, code: str) -> None:
    (waiting / name).write_bytes(content)
    study = sv.load(waiting)
    assert [found[0] for found in problems_of(lambda: study.confirm(waiting / name, waiting / "qd.csv"))] == [
        code
    ]
    assert problems_of(lambda: study.confirm(waiting / "khong-co.csv", waiting / "qd.csv")) == [
        ("review.missing", None, "")
    ]


def test_workbooks_offer_words_lock_what_is_given_and_are_the_same_bytes(waiting: Path) -> None:
    first, again = screened(waiting), screened(waiting)
    assert first == again
    book = openpyxl.load_workbook(io.BytesIO(first["review/forms.xlsx"]))
    sheet = book.worksheets[0]
    names = [cell.value for cell in sheet[1]]
    assert names == first["review/forms.csv"].decode("utf-8-sig").splitlines()[0].split(",")
    offered = {
        str(rule.sqref): rule.formula1
        for rule in sheet.data_validations.dataValidation
        if rule.type == "list"
    }
    letter = openpyxl.utils.get_column_letter(names.index("decision") + 1)
    assert offered[f"{letter}2:{letter}4"] == '"hợp lệ,loại"'
    assert sheet.freeze_panes
    assert sheet.protection.sheet
    open_cells = {name for k, name in enumerate(names, 1) if not sheet.cell(2, k).protection.locked}
    assert open_cells == {"decision", "assigned_unit", "reviewer", "reason", "date"}
    assert len(book.sheetnames) == 2


def test_texts_that_look_like_formulas_come_back_from_a_workbook(tmp_path: Path) -> None:
    rows = [("=1+1", *ROWS[0][1:]), ("'=x", *ROWS[1][1:]), ROWS[3]]
    path = trial(tmp_path, {"r.csv": table(rows)})
    file = review(path, "forms", ".xlsx")
    cells = [cell for row in openpyxl.load_workbook(file).worksheets[0].iter_rows() for cell in row]
    assert not [
        cell for cell in cells if cell.data_type == "f" or str(cell.value)[:1] in ("=", "+", "-", "@")
    ]
    fill(file, {0: {"decision": "loại", **WHO}, 1: {"decision": "loại", **WHO}})
    declare(path, sv.load(path).confirm(file, path / "qd.csv"))
    assert list(forms(path).values()) == ["rejected", "rejected", "valid"]


# ------------------------------------------------------------------------------------------- decisions and rows


WITHOUT_CODES = tuple(HEADINGS[1:])


@pytest.mark.parametrize("turned", [False, True], ids=["row above", "columns in another order"])
def test_a_decision_stays_with_its_form_when_the_file_changes(tmp_path: Path, turned: bool) -> None:
    rows: list[tuple[object, ...]] = [row[1:] for row in ROWS]
    path = trial(tmp_path, {"r.csv": table(rows, WITHOUT_CODES)})
    file = fill(review(path, "forms", ".csv"), {1: {"decision": "loại", **WHO}})
    declare(path, sv.load(path).confirm(file, path / "qd.csv"))
    before = forms(path)
    new: list[tuple[object, ...]] = [("Xã Long Mỹ", "2025-10-02 09:00:00", 2, 2, 2), *rows]
    names = WITHOUT_CODES
    if turned:
        new, names = [row[::-1] for row in new], names[::-1]
    (path / "r.csv").write_text(table(new, names), encoding="utf-8")
    after = forms(path)
    assert before["r.csv", 3] == after["r.csv", 4] == "rejected"
    assert list(after.values()) == ["valid", "review", "rejected", "review", "valid"]


@pytest.mark.parametrize("code", ["r.csv#3", "r.xlsx#Phiếu#12", "returns/2025.SAV#7"])
def test_a_decision_that_names_a_row_is_refused(waiting: Path, code: str) -> None:
    head = "form_code,unit,decision,reviewer,reason\n"
    (waiting / "qd.csv").write_text(f"{head}{code},,rejected,A,b\n", encoding="utf-8")
    declare(waiting, Confirmed("decisions", "qd.csv", 1))
    assert problems_of(lambda: sv.load(waiting)) == [("decisions.by_row", 2, "form_code")]


def test_a_decision_about_a_submission_that_is_gone_is_told(waiting: Path) -> None:
    file = fill(review(waiting, "forms", ".csv"), {0: {"decision": "loại", **WHO}})
    declare(waiting, sv.load(waiting).confirm(file, waiting / "qd.csv"))
    (waiting / "r.csv").write_text(table(ROWS[1:]), encoding="utf-8")
    found = sv.load(waiting).screen().warnings
    assert "validity.decision_unmatched" in {problem.code for problem in found}


@pytest.mark.parametrize("cells", [{"form_code": "", "submission": ""}])
def test_a_row_that_lost_what_its_form_is_called_is_refused(waiting: Path, cells: dict[str, str]) -> None:
    file = fill(review(waiting, "forms", ".csv"), {0: {"decision": "loại", **WHO, **cells}})
    study = sv.load(waiting)
    assert problems_of(lambda: study.confirm(file, waiting / "qd.csv")) == [
        ("review.no_form", 2, "submission")
    ]


def test_one_form_decided_in_two_ways_is_refused(waiting: Path) -> None:
    file = fill(review(waiting, "forms", ".csv"), {0: {"decision": "loại", **WHO}})
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    file.write_text("\n".join([*lines, lines[1].replace("loại", "hợp lệ")]), encoding="utf-8-sig")
    study = sv.load(waiting)
    assert problems_of(lambda: study.confirm(file, waiting / "qd.csv")) == [
        ("returns.decided_twice", 5, "decision")
    ]


# ------------------------------------------------------------------------------------------- forms without a unit


@pytest.fixture
def homeless(tmp_path: Path) -> Path:
    """A study in which one form leaves its unit blank."""
    return trial(
        tmp_path, {"r.csv": table([("P1", "", *ROWS[3][2:]), ROWS[3], (*ROWS[3][:2], *ROWS[0][2:4], 5, 5)])}
    )


@pytest.mark.parametrize("unit", ["long-my", "Xã Long Mỹ", "XÃ LONG MỸ"])
@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_a_form_without_a_unit_gets_the_one_that_a_person_assigns(
    homeless: Path, unit: str, ending: str
) -> None:
    said = {"decision": "hợp lệ", "assigned_unit": unit, **WHO, "date": "20/11/2025"}
    declare(
        homeless,
        sv.load(homeless).confirm(fill(review(homeless, "forms", ending), {0: said}), homeless / "qd.csv"),
    )
    found = sv.load(homeless).score()
    assert forms(homeless)["r.csv", 2] == "valid"
    first = found.forms.iloc[0]
    assert (first["unit_code"], first["decided_by"], first["decided_on"]) == (
        "long-my",
        WHO["reviewer"],
        "2025-11-20",
    )
    assert found.scores.query("unit_code == 'long-my' and node_code == '2' and group == 'dan'")[
        "n_valid"
    ].tolist() == [1]


def test_a_form_without_a_unit_is_not_taken_as_valid_without_one(homeless: Path) -> None:
    study, said = sv.load(homeless), {"decision": "hợp lệ", **WHO}
    file = fill(review(homeless, "forms", ".csv"), {0: said})
    assert problems_of(lambda: study.confirm(file, homeless / "qd.csv")) == [
        ("review.no_unit", 2, "assigned_unit")
    ]
    fill(file, {0: {**said, "assigned_unit": "Xã Không Có"}})
    assert problems_of(lambda: study.confirm(file, homeless / "qd.csv")) == [
        ("review.assigned_unit", 2, "assigned_unit")
    ]
    fill(file, {0: {"decision": "", "assigned_unit": "long-my", "reviewer": "", "reason": ""}})
    assert problems_of(lambda: study.confirm(file, homeless / "qd.csv")) == [
        ("review.decision", 2, "decision")
    ]


def test_an_assigned_unit_never_takes_the_place_of_the_form_s_own(waiting: Path) -> None:
    file = fill(
        review(waiting, "forms", ".csv"), {0: {"decision": "hợp lệ", "assigned_unit": "long-my", **WHO}}
    )
    declare(waiting, sv.load(waiting).confirm(file, waiting / "qd.csv"))
    found = sv.load(waiting).screen()
    assert found.returns.rows["unit_code"].iat[0] == "an-binh"
    assert [p.code for p in found.warnings if p.code.startswith("assigned_unit")] == [
        "assigned_unit.has_unit"
    ]


# ------------------------------------------------------------------------------------------- spellings


def spelled(path: Path, *units: str) -> Path:
    rows = [(f"P{k}", unit, *ROWS[3][2:3], 1 + k, 2, 3) for k, unit in enumerate(units)]
    return trial(path, {"r.csv": table([*rows, ROWS[3]])})


@pytest.mark.parametrize("other", ["xã  LONG mĩ", "XÃ LONG MĨ", "Xã-Long-Mĩ"])
def test_spellings_that_are_read_as_one_are_decided_as_one(tmp_path: Path, other: str) -> None:
    path = spelled(tmp_path, "Xã Long Mĩ", other)
    file = review(path, "units", ".csv")
    lines = list(csv.DictReader(io.StringIO(file.read_bytes().decode("utf-8-sig"), newline="")))
    texts = [line["text"] for line in lines]
    first, second = (
        texts.index("Xã Long Mĩ"),
        next((k for k, text in enumerate(texts) if text != "Xã Long Mĩ"), None),
    )
    fill(file, {first: {"decision": "long-my", "reviewer": "A", "reason": "gõ nhầm", "date": "20/11/2025"}})
    if second is not None:
        fill(file, {second: {"decision": "an-binh"}})
        study = sv.load(path)
        assert {found[0] for found in problems_of(lambda: study.confirm(file, path / "ten.csv"))} == {
            "returns.decided_twice"
        }
        fill(file, {second: {"decision": ""}})
    made = sv.load(path).confirm(file, path / "ten.csv")
    declare(path, made)
    assert made.decisions == 1
    assert "gõ nhầm,2025-11-20" in (path / "ten.csv").read_text(encoding="utf-8-sig")
    assert set(forms(path).values()) == {"valid"}


def test_a_word_that_is_also_the_code_of_a_unit_is_refused(tmp_path: Path) -> None:
    """Units numbered 1, 2, 3: a 1 beside the proposal 3 may mean yes, or unit 1."""
    units = "code,block,name_vi,name_en,aliases,valid_from,valid_to,successors\n"
    units += "".join(
        f"{k},xa,{name},,,,,\n" for k, name in enumerate(("Xã An Bình", "Xã Hòa", "Xã Long Mỹ"), 1)
    )
    rows = [("P1", "Xã Long Mĩ", *ROWS[3][2:]), ROWS[3]]
    path = trial(tmp_path, {"r.csv": table(rows)}, parts={"units": units})
    file = fill(review(path, "units", ".csv"), {0: {"decision": "1"}})
    study = sv.load(path)
    assert problems_of(lambda: study.confirm(file, path / "ten.csv")) == [
        ("review.word_and_code", 2, "decision")
    ]
    fill(file, {0: {"decision": "Xã Long Mỹ"}})
    assert study.confirm(file, path / "ten.csv").decisions == 1


# ------------------------------------------------------------------------------------------- who, when and why


def test_who_when_and_why_reach_the_forms_the_council_and_the_manifest(waiting: Path) -> None:
    said = {"decision": "loại", **WHO, "date": "20/11/2025"}
    file = fill(review(waiting, "forms", ".xlsx"), {0: said, 1: {"decision": "hợp lệ", **WHO}})
    declare(waiting, sv.load(waiting).confirm(file, waiting / "qd.csv"))
    files = package(sv.load(waiting).score().round)
    rows = {
        name: list(csv.DictReader(io.StringIO(files[name].decode("utf-8-sig"), newline="")))
        for name in files
        if name.endswith(".csv")
    }
    told = [(row["decided_by"], row["decided_on"], row["decision_reason"]) for row in rows["forms.csv"]]
    assert told == [
        (WHO["reviewer"], "2025-11-20", WHO["reason"]),
        (WHO["reviewer"], "", WHO["reason"]),
        ("",) * 3,
        ("",) * 3,
    ]
    (rejected,) = rows["council/rejected.csv"]
    assert (rejected["decided_by"], rejected["decision_reason"]) == (WHO["reviewer"], WHO["reason"])
    decided = (waiting / "qd.csv").read_bytes()
    assert json.loads(files["run.json"])["decisions"] == [
        {
            "about": "decisions", "path": "qd.csv", "bytes": len(decided),
            "sha256": hashlib.sha256(decided).hexdigest(), "decisions": 2,
        }
    ]  # fmt: skip


def test_the_line_for_the_study_is_printed_with_its_key_and_file(
    waiting: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = fill(review(waiting, "forms", ".csv"), {0: {"decision": "loại", **WHO}})
    (waiting / "qd").mkdir()
    arguments = ["confirm", str(file), "--study", str(waiting), "--lang", "en", "--out"]
    assert main([*arguments, str(waiting / "qd" / "1.csv")]) == 0
    shown = capsys.readouterr().out
    assert "under [files], write this line" in shown
    assert '    decisions = "qd/1.csv"' in shown.splitlines()
    elsewhere = waiting.parent / f"{waiting.name}-quyet-dinh.csv"
    assert main([*arguments, str(elsewhere)]) == 0
    shown = capsys.readouterr().out
    assert f"Copy the file into {waiting}" in shown
    assert f'    decisions = "{elsewhere.name}"' in shown.splitlines()


# ------------------------------------------------------------------------------------------- double entry, mappings


@pytest.fixture
def entered_twice(tmp_path: Path) -> Path:
    """Two entries of P4: A1 is 3 in the one and 4 in the other."""
    other = (*ROWS[3][:3], 4, *ROWS[3][4:])
    entries = "".join(
        f'\n[[returns]]\npath = "{name}.csv"\nentry = "{entry}"\n'
        for name, entry in (("a", "first"), ("b", "second"))
    )
    return trial(tmp_path, {"a.csv": table([ROWS[3]]), "b.csv": table([other])}, returns=entries)


@pytest.mark.parametrize(
    ("final", "is_blank"), [("4", False), ("Hài lòng", False), ("trống", True), ("BLANK", True)]
)
@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_entries_are_settled_from_start_to_end(
    entered_twice: Path, final: str, is_blank: bool, ending: str
) -> None:
    said = {"final": final, "who": "Trần Văn B", "reason": "xem phiếu giấy", "date": "20/11/2025"}
    file = fill(review(entered_twice, "entries", ending), {0: said})
    made = sv.load(entered_twice).confirm(file, entered_twice / "phan-xu.csv")
    assert (made.key, made.file, made.decisions) == ("adjudication", "phan-xu.csv", 1)
    declare(entered_twice, made)
    found = sv.load(entered_twice).screen()
    assert found.screening.disposition.tolist() == ["valid", "second_entry"]
    assert (found.returns.answers[0, 0] < 0) == is_blank
    assert "Trần Văn B,xem phiếu giấy,2025-11-20" in (entered_twice / "phan-xu.csv").read_text(
        encoding="utf-8-sig"
    )


def test_an_entry_settled_by_nobody_is_refused(entered_twice: Path) -> None:
    file, study = fill(review(entered_twice, "entries", ".xlsx"), {0: {"final": "4"}}), sv.load(entered_twice)
    assert problems_of(lambda: study.confirm(file, entered_twice / "px.csv")) == [
        ("review.incomplete", 2, "who")
    ]
    fill(file, {0: {"final": "", "who": "B"}})
    assert problems_of(lambda: study.confirm(file, entered_twice / "px.csv")) == [
        ("review.incomplete", 2, "final")
    ]


def test_a_final_answer_that_is_none_is_told_with_its_file(entered_twice: Path) -> None:
    said = {"final": "7", "who": "B"}
    declare(
        entered_twice,
        sv.load(entered_twice).confirm(
            fill(review(entered_twice, "entries", ".csv"), {0: said}), entered_twice / "px.csv"
        ),
    )
    with pytest.raises(sv.SurveyError) as caught:
        sv.load(entered_twice).screen()
    assert [(p.code, p.file) for p in caught.value.problems] == [("double_entry.final", "px.csv")]


def test_the_answers_of_the_scale_are_offered_for_an_entry(entered_twice: Path) -> None:
    sheet = openpyxl.load_workbook(review(entered_twice, "entries", ".xlsx")).worksheets[0]
    offered = [rule.formula1 for rule in sheet.data_validations.dataValidation if rule.type == "list"]
    assert offered == ['"1,2,3,4,5,trống"']


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_columns_are_mapped_in_either_file(tmp_path: Path, ending: str) -> None:
    """The heading of B1 is misspelt; a person accepts what is proposed for it."""
    headings = (*HEADINGS[:5], "Hồ sơ trả hẹn")
    path = trial(tmp_path, {"r.csv": table([ROWS[3]], headings)})
    file = path / f"ghep{ending}"
    mapping = sv.load(path).map_columns(path / "r.csv", file)
    row = mapping["heading"].tolist().index("Hồ sơ trả hẹn")
    fill(file, {row: {"kind": "item", "target": "B1", "decision": "CO" if ending == ".csv" else "x"}})
    toml = path / "study.toml"
    toml.write_text(f'{toml.read_text(encoding="utf-8")}mapping = "{file.name}"\n', encoding="utf-8")
    assert sv.load(path).screen().returns.answers.tolist() == [[2, 4, 0]]
