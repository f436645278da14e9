"""A pseudonymised copy: nothing that was typed, and the same scores, statuses and counts."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import surveys as sv
from surveys.cli import main
from surveys.sharing import shared_copy
from surveys.sharing.pseudonyms import numbered
from surveys.sharing.study_copy import study_files
from tests.surveys.handover.forging import edit
from tests.trouble.test_personal_data import COLUMNS, TYPED, csv_rows, found_in, round_of, rows, scored
from tests.trouble.trial import FIELDS, RULES, table, trial

SAMPLE = Path(__file__).parents[2] / "data-sample" / "ha-noi-2023"


def same_numbers(one: sv.Result, other: sv.Result) -> None:
    """Scores, league tables, sums, funnel and shares are equal to the last bit, remarks included."""
    for name in ("scores", "units", "index", "index_units", "sums", "funnel", "shares"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)


def copied(study: Path, out: Path) -> tuple[sv.Result, sv.Result]:
    sv.load(study).pseudonymise(out)
    return sv.load(study).score(), sv.load(out).score()


def edited(path: Path, *changes: tuple[str, str]) -> None:
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


@pytest.mark.long
def test_nothing_that_was_typed_is_in_a_copy_and_the_council_finds_the_same(tmp_path):
    study = round_of(tmp_path / "study", {"r.csv": table(rows(), COLUMNS)})
    assert found_in(study) >= {("r.csv", text) for text in TYPED}, "the test would find them"
    same_numbers(*copied(study, tmp_path / "copy"))
    assert found_in(tmp_path / "copy") == set()
    one, other = scored(study, tmp_path / "out"), scored(tmp_path / "copy", tmp_path / "out-of-copy")
    for name in ("rejected.csv", "scores.csv", "units.csv"):
        assert (one / "council" / name).read_bytes() == (other / "council" / name).read_bytes()
    assert sv.verify(other) == ()


@pytest.mark.long
def test_a_copy_goes_by_the_numbers_of_the_key(tmp_path):
    study = round_of(tmp_path / "study", {"r.csv": table(rows(), COLUMNS)})
    sv.load(study).pseudonymise(tmp_path / "copy")
    key = {
        row["source_row"]: row["form_number"]
        for row in csv_rows(scored(study, tmp_path / "out") / "review/form-numbers.csv")
    }
    (path,) = (tmp_path / "copy/returns").iterdir()
    shown = [row["ma"] or row["submission"] for row in csv_rows(path)]
    assert shown == [key.get(str(row), f"P-{row - 1:03d}") for row in range(2, len(rows()) + 2)]


@pytest.mark.long
def test_numbers_do_not_depend_on_the_order_of_rows(tmp_path):
    found = []
    for seed in range(2):
        shuffled = rows()
        random.Random(seed).shuffle(shuffled)
        study = round_of(tmp_path / f"study-{seed}", {"r.csv": table(shuffled, COLUMNS)})
        sv.load(study).pseudonymise(tmp_path / f"copy-{seed}")
        (path,) = (tmp_path / f"copy-{seed}/returns").iterdir()
        found.append(sorted(tuple(row.values()) for row in csv_rows(path)))
    assert found[0] == found[1]


@pytest.mark.long
def test_the_council_can_score_the_copy_to_check_the_results(tmp_path):
    study = round_of(tmp_path / "study", {"r.csv": table(rows(), COLUMNS)})
    sv.load(study).pseudonymise(tmp_path / "copy")
    out = scored(study, tmp_path / "out")

    def told(folder: Path) -> list[tuple[str, str]]:
        found = sv.verify(folder, study=tmp_path / "copy")
        return [(p.code, p.file) for p in found if p.code.startswith("again.")]

    said = [("again.from_copy", str(out))]
    assert told(out) == said
    assert told(out / "council") == [("again.from_copy", str(out / "council"))]
    sv.load(study).screen().write(tmp_path / "screened")
    assert told(tmp_path / "screened") == [("again.from_copy", str(tmp_path / "screened"))]
    edit(out / "council/scores.csv", lambda found: found[0].update(points="0.1234"))
    edit(out / "council/rejected.csv", lambda found: found.pop())
    edit(out / "forms.csv", lambda found: found[2].update(disposition="rejected"))
    edit(out / "weights.csv", lambda found: found[1].update(weight="9.0000000000"))
    expected = [("again.row_missing", "council/rejected.csv"), ("again.value", "council/scores.csv")]
    assert sorted(told(out)[1:]) == sorted(
        [*expected, ("again.forms", "weights.csv"), ("again.forms", "forms.csv")]
    )


ASKED = """
[[fields]]
code = "dtv"
role = "interviewer"
headers = ["Điều tra viên"]
label_vi = "Điều tra viên"
label_en = "Interviewer"

[[fields]]
code = "sdt"
role = "personal"
headers = ["Điện thoại"]
label_vi = "Điện thoại"
label_en = "Telephone"
"""
WITH_PERSONS = ("Mã phiếu", "Đơn vị", "Ngày trả lời", "Điều tra viên", "Điện thoại", "A1", "A2", "B1")


@pytest.mark.long
@pytest.mark.parametrize("keep", ["none", "first", "last"])
def test_rules_about_persons_times_and_interviewers_find_the_same(tmp_path, keep):
    people = [f"09123456{k:02d}" for k in range(6)]
    made = [
        (f"F{k}", "Xã An Bình" if k % 3 else "Xã Long Mỹ", f"2025-10-{5 + k % 3:02d} {8 + (7 * k) % 9:02d}:15:{k:02d}",
         f"Bà {'ABC'[k % 3]}", people[k % 6], "5" if k % 2 else "1", "4", str(1 + k % 5))
        for k in range(18)
    ]  # fmt: skip
    made += [(f"G{k}", "Xã An Bình", "2025-10-09", "Bà C", f"098765432{k}", "3", "4", "5") for k in range(2)]
    person = f'\n[[rules]]\nrule = "one_per_person"\nseverity = "reject"\nkeep = "{keep}"\n'
    parts = {"fields": FIELDS + ASKED}
    study = trial(
        tmp_path / "study", {"r.csv": table(made, WITH_PERSONS)}, settings=person, rules=RULES, parts=parts
    )
    one, other = copied(study, tmp_path / "copy")
    same_numbers(one, other)
    rejected = one.funnel["rejected"].sum()
    assert rejected == {"none": 18, "first": 12, "last": 12}[keep]
    text = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "copy/returns").iterdir())
    assert not any(typed in text for typed in (*people, "Bà A", "Bà B", ":15:"))


@pytest.mark.long
def test_decisions_on_forms_are_carried_over_and_confirmed_units_are_units(tmp_path):
    study = round_of(tmp_path / "study", {"r.csv": table(rows(), COLUMNS)})
    edited(study / "study.toml", ("[files]\n", '[files]\ndecisions = "d.csv"\nunit_decisions = "u.csv"\n'))
    (study / "u.csv").write_text(f"block,text,unit_code\nxa,{TYPED[8]},long-my\n", encoding="utf-8")
    decided = (
        "form_code,unit,decision,reviewer,reason,date\nP-003,,rejected,Lê A,phiếu hỏng,2025-12-01\n"
        f"{TYPED[0]},,rejected,Lê A,mã lạ,2025-12-02\nP-777,,rejected,Lê A,không có phiếu,2025-12-02\n"
    )
    (study / "d.csv").write_text(decided, encoding="utf-8")
    one, other = copied(study, tmp_path / "copy")
    same_numbers(one, other)
    assert one.screening.disposition.tolist() == other.screening.disposition.tolist()
    carried = csv_rows(tmp_path / "copy/decisions.csv")
    assert [(row["reviewer"], row["reason"], row["date"]) for row in carried] == [
        ("Lê A", "phiếu hỏng", "2025-12-01"),
        ("Lê A", "mã lạ", "2025-12-02"),
    ]
    assert found_in(tmp_path / "copy") == set()


def test_a_unit_that_a_person_assigned_is_the_unit(tmp_path):
    made = [("P1", "", "2025-10-07", "5", "4", "3"), ("P2", "Xã An Bình", "2025-10-08", "2", "2", "2")]
    decided = "form_code,unit,decision,reviewer,reason,date,assigned_unit\nP1,,valid,Lê A,gọi lại,2025-12-01,long-my\n"
    files, returns = (
        {"r.csv": table(made), "d.csv": decided},
        '\n[[returns]]\npath = "r.csv"\nquestionnaire = "p1"\n',
    )
    study = trial(tmp_path / "study", files, returns, '[files]\ndecisions = "d.csv"\n')
    one, other = copied(study, tmp_path / "copy")
    same_numbers(one, other)
    assert other.returns.rows["unit_code"].tolist() == ["long-my", "an-binh"]
    assert other.screening.disposition.tolist() == ["valid", "valid"]


def test_what_would_be_screened_otherwise_is_not_written(tmp_path, monkeypatch):
    study = round_of(tmp_path / "study", {"r.csv": table(rows(), COLUMNS)})

    def wrong(*given: object) -> dict[str, bytes]:
        files = study_files(*given)  # type: ignore[arg-type]
        return {path: content.replace(b",5,4,", b",5,3,") for path, content in files.items()}

    monkeypatch.setattr(shared_copy, "study_files", wrong)
    with pytest.raises(sv.SurveyError) as error:
        sv.load(study).pseudonymise(tmp_path / "copy")
    assert [(p.code, dict(p.params)["what"]) for p in error.value.problems] == [("sharing.different", "A2")]
    assert not (tmp_path / "copy").exists()


def test_a_copy_stands_where_nothing_stood(tmp_path):
    study = round_of(tmp_path / "study", {"r.csv": table(rows(), COLUMNS)})
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy/mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(sv.SurveyError) as error:
        sv.load(study).pseudonymise(tmp_path / "copy")
    assert [problem.code for problem in error.value.problems] == ["file.folder_not_empty"]
    assert [path.name for path in (tmp_path / "copy").iterdir()] == ["mine.txt"]


def test_people_who_stand_out_are_told(tmp_path):
    study = round_of(tmp_path / "study", {"r.csv": table(rows(), COLUMNS)})
    (problem,) = sv.load(study).pseudonymise(tmp_path / "copy").warnings
    said = dict(problem.params)
    # By hand: 8 farmers and one other occupation in An Bình; two of "Khác" in Long Mỹ, a third without a unit; three without an
    # occupation in Hòa Thuận.
    assert (said["forms"], said["unique"], said["few"]) == ("15", "2", "7")
    assert said["columns"] == "unit, nghe"


def test_the_command_says_what_the_copy_is_and_where_the_key_is(tmp_path, capsys):
    study = round_of(tmp_path / "study", {"r.csv": table(rows(), COLUMNS)})
    assert (
        main(["screen", str(study), "--pseudonymise", "--out", str(tmp_path / "copy"), "--lang", "en"]) == 0
    )
    said = capsys.readouterr().out
    assert "not anonymous" in said
    assert "review/form-numbers.csv" in said
    assert main(["screen", str(study), "--pseudonymise", "--lang", "en"]) == 1
    assert "--out" in capsys.readouterr().err


def test_equal_texts_have_equal_numbers_whatever_their_order():
    texts, order = pd.Series(["b", "", "a", "b", "kept"]), np.array(["3", "0", "2", "1", "0"], object)
    assert numbered(texts, order, "n", {"kept"}).tolist() == ["n1", "", "n2", "n1", "kept"]


@pytest.mark.long
@pytest.mark.parametrize("instrument", [found.name for found in sv.instruments()])
def test_every_shipped_instrument(tmp_path, instrument):
    sv.simulate(instrument, 3, tmp_path / "study", scale=0.05)
    one, other = copied(tmp_path / "study", tmp_path / "copy")
    same_numbers(one, other)
    assert typed_in(tmp_path / "study", tmp_path / "copy", one) == set()


@pytest.mark.long
def test_the_sample_round(tmp_path):
    one, other = copied(SAMPLE, tmp_path / "copy")
    same_numbers(one, other)
    assert typed_in(SAMPLE, tmp_path / "copy", one) == set()


def typed_in(study: Path, copy: Path, result: sv.Result) -> set[str]:
    """Names, telephone numbers and addresses that the returns of a simulated round hold and its copy repeats."""
    fields = {
        f.code: f for f in result.screened.study.instrument.fields if f.role in ("identification", "personal")
    }
    headings = {heading for field in fields.values() for heading in (field.code, *field.headers)}
    texts: set[str] = set()
    for path in (study / "returns").glob("*.csv"):
        for row in csv_rows(path):
            texts |= {said for heading, said in row.items() if heading in headings and len(said) > 5}
    whole = "".join(path.read_text(encoding="utf-8") for path in copy.rglob("*.csv"))
    read: Callable[[str], bool] = whole.__contains__
    return {text for text in texts if read(text) or read(json.dumps(text)[1:-1])}
