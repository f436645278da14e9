"""The exported sample: nothing that was typed, every answer and every reason for having none, the same for every program."""

from __future__ import annotations

import random
import stat
from pathlib import Path

import frictionless
import numpy as np
import pandas as pd
import pyreadstat
import pytest

import surveys as sv
from surveys.cli import main
from tests.surveys.handover.forging import edit
from tests.trouble.test_personal_data import COLUMNS, TYPED, csv_rows, found_in, round_of, rows
from tests.trouble.trial import HEADINGS, table, trial

pytestmark = pytest.mark.long
DAY = "2025-10-07"
#: Answers as typed: a level, a blank, several options, one outside the scale.
ANSWERED = [
    ("P-001", "Xã An Bình", DAY, "5", "4", "1"),
    ("P-002", "Xã An Bình", DAY, "2", "", "3"),
    ("P-003", "Xã Long Mỹ", DAY, "4; 5", "3", "3"),
    ("P-004", "Xã Long Mỹ", DAY, "9", "3", "2"),
    ("P-005", "Phường Hòa Thuận", "", "1", "1", "1"),
    ("P-006", "Phường Hòa Thuận", DAY, "3", "5", "4"),
]
CODES = '[fieldwork]\nform_codes = ["P-###"]\n'


def exported(study: Path, out: Path, to: str) -> Path:
    sv.load(study).score().export(out, to)
    assert sv.verify(out) == ()
    return out


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = trial(tmp_path_factory.mktemp("trial") / "study", {"r.csv": table(ANSWERED)})
    toml = folder / "study.toml"
    text = toml.read_text(encoding="utf-8")
    toml.write_text(text.replace("[fieldwork]\n", CODES), encoding="utf-8")
    return folder


@pytest.mark.parametrize("to", ["csv", "sav", "dta", "parquet"])
def test_nothing_that_was_typed_is_exported(tmp_path: Path, to: str) -> None:
    folder = round_of(tmp_path / "study", {"r.csv": table(rows(), COLUMNS)})
    out = exported(folder, tmp_path / "out", to)
    assert found_in(out) == set()
    assert stat.S_IMODE((out / f"sample.{to}").stat().st_mode) & 0o077 == 0


def test_a_category_that_was_typed_is_told_as_none_of_the_declared(tmp_path: Path) -> None:
    folder = round_of(tmp_path / "study", {"r.csv": table(rows(), COLUMNS)})
    found = csv_rows(exported(folder, tmp_path / "out", "csv") / "sample.csv")
    assert len(found) == len(rows())
    said = sorted((row["disposition"], row["nghe"]) for row in found if row["form"].startswith("phiếu-"))
    typed = [row for row in rows() if not row[0].startswith("P-")]
    assert [code for _, code in said].count("-8") == sum(row[4] in TYPED for row in typed)
    assert [code for _, code in said].count("-1") == sum(row[4] == "" for row in typed)


def test_every_answer_and_reason_stands_under_its_number(study: Path, tmp_path: Path) -> None:
    found = csv_rows(exported(study, tmp_path / "out", "csv") / "sample.csv")
    answers = {row["form"]: (row["A1"], row["A2"], row["B1"]) for row in found}
    assert answers == {
        "P-001": ("5", "4", "1"), "P-002": ("2", "-1", "3"), "P-003": ("-7", "3", "3"), "P-004": ("-6", "3", "2"),
        "P-005": ("1", "1", "1"), "P-006": ("3", "5", "4"),
    }  # fmt: skip
    judged = {
        row["form"]: (row["disposition"], row["reasons"], row["weight"], row["submitted"]) for row in found
    }
    assert judged["P-001"] == ("valid", "", "1", DAY)
    assert judged["P-003"] == ("review", "several_answers", "", DAY)
    assert judged["P-004"] == ("review", "out_of_scale", "", DAY)
    assert judged["P-005"][3] == ""


def test_spss_reads_labels_measures_and_declared_missing_values(study: Path, tmp_path: Path) -> None:
    path = exported(study, tmp_path / "out", "sav") / "sample.sav"
    frame, about = pyreadstat.read_sav(str(path), user_missing=True)
    assert frame["A1"].tolist() == [5, 2, -7, -6, 1, 3]
    assert about.missing_ranges["A1"] == [{"lo": -7.0, "hi": -1.0}]
    assert about.variable_value_labels["A1"][-7.0] == "chọn nhiều phương án"
    assert about.variable_value_labels["A1"][5.0] == "Rất hài lòng"
    assert about.variable_value_labels["domain"] == {
        1.0: "Xã An Bình",
        2.0: "Phường Hòa Thuận",
        3.0: "Xã Long Mỹ",
    }
    assert about.column_names_to_labels["A1"] == "A1. Cán bộ tiếp đón lịch sự"
    assert about.variable_measure["A1"] == "ordinal"
    assert about.file_label == "Đợt thử"
    plain, _ = pyreadstat.read_sav(str(path))
    assert plain["A1"].isna().tolist() == [False, False, True, True, False, False]
    assert frame["submitted"].map(str).tolist()[:2] == [DAY, DAY]


def test_stata_reads_labels_and_a_letter_for_each_reason(study: Path, tmp_path: Path) -> None:
    path = exported(study, tmp_path / "out", "dta") / "sample.dta"
    frame, about = pyreadstat.read_dta(str(path), user_missing=True)
    assert frame["A1"].tolist() == [5, 2, "g", "f", 1, 3]
    labels = {str(value): label for value, label in about.variable_value_labels["A1"].items()}
    assert (labels["g"], labels["4"]) == ("chọn nhiều phương án", "Hài lòng")
    assert about.column_names_to_labels["B1"] == "B1. Hồ sơ được trả đúng hẹn"
    with pd.io.stata.StataReader(path) as reader:
        assert reader.data_label == "Đợt thử"
        assert len(reader.variable_labels()) == len(frame.columns)


def test_all_formats_hold_the_same_numbers(study: Path, tmp_path: Path) -> None:
    places = {
        to: exported(study, tmp_path / to, to) / f"sample.{to}" for to in ("csv", "sav", "dta", "parquet")
    }
    csv = pd.read_csv(places["csv"], encoding="utf-8-sig")
    parquet = pd.read_parquet(places["parquet"])
    sav = pyreadstat.read_sav(str(places["sav"]), user_missing=True)[0]
    dta = pyreadstat.read_dta(str(places["dta"]))[0]
    assert list(csv) == list(parquet) == list(sav) == list(dta)
    for name in ("weight", "stratum", "cluster", "domain", "A1", "B1"):
        numbers = csv[name].to_numpy(float)
        np.testing.assert_array_equal(parquet[name].to_numpy(float, na_value=np.nan), numbers)
        np.testing.assert_array_equal(sav[name].to_numpy(float), numbers)
        np.testing.assert_array_equal(dta[name].to_numpy(float), np.where(numbers < 0, np.nan, numbers))
    for name in ("form", "unit", "disposition"):
        assert csv[name].tolist() == parquet[name].tolist() == sav[name].tolist() == dta[name].tolist()


@pytest.mark.parametrize("to", ["csv", "sav", "dta", "parquet"])
def test_the_same_bytes_whatever_the_order_of_rows(tmp_path: Path, to: str) -> None:
    found = []
    for seed in range(2):
        shuffled = list(ANSWERED)
        random.Random(seed).shuffle(shuffled)
        folder = trial(tmp_path / f"study-{seed}", {"r.csv": table(shuffled, HEADINGS)})
        out = exported(folder, tmp_path / f"out-{seed}", to)
        found.append(
            {p.name: p.read_bytes() for p in out.iterdir() if p.name not in ("run.json", "SHA256SUMS")}
        )
    assert found[0] == found[1]


def test_other_programs_read_the_tables_and_changes_are_noticed(study: Path, tmp_path: Path) -> None:
    out = exported(study, tmp_path / "out", "csv")
    report = frictionless.validate(str(out / "datapackage.json"))
    assert report.valid, report.to_summary()
    assert {task.name for task in report.tasks} >= {"sample", "export-codebook", "export-expected"}
    edit(out / "sample.csv", lambda records: records[0].update(A1="4"))
    assert {(problem.code, problem.file) for problem in sv.verify(out)} >= {
        ("verify.file_changed", "sample.csv")
    }


def test_a_format_that_does_not_exist_is_told_before_the_round_is_scored(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(study), "--to", "xlsx", "--out", str(tmp_path / "out"), "--lang", "en"]) == 1
    assert "sav, dta, csv, parquet" in capsys.readouterr().err
    with pytest.raises(sv.SurveyError) as told:
        sv.ready_to_export(tmp_path / "out", "spss")
    assert [problem.code for problem in told.value.problems] == ["export.format_unknown"]


def test_the_command_writes_and_says_what_comes_next(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["export", str(study), "--to", "sav", "--out", str(out), "--lang", "en"]) == 0
    assert f"Rscript {out / 'score.R'}" in capsys.readouterr().out.replace("\n", " ").replace("  ", " ")
    assert {path.name for path in out.iterdir()} == {
        "sample.sav", "codebook.csv", "items.csv", "node-items.csv", "nodes.csv", "designs.csv", "expected.csv", "score.R",
        "score.sps", "datapackage.json", "run.json", "SHA256SUMS",
    }  # fmt: skip
    syntax = (out / "score.sps").read_text(encoding="utf-8")
    assert "RECODE A1 (1=0) (2=0.25) (3=0.5) (4=0.75) (5=1) (ELSE=0) INTO n_1." in syntax
    assert "$" not in syntax
