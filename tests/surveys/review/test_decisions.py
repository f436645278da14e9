"""Decisions of people: review files completed, confirmed, and read back as the study's files of decisions."""

from __future__ import annotations

import csv
import io
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from surveys.cli import main
from surveys.definitions.study.reading import load_study
from surveys.definitions.study.records import Decision, ReturnFile, UnitDecision
from surveys.problems import Problems, SurveyError
from surveys.returns.files.filled_tables import filled_tables
from surveys.returns.reading import read_returns
from surveys.returns.record_set import Returns
from surveys.review.columns_and_words import FORMS, UNITS
from surveys.review.decisions import confirm, decisions_in
from surveys.review.review_file import review_bytes

SMALL = Path(__file__).parents[2] / "rounds" / "small"

HEAD = "Mã phiếu,Đơn vị,F0,1.1a,1.1b,1.2,K1,K2\n"


@pytest.fixture
def reviewed(study, tmp_path):
    lines = [
        f"P{k},{unit},1,5,5,5,1,1\n"
        for k, unit in enumerate(["So Noi vu", "So Noi vu", "Abc", "Sở Tài Chánh"])
    ]
    (tmp_path / "r.csv").write_text(HEAD + "".join(lines), encoding="utf-8")
    round_ = study(ReturnFile("r.csv", "so-5"))
    return round_, write_review(read_returns(round_), tmp_path / "review.csv")


def unit_decisions(path, round_):
    return decided(path, UNITS, round_)


def form_decisions(path, round_=None):
    return decided(path, FORMS, round_)


def decided(path, table, round_):
    problems = Problems()
    made = decisions_in(filled_tables(path, problems), table, round_)
    problems.raise_errors()
    return tuple(made)


def confirmed(path, round_, out):
    """Key and number of decisions of the file that confirming writes."""
    problems = Problems()
    made = confirm(filled_tables(path, problems), round_, out, problems)
    return made.key, made.decisions


def write_review(read: Returns, path: Path) -> Path:
    path.write_bytes(review_bytes(UNITS, read.proposals.itertuples(index=False)))
    return path


def decide(path, decisions: dict[str, str]) -> None:
    """Fill the decision beside the first row of each text."""
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    for text, decision in decisions.items():
        k = next(k for k, line in enumerate(lines) if f",{text}," in line)
        lines[k] = lines[k].removesuffix(",,,") + f"{decision},,,"
    path.write_text("\r\n".join([*lines, ""]), encoding="utf-8-sig")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_review_file_is_read_as_a_spreadsheet_program_saves_it(reviewed, encoding, delimiter):
    decide(reviewed[1], {"So Noi vu": "có"})
    rows = list(csv.reader(io.StringIO(reviewed[1].read_text("utf-8-sig"), newline="")))
    saved = io.StringIO()
    csv.writer(saved, delimiter=delimiter).writerows(rows)
    reviewed[1].write_bytes(saved.getvalue().encode(encoding))
    assert unit_decisions(reviewed[1], reviewed[0]) == (UnitDecision("so", "So Noi vu", "SNV"),)


def test_the_review_file_is_for_excel_and_decides_nothing(reviewed):
    raw = reviewed[1].read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    lines = raw.decode("utf-8-sig").splitlines()
    assert lines[0] == "block,text,forms,proposed_code,proposed_name,similarity,decision,reviewer,reason,date"
    assert lines[1] == "so,So Noi vu,2,SNV,Sở Nội vụ,1.0,,,,"
    assert unit_decisions(reviewed[1], reviewed[0]) == ()


def test_decisions_are_read_back(reviewed, tmp_path):
    round_, path = reviewed
    decide(path, {"So Noi vu": "x", "Abc": "không", "Sở Tài Chánh": "STC"})
    decisions = unit_decisions(path, round_)
    assert set(decisions) == {
        UnitDecision("so", "So Noi vu", "SNV"),
        UnitDecision("so", "Abc", ""),
        UnitDecision("so", "Sở Tài Chánh", "STC"),
    }
    assert confirmed(path, round_, tmp_path / "names.csv") == ("unit_decisions", 3)
    written = (tmp_path / "names.csv").read_text(encoding="utf-8-sig").splitlines()
    assert written[0] == "block,text,unit_code,reviewer,reason,date"
    assert set(written[1:]) == {"so,So Noi vu,SNV,,,", "so,Abc,,,,", "so,Sở Tài Chánh,STC,,,"}


def test_earlier_decisions_are_kept_and_a_new_one_replaces_them(reviewed, tmp_path):
    round_, path = reviewed
    decide(path, {"So Noi vu": "STC"})
    earlier = (UnitDecision("so", "So Noi vu", "SNV"), UnitDecision("so", "Cũ", ""))
    assert confirmed(path, replace(round_, unit_decisions=earlier), tmp_path / "names.csv") == (
        "unit_decisions", 2,
    )  # fmt: skip
    written = (tmp_path / "names.csv").read_text(encoding="utf-8-sig").splitlines()
    assert written[1:] == ["so,So Noi vu,STC,,,", "so,Cũ,,,,"]


def test_a_missing_column_is_named(reviewed):
    round_, path = reviewed
    path.write_text(path.read_text(encoding="utf-8-sig").replace("proposed_code", "code"), encoding="utf-8")
    with pytest.raises(SurveyError) as caught:
        unit_decisions(path, round_)
    assert [(p.code, p.column) for p in caught.value.problems if p.severity == "error"] == [
        ("table.missing_column", "proposed_code")
    ]


def test_a_decision_for_no_unit_of_the_register_is_a_fault(reviewed):
    decide(reviewed[1], {"Abc": "SXD"})
    with pytest.raises(SurveyError) as caught:
        unit_decisions(reviewed[1], reviewed[0])
    assert [(p.code, p.column) for p in caught.value.problems] == [("returns.decision_unknown", "decision")]


def test_two_decisions_for_one_spelling_are_a_fault(reviewed):
    round_, path = reviewed
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    both = [line.replace(",,,,", ",x,,,") if ",So Noi vu," in line else line for line in lines]
    path.write_text("\r\n".join([*both, ""]), encoding="utf-8-sig")
    with pytest.raises(SurveyError) as caught:
        unit_decisions(path, round_)
    assert {p.code for p in caught.value.problems} == {"returns.decided_twice"}


@pytest.mark.parametrize("written", ["=1+1", "'=1+1", "''-x", "  @a", "'tis", "-5"])
def test_a_unit_that_looks_like_a_formula_comes_back_as_it_was(written, tmp_path):
    """From the returns through ``review/units.csv``, a spreadsheet, and the study's decisions to the returns again."""
    study = tmp_path / "round"
    shutil.copytree(SMALL, study)
    with (study / "staff.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(["S99", written, "4", "2", "5", "4", "3", "4"])
    assert main(["screen", str(study), "--out", str(tmp_path / "before")]) == 0
    review = tmp_path / "before" / "review" / "units.csv"
    lines = list(csv.DictReader(io.StringIO(review.read_text(encoding="utf-8-sig"), newline="")))
    assert not [line["text"] for line in lines if line["text"].lstrip()[:1] in tuple("=+-@")]
    lines[0]["decision"] = "x"
    rows = [[line[name] for name in UNITS.columns] for line in lines]
    text = io.StringIO(newline="")
    csv.writer(text).writerows([UNITS.columns, *rows])
    review.write_text(text.getvalue(), encoding="utf-8-sig")
    assert main(["confirm", str(review), "--study", str(study), "--out", str(study / "names.csv")]) == 0
    toml = (study / "study.toml").read_text(encoding="utf-8")
    names = toml.replace("[files]", '[files]\nunit_decisions = "names.csv"')
    (study / "study.toml").write_text(names, encoding="utf-8")
    (decided,) = load_study(study).unit_decisions
    assert decided.text == written.strip()
    read = read_returns(load_study(study))
    assert read.rows.loc[read.rows["form_code"] == "S99", "unit_code"].tolist() == [decided.unit_code]


FORM = (
    "=13",
    "-a",
    "",
    "near_duplicate",
    "Hợp lệ",
    "",
    "An",
    "đã gọi lại",
    "2023-10-20",
    "r.csv",
    "3",
    "uuid:1",
    "k1",
)


def test_decisions_on_forms_are_read_by_their_words(study, tmp_path):
    others = [
        ("P2", "SNV", "", "", "BỊ LOẠI", "", "An", "=trùng", "", "r.csv", "4", "", ""),
        ("P3", *[""] * 12),
    ]
    (tmp_path / "forms.csv").write_bytes(review_bytes(FORMS, [FORM, *others]))
    expected = (
        Decision("=13", "-a", "valid", "An", "đã gọi lại", "2023-10-20", "uuid:1", "", "k1"),
        Decision("P2", "SNV", "rejected", "An", "=trùng"),
    )
    assert form_decisions(tmp_path / "forms.csv") == expected
    assert confirmed(tmp_path / "forms.csv", study(), tmp_path / "decisions.csv") == ("decisions", 2)
    written = (tmp_path / "decisions.csv").read_bytes().decode("utf-8-sig").splitlines()
    assert written[0] == "form_code,unit,decision,reviewer,reason,date,submission,assigned_unit,content"
    assert written[1] == "'=13,'-a,valid,An,đã gọi lại,2023-10-20,uuid:1,,k1"


@pytest.mark.parametrize(
    ("change", "code", "column"),
    [({4: "maybe"}, "review.decision", "decision"), ({6: ""}, "review.incomplete", "reviewer"),
     ({7: ""}, "review.incomplete", "reason")],
)  # fmt: skip
def test_rows_that_are_no_decision_are_named(tmp_path, change, code, column):
    row = [change.get(k, cell) for k, cell in enumerate(FORM)]
    (tmp_path / "forms.csv").write_bytes(review_bytes(FORMS, [FORM, row]))
    with pytest.raises(SurveyError) as caught:
        form_decisions(tmp_path / "forms.csv")
    assert [(p.code, p.row, p.column) for p in caught.value.problems] == [(code, 3, column)]
