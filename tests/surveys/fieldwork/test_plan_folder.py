"""The folder of a plan: its files are read back as the study's, its codes are right, it replaces only its own."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import surveys as sv
from surveys.cli import main
from surveys.definitions.study.reading import load_study
from surveys.fieldwork.form_codes import form_code, prefixes, unit_numbers
from surveys.problems import SurveyError, phrase
from surveys.vocabulary.check_characters import is_right

pytestmark = pytest.mark.long
SAMPLE = Path(__file__).parents[3] / "data-sample" / "ha-noi-2023"


@pytest.fixture(scope="module")
def plan() -> sv.SamplePlanTables:
    return sv.plan(SAMPLE)


@pytest.fixture(scope="module")
def written(plan: sv.SamplePlanTables, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("plan") / "plan"
    plan.write(out)
    return out


def test_the_plan_of_the_sample_round_is_that_of_its_forms(plan: sv.SamplePlanTables) -> None:
    """The numbers of forms that were issued: of every questionnaire, and of every unit where the City's own survey fixed them."""
    with (SAMPLE / "issued.csv").open(encoding="utf-8", newline="") as lines:
        issued = pd.DataFrame(csv.DictReader(lines))
    was = issued.groupby("questionnaire").size().to_dict()
    assert plan.issued.groupby("questionnaire").size().to_dict() == was
    fixed = ["so-1", "so-3", "so-4", "so-5", "huyen-4", "huyen-5"]
    per_unit = [
        table.groupby(["questionnaire", "unit"]).size().loc[fixed].to_dict()
        for table in (issued, plan.issued)
    ]
    assert per_unit[0] == per_unit[1]
    # Hanoi 2022: 2,550 forms for 22 departments and 9,000 for 30 districts, 300 each.
    cells = plan.cells.set_index("questionnaire")["issued"]
    assert cells.loc[["so-4", "so-5"]].sum() == 2550
    districts = plan.cells[plan.cells["questionnaire"].isin(["huyen-4", "huyen-5"])]
    assert districts.groupby("unit_code")["issued"].sum().eq(300).all()
    assert districts["issued"].sum() == 9000


def test_codes_are_unique_right_and_of_their_unit(plan: sv.SamplePlanTables) -> None:
    codes = plan.issued["form_code"]
    assert codes.is_unique
    assert codes.map(is_right).all()
    assert codes.iloc[0] == "SO-1-00-0001-N"
    numbers = unit_numbers(load_study(SAMPLE).units)
    last = plan.issued.iloc[-1]
    assert last["form_code"].split("-")[2] == numbers["huyen", last["unit"]] == "30"


def test_questionnaires_whose_codes_look_alike_are_numbered() -> None:
    instrument = load_study(SAMPLE).instrument
    forms = list(instrument.questionnaires)
    alike = replace(
        instrument, questionnaires=(replace(forms[0], code="so1"), replace(forms[1], code="so-1"), forms[2])
    )
    assert prefixes(alike) == {"so1": "Q01", "so-1": "Q02", "so-3": "SO-3"}
    assert form_code("Q01", "00", 12345).startswith("Q01-00-12345-")


def test_what_is_written_is_read_as_the_studys_tables(written: Path, tmp_path: Path) -> None:
    folder = tmp_path / "study"
    shutil.copytree(SAMPLE, folder)
    (folder / "returns").rename(tmp_path / "returns")  # forms with other codes are no forms of this plan
    text = (folder / "study.toml").read_text(encoding="utf-8")
    before, _, after = text.partition("# Mỗi tệp phiếu")
    text = before + after[after.index("# Quyền số") :]
    (folder / "study.toml").write_text(text.replace('issued = "issued.csv"\n', ""), encoding="utf-8")
    (folder / "issued.csv").unlink()
    sv.add([written / "planned.csv", written / "issued.csv"], folder)
    study = load_study(folder)
    assert len(study.issued) == 14_573
    assert sum(cell.issued or 0 for cell in study.planned) == 14_573
    assert study.fieldwork.check_character


def test_the_workbook_adds_up(plan: sv.SamplePlanTables, written: Path) -> None:
    book = openpyxl.load_workbook(written / "plan.xlsx")
    sums = book[phrase("plan.tab.sums", "vi")]
    total = next(row for row in sums.iter_rows(values_only=True) if row[0] == phrase("plan.book.total", "vi"))
    assert total[5:7] == (plan.cells["forms"].sum(), plan.cells["issued"].sum())
    for block in plan.cells["block"].unique():
        label = next(b.label_vi for b in plan.study.instrument.blocks if b.code == block)
        sheet = book[label[:31]]
        rows = [row for row in sheet.iter_rows(values_only=True) if row[1] == phrase("plan.book.sum", "vi")]
        mine = plan.cells[plan.cells["block"] == block]
        assert rows[0][-2:] == (mine["forms"].sum(), mine["issued"].sum())
    why = book[phrase("plan.tab.reasons", "vi")]
    assert sum(1 for row in why.iter_rows(values_only=True) if isinstance(row[5], (int, float))) == len(
        plan.cells
    )


def test_the_same_plan_gives_the_same_bytes(plan: sv.SamplePlanTables, written: Path, tmp_path: Path) -> None:
    sv.plan(SAMPLE).write(tmp_path / "again")
    names = {path.name for path in written.iterdir()}
    assert names == {path.name for path in (tmp_path / "again").iterdir()}
    assert all((written / n).read_bytes() == (tmp_path / "again" / n).read_bytes() for n in names)


def test_only_its_own_files_are_replaced(plan: sv.SamplePlanTables, tmp_path: Path) -> None:
    out = tmp_path / "plan"
    plan.write(out)
    plan.write(out)
    (out / "issued.csv").write_text("form_code,questionnaire,unit\n", encoding="utf-8")
    with pytest.raises(SurveyError) as told:
        plan.write(out)
    assert [problem.code for problem in told.value.problems] == ["handover.out_has_edited_files"]


def test_the_command_writes_a_plan_that_verifies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "plan"
    assert main(["plan", str(SAMPLE), "--out", str(out)]) == 0
    assert phrase("cli.plan.done", "vi", out=out, forms=14573) in capsys.readouterr().out
    assert main(["verify", str(out)]) == 0


def test_labels_have_the_codes(tmp_path: Path) -> None:
    pytest.importorskip("typst")
    small = sv.load(SAMPLE).replace(
        plan=[{"group": "deputies", "block": "so", "method": "fixed", "forms": 3}]
    )
    made = sv.plan(small)
    made.write(tmp_path / "plan", labels=True)
    assert (tmp_path / "plan" / "labels.pdf").read_bytes().startswith(b"%PDF")
    assert made.labels["form_code"].tolist() == made.issued["form_code"].tolist()
    assert len(made.labels) == 3


def test_a_study_without_a_plan_is_told_how_to_write_one(capsys: pytest.CaptureFixture[str]) -> None:
    study = Path(__file__).parents[3] / "data-sample" / "first-survey"
    assert main(["plan", str(study), "--out", str(study / "none"), "--lang", "en"]) == 1
    assert "[[plan]]" in capsys.readouterr().err
    assert not (study / "none").exists()


def test_the_example_of_a_plan_and_a_key_that_is_doubled_are_told_as_they_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = tmp_path / "ks"
    assert main(["new", str(study), "--name", "A", "--unit", "Xã A", "--question", "Q"]) == 0
    assert main(["plan", str(study), "--out", str(tmp_path / "kh")]) == 1
    assert 'group = "nguoi-dan"' in " ".join(capsys.readouterr().err.split())
    with (study / "study.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[plan]]\ngroup = "nguoi-dan"\nmethod = "fixed"\nforms = 3\n' * 2)
    assert main(["plan", str(study), "--out", str(tmp_path / "kh")]) == 1
    assert "“nguoi-dan” " in capsys.readouterr().err
