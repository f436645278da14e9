"""Returns written back in every format read back equal, and SPSS finds in them what it needs."""

from __future__ import annotations

import dataclasses
import os
import stat
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from surveys.definitions.instrument.records import BLANK, NON_ANSWERS, NOT_ASKED
from surveys.definitions.study.records import ReturnFile
from surveys.problems import SurveyError
from surveys.returns.reading import read_returns
from surveys.returns.record_set import Returns
from surveys.returns.writing import LABEL_BYTES, VALUE_LABEL_BYTES, spss_names, write_returns
from surveys.vocabulary.columns import ROW_COLUMNS


def returns_of(instrument, questionnaire: str, answers: np.ndarray, units: list[str]) -> Returns:
    n = len(answers)
    rows = pd.DataFrame({column: [""] * n for column in ROW_COLUMNS})
    rows["form"], rows["source_row"], rows["identified"] = range(n), range(2, n + 2), True
    rows["form_code"] = [f"P{k}" for k in range(n)]
    rows["rater"] = rows["form_code"]
    rows["submission"] = rows["content"] = [f"k{k:016d}" for k in range(n)]
    rows["unit_code"] = rows["unit_text"] = units
    rows["questionnaire"], rows["block"] = questionnaire, "so"
    rows["group"] = instrument.questionnaire[questionnaire].group
    rows["submitted"] = pd.Series(pd.date_range("2023-10-05 09:12:33", periods=n, freq="h")).astype(
        "datetime64[s]"
    )
    rows["seconds"] = 120.0
    rows["interviewer"], rows["own_unit"] = "dtv01", "STC"
    rows["gender"], rows["w"] = ["male", "female"][: n % 2 + 1][0], 1.5
    return Returns(instrument, rows.astype(ROW_COLUMNS | {"gender": "object"}), answers)


def given_answers(instrument, drawn: np.ndarray) -> np.ndarray:
    """Codes between the lowest reason and the last level of each item; the filter answered, so that nothing is derived."""
    levels = np.array([len(instrument.scale[item.scale].levels) for item in instrument.items])
    lowest = min(NON_ANSWERS.values())
    answers = (drawn % (levels - lowest) + lowest).astype(np.int8)
    answers[:, 0] = 1
    return answers


@pytest.mark.long
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=arrays(np.int64, st.tuples(st.integers(1, 6), st.just(6)), elements=st.integers(0, 10_000)))
@pytest.mark.parametrize("kind", ["csv", "sav", "parquet"])
def test_what_is_written_reads_back_equal(study, instrument, tmp_path, kind, drawn):
    answers = given_answers(instrument, drawn)
    units = [["SNV", "STC", "SNgV"][k % 3] for k in range(len(answers))]
    written = returns_of(instrument, "so-5", answers, units)
    (path, *_) = write_returns(written, Path(tempfile.mkdtemp(dir=tmp_path)), kind)
    read = read_returns(study(ReturnFile(path.relative_to(tmp_path).as_posix(), "so-5")))
    assert read.answers.tolist() == answers.tolist()
    pd.testing.assert_frame_equal(read.rows, written.rows)
    assert {"returns.column_ignored", "returns.columns_ignored"}.isdisjoint(w.code for w in read.warnings)


def test_a_system_file_carries_no_clock(instrument, tmp_path):
    answers = given_answers(instrument, np.zeros((1, 6), dtype=np.int64))
    (path, *_) = write_returns(returns_of(instrument, "so-5", answers, ["SNV"]), tmp_path, "sav")
    assert (
        path.read_bytes()[92:109] == b"01 Jan 0000:00:00"
    )  # creation_date and creation_time of the header record


@pytest.mark.parametrize("kind", ["csv", "sav", "parquet"])
def test_a_round_of_several_files_reads_back_with_its_provenance(study, tmp_path, kind):
    head = "Mã phiếu,Đơn vị,Dấu thời gian,Số điện thoại,F0,1.1a,1.1b,1.2,K1,K2,Giới tính,Trọng số"
    (tmp_path / "a.csv").write_text(
        f'{head}\nP1,Sở Nội vụ,05/10/2023 9:12,091,Có,5,KB,4,1,0,Nam,"1,5"\n', encoding="utf-8"
    )
    (tmp_path / "b.csv").write_text(
        f"{head}\n\nP1,Sở Nội vụ,,,Không,5,,,,,Nữ,2\nP2,Abc,,,Có,1,2,3,0,1,,\n", encoding="utf-8"
    )
    first = read_returns(
        study(
            ReturnFile("a.csv", "so-5", mode="online", batch="đợt 1", entry="first"),
            ReturnFile("b.csv", "so-5", mode="paper", entry="second"),
        )
    )
    assert first.rows["source_row"].tolist() == [2, 3, 4]
    (path, *_) = write_returns(first, tmp_path / "out", kind)
    path.rename(tmp_path / "again")
    again = read_returns(study(ReturnFile("again", "so-5")))
    pd.testing.assert_frame_equal(again.rows, first.rows)
    assert again.answers.tolist() == first.answers.tolist()
    pd.testing.assert_frame_equal(again.proposals, first.proposals)


def test_what_the_study_says_of_a_tidy_file_goes_before_what_it_says_itself(study, instrument, tmp_path):
    written = returns_of(instrument, "so-5", np.zeros((1, 6), dtype=np.int8), ["SNV"])
    (path,) = write_returns(dataclasses.replace(written, rows=written.rows.assign(mode="paper")), tmp_path)
    assert read_returns(study(ReturnFile(path.name, "so-5"))).rows["mode"].tolist() == ["paper"]
    assert read_returns(study(ReturnFile(path.name, "so-5", mode="tablet"))).rows["mode"].tolist() == [
        "tablet"
    ]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_round_with_every_fault_reads_back_with_the_same_faults(study, tmp_path, kind):
    text = (
        "Mã phiếu,Đơn vị,F0,1.1a,1.1b,1.2,K1,K2,Giới tính\n"
        "P1,Sở Nội vụ,1,5 - Hài lòng,4; 5,77,Có,Không,Nam\nP2,Abc,0,KB,,Từ chối trả lời,,,Nữ\n"
    )
    (tmp_path / "r.csv").write_text(text, encoding="utf-8")
    first = read_returns(study(ReturnFile("r.csv", "so-5")))
    (path,) = write_returns(first, tmp_path / "out", kind)
    path.rename(tmp_path / "again")
    again = read_returns(study(ReturnFile("again", "so-5")))
    assert again.answers.tolist() == first.answers.tolist()
    pd.testing.assert_frame_equal(again.cells, first.cells)
    assert again.rows["unit_text"].tolist() == ["Sở Nội vụ", "Abc"]
    assert again.proposals["text"].tolist() == first.proposals["text"].tolist()


def test_a_matrix_keeps_its_forms(study, tmp_path):
    head = ",".join(["Mã phiếu", *(f"{i} [{u}]" for u in ("SNV", "STC") for i in ("1.1a", "1.1b", "1.2"))])
    (tmp_path / "m.csv").write_text(f"{head}\nD1,5,4,3,1,2,3\nD2,,,,9,,\nD3,,,,,,\n", encoding="utf-8")
    first = read_returns(study(ReturnFile("m.csv", "so-1")))
    (path,) = write_returns(first, tmp_path / "out")
    path.rename(tmp_path / "again.csv")
    again = read_returns(study(ReturnFile("again.csv", "so-1")))
    assert again.answers.tolist() == first.answers.tolist()
    assert again.rows[["form", "form_code", "unit_code"]].values.tolist() == [
        [0, "D1", "SNV"], [0, "D1", "STC"], [1, "D2", "STC"], [2, "D3", ""],
    ]  # fmt: skip


def test_spss_finds_labels_and_missing_values(instrument, tmp_path):
    answers = np.array([[1, 4, -2, NOT_ASKED, BLANK, 0]], dtype=np.int8)
    write_returns(returns_of(instrument, "so-5", answers, ["SNV"]), tmp_path, "sav")
    data, about = pyreadstat.read_sav(str(tmp_path / "returns-so-5.sav"), user_missing=True)
    assert data[["V1_1a", "V1_1b", "V1_2"]].iloc[0].tolist() == [5.0, -2.0, -5.0]
    assert np.isnan(data["K1"].iloc[0])
    assert about.variable_value_labels["V1_1a"][5.0] == "Rất hài lòng"
    assert about.variable_value_labels["V1_1b"][-2.0] == "Không biết"
    assert about.missing_ranges["V1_1a"] == [{"lo": -7.0, "hi": -1.0}]
    assert about.column_names_to_labels["V1_1b"] == "1.1b. Tính kịp thời, dễ hiểu"
    assert pyreadstat.read_sav(str(tmp_path / "returns-so-5.sav"))[0]["V1_1b"].isna().all()


def test_names_can_be_turned_back(instrument, tmp_path):
    answers = np.zeros((1, 6), dtype=np.int8)
    write_returns(returns_of(instrument, "so-5", answers, ["SNV"]), tmp_path, "sav")
    table = pd.read_csv(tmp_path / "names.csv", encoding="utf-8-sig")
    data, _ = pyreadstat.read_sav(str(tmp_path / "returns-so-5.sav"))
    assert table["variable"].tolist() == list(data.columns)
    assert table["code"].is_unique
    assert dict(zip(table["code"], table["variable"], strict=True))["1.1a"] == "V1_1a"


def test_labels_are_cut_before_spss_would_make_them_equal(instrument, tmp_path):
    long = "Văn bản do đơn vị ban hành hoặc tham mưu ban hành " * 8
    items = tuple(dataclasses.replace(item, text_vi=long + item.code) for item in instrument.items)
    scale = instrument.scale["hl5"]
    levels = tuple(dataclasses.replace(level, label_vi=long + level.code) for level in scale.levels)
    scales = (dataclasses.replace(scale, levels=levels), instrument.scales[1])
    longer = dataclasses.replace(instrument, items=items, scales=scales)
    write_returns(returns_of(longer, "so-5", np.zeros((1, 6), dtype=np.int8), ["SNV"]), tmp_path, "sav")
    _, about = pyreadstat.read_sav(str(tmp_path / "returns-so-5.sav"))
    labels = [about.column_names_to_labels[name] for name in ("V1_1a", "V1_1b", "V1_2")]
    values = [label for code, label in about.variable_value_labels["V1_1a"].items() if code > 0]
    for found, limit in ((labels, LABEL_BYTES), (values, VALUE_LABEL_BYTES)):
        assert len(set(found)) == len(found)
        assert all(len(str(label).encode()) <= limit for label in found)
        assert all(str(label).endswith("]") for label in found)


@pytest.mark.long
@given(st.lists(st.text(min_size=1, max_size=80), unique=True, max_size=20))
def test_variable_names_are_lawful_and_different(codes):
    names = spss_names(codes)
    assert list(names) == codes
    assert len({name.casefold() for name in names.values()}) == len(codes)
    for name in names.values():
        assert len(name.encode()) <= 64
        assert name[0].isalpha()


def test_parquet_where_it_can_be_written(instrument, tmp_path, monkeypatch):
    written = returns_of(instrument, "so-5", np.zeros((2, 6), dtype=np.int8), ["SNV", "STC"])

    def refuse(*_: object, **__: object) -> None:
        raise ImportError("pyarrow")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", refuse)
    with pytest.raises(SurveyError) as caught:
        write_returns(written, tmp_path, "parquet")
    assert [p.code for p in caught.value.problems] == ["returns.no_parquet"]


def test_a_file_that_is_there_is_never_overwritten(instrument, tmp_path):
    written = returns_of(instrument, "so-5", np.ones((2, 6), np.int8), ["SNV", "STC"])
    (tmp_path / "returns-so-5.csv").write_bytes(b"somebody's")
    with pytest.raises(SurveyError) as error:
        write_returns(written, tmp_path)
    assert [problem.code for problem in error.value.problems] == ["file.exists"]
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"somebody's"]


@pytest.mark.skipif(os.name != "posix", reason="the system has no such rights")
@pytest.mark.parametrize("kind", ["csv", "sav", "parquet"])
def test_only_their_owner_may_read_written_returns(instrument, tmp_path, kind):
    written = returns_of(instrument, "so-5", np.ones((2, 6), np.int8), ["SNV", "STC"])
    for path in write_returns(written, tmp_path, kind):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
