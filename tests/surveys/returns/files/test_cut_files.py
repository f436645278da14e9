"""Files that were cut, and files that state another number of rows than they hold: refused or told, never fewer forms without a
word."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from surveys.problems import Problem, SurveyError
from surveys.returns.files.opening import read_sheets
from tests.campaigns.damaged.layouts import WRITERS, forms

FORMATS = ("sav", "zsav", "por", "dta", "parquet", "xlsx", "xls", "xlsb", "ods", "zip")
UNKNOWN = struct.pack("<i", -1)
STATED_AGAIN = struct.pack("<4i", 7, 16, 8, 2)  # the record of the extended number of cases
CASES = 100
LABELS: dict[str, dict[int | float, str]] = {"a": {1: "kem", 2: "tot"}, "b": {1: "it", 2: "nhieu"}}


@pytest.fixture(autouse=True)
def _here(read_here: None) -> None:
    """No program of its own for each of the files."""


def read(path: Path, raw: bytes) -> tuple[list[list[object]], list[Problem]]:
    """The rows of the sheet of a file with these bytes, or none, and what is told of it."""
    path.write_bytes(raw)
    try:
        (sheet,) = read_sheets(path)
    except SurveyError as error:
        return [], list(error.problems)
    return sheet.cells.tolist(), list(sheet.notes)


def told(problem: Problem) -> tuple[str, str, dict[str, str]]:
    return problem.severity, problem.code, dict(problem.params)


@pytest.mark.parametrize("layout", FORMATS)
def test_a_file_that_was_cut_is_never_read_in_part_without_a_word(layout: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{layout}"
    WRITERS[layout](path, forms(np.random.default_rng(11), 60))
    raw = path.read_bytes()
    whole, said = read(path, raw)
    assert (len(whole), said) == (61, [])
    for size in (*(len(raw) * k // 10 for k in range(1, 10)), len(raw) - 1):
        rows, said = read(path, raw[:size])
        ended = layout == "por" and size == len(raw) - 1  # the end of the last form stands before it
        assert rows == whole if ended else said, size
        assert {problem.file for problem in said} <= {path.name}
        assert rows in ([], whole), size


@pytest.mark.parametrize("layout", ["xlsx", "xlsb", "ods", "zip"])
def test_an_archive_that_was_cut_is_said_to_be_damaged(layout: str, tmp_path: Path) -> None:
    """Not to be of another kind: its list of parts stands at its end."""
    path = tmp_path / f"a.{layout}"
    WRITERS[layout](path, forms(np.random.default_rng(11), 60))
    raw = path.read_bytes()
    for size in (60, len(raw) // 2, len(raw) - 1):
        assert [problem.code for problem in read(path, raw[:size])[1]] == ["returns.file_damaged"], size


@pytest.fixture(params=[{}, {"row_compress": True}], ids=["plain", "packed rows"])
def sav(request: pytest.FixtureRequest, tmp_path: Path) -> bytes:
    table = pd.DataFrame({"a": np.arange(float(CASES)), "b": ["x" * 20] * CASES})
    pyreadstat.write_sav(table, tmp_path / "a.sav", **request.param)
    return (tmp_path / "a.sav").read_bytes()


def with_bytes(raw: bytes, at: int, new: bytes) -> bytes:
    return raw[:at] + new + raw[at + len(new) :]


def without_counts(raw: bytes) -> bytes:
    """An SPSS file whose writer did not know how many cases there would be."""
    at = raw.index(STATED_AGAIN) + len(STATED_AGAIN) + 8
    assert struct.unpack_from("<q", raw, at) == (CASES,)
    return with_bytes(with_bytes(raw, 80, UNKNOWN), at, struct.pack("<q", -1))


def test_a_number_of_cases_that_stands_in_the_further_record_only(sav: bytes, tmp_path: Path) -> None:
    """The library takes a file without a number in its header to end where it ends."""
    path = tmp_path / "a.sav"
    raw = with_bytes(sav, 80, UNKNOWN)
    whole, said = read(path, raw)
    assert (len(whole), said) == (CASES + 1, [])
    at = raw.index(STATED_AGAIN) + len(STATED_AGAIN) + 8
    rows, (problem,) = read(path, with_bytes(raw, at, struct.pack("<q", CASES + 5)))
    assert rows == []
    assert told(problem) == ("error", "returns.rows_differ", {"stated": "105", "rows": "100"})


def test_an_spss_file_without_a_number_of_cases_that_was_cut(tmp_path: Path) -> None:
    """32 bytes a case: 8 of a number, 24 of a text of 20."""
    path = tmp_path / "a.sav"
    table = pd.DataFrame({"a": np.arange(float(CASES)), "b": ["x" * 20] * CASES})
    pyreadstat.write_sav(table, path)
    raw = with_bytes(path.read_bytes(), 80, UNKNOWN)
    for lost, left in ((32, 99), (3 * 32, 97), (10, 99)):
        rows, (problem,) = read(path, raw[:-lost])
        assert rows == []
        assert told(problem) == ("error", "returns.rows_differ", {"stated": "100", "rows": str(left)})
        rows, (problem,) = read(path, without_counts(raw)[:-lost])
        assert len(rows) == left + 1
        assert told(problem) == ("warning", "returns.rows_unstated", {"rows": str(left)})


def test_a_packed_spss_file_has_its_sizes_at_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.sav"
    pyreadstat.write_sav(pd.DataFrame({"a": np.arange(float(CASES))}), path, compress=True)
    raw = without_counts(path.read_bytes())
    assert (len(read(path, raw)[0]), read(path, raw)[1]) == (CASES + 1, [])
    for lost in (1, 24, 40):
        rows, (problem,) = read(path, raw[:-lost])
        assert (rows, problem.code) == ([], "returns.file_damaged")


def stata(path: Path, version: int, order: str = "little") -> bytes:
    table = pd.DataFrame({"a": [1.0, 2.0] * 20, "b": [2.0, 1.0] * 20})
    options: dict[str, Any] = {"version": version, "byteorder": order, "value_labels": LABELS}
    table.to_stata(path, write_index=False, **options)
    return path.read_bytes()


@pytest.mark.parametrize("order", ["little", "big"])
def test_an_earlier_stata_file_in_either_order_of_bytes(order: str, tmp_path: Path) -> None:
    path = tmp_path / "a.dta"
    raw = stata(path, 114, order)
    assert (len(read(path, raw)[0]), read(path, raw)[1]) == (41, [])
    rows, (problem,) = read(path, raw[:-1])
    assert (rows, problem.code) == ([], "returns.file_damaged")


@pytest.mark.parametrize("version", [117, 118, 119])
@pytest.mark.parametrize("order", ["little", "big"])
def test_a_stata_file_says_where_it_ends(version: int, order: str, tmp_path: Path) -> None:
    """Its library does not miss what stands behind the observations: the labels of values."""
    path = tmp_path / "a.dta"
    raw = stata(path, version, order)
    whole, said = read(path, raw)
    assert (len(whole), said) == (41, [])
    for lost in (1, 12, 27, 100, 900):
        rows, (problem,) = read(path, raw[:-lost])
        assert rows == []
        size = {"stated": str(len(raw)), "size": str(len(raw) - lost)}
        assert told(problem) == ("error", "returns.file_shorter", size)


def earlier(path: Path, version: int) -> bytes:
    """A file as Stata 8 to 12 know it: releases 113 to 115."""
    table = pd.DataFrame({"a": [1, 2] * 20, "b": [2.0, 1.0] * 20, "c": ["x", "yyy"] * 20})
    pyreadstat.write_dta(table, path, version=version, variable_value_labels=LABELS)
    return path.read_bytes()


@pytest.mark.parametrize("version", [8, 10, 12])
def test_an_earlier_stata_file_ends_with_its_labels(version: int, tmp_path: Path) -> None:
    """Each table has a head of 40 bytes, 24 bytes of numbers, and its texts of 8 and 9 bytes: 72 and 73."""
    path = tmp_path / "a.dta"
    raw = earlier(path, version)
    assert raw[0] == {8: 113, 10: 114, 12: 115}[version]
    whole, said = read(path, raw)
    assert (len(whole), said) == (41, [])
    for lost in range(1, 160):
        rows, (problem,) = read(path, raw[:-lost])
        if lost in (73, 145):
            variables = {73: "b", 145: "a, b"}[lost]
            assert rows == whole
            assert told(problem) == ("warning", "returns.labels_lost", {"variables": variables})
        else:
            assert (rows, problem.code) == ([], "returns.file_damaged"), lost


@pytest.mark.parametrize("version", [8, 10, 12])
@pytest.mark.parametrize("observations", [0, 1, 39, 41, 45])
def test_an_earlier_stata_file_that_states_another_number_of_observations(
    version: int, observations: int, tmp_path: Path
) -> None:
    """The library took labels for observations, whose answers were no one's."""
    path = tmp_path / "a.dta"
    raw = earlier(path, version)
    assert int.from_bytes(raw[6:10], "little") == 40
    rows, (problem,) = read(path, with_bytes(raw, 6, observations.to_bytes(4, "little")))
    assert (rows, problem.code) == ([], "returns.file_damaged")


@pytest.mark.parametrize("version", [114, 117, 118, 119])
@pytest.mark.parametrize("observations", [0, 39, 41, 45])
def test_a_stata_file_that_states_another_number_of_observations(
    version: int, observations: int, tmp_path: Path
) -> None:
    path = tmp_path / "a.dta"
    raw = stata(path, version)
    at, size = (6, 4) if version < 117 else (raw.index(b"<N>") + 3, 4 if version == 117 else 8)
    assert int.from_bytes(raw[at : at + size], "little") == 40
    rows, (problem,) = read(path, with_bytes(raw, at, observations.to_bytes(size, "little")))
    assert (rows, problem.code) == ([], "returns.file_damaged")


@pytest.mark.parametrize("lost", [1, 511])
def test_an_old_workbook_that_is_shorter_than_its_table_of_sectors(lost: int, tmp_path: Path) -> None:
    """Its sheets are whole: what is lost stands behind them, and that is told."""
    path = tmp_path / "a.xls"
    rows = [["Mã phiếu", "A"], ["P1", 3], ["P2", 4]]
    WRITERS["xls"](path, rows)
    raw = path.read_bytes()
    cells, (problem,) = read(path, raw[:-lost])
    assert cells == rows
    size = {"stated": str(len(raw)), "size": str(len(raw) - lost)}
    assert told(problem) == ("warning", "returns.file_shorter", size)


@pytest.mark.parametrize("stated", [65, 69, 75])
def test_a_parquet_file_that_states_another_number_of_rows(stated: int, tmp_path: Path) -> None:
    """The number of rows of the file is the first that stands behind its description of columns; numbers are written doubled, in
    bytes of seven bits."""
    path = tmp_path / "a.parquet"
    WRITERS["parquet"](path, forms(np.random.default_rng(1), 70))
    raw = path.read_bytes()
    there, other = (bytes([2 * n & 127 | 128, 2 * n >> 7]) for n in (70, stated))
    start = len(raw) - 8 - int.from_bytes(raw[-8:-4], "little")
    rows, (problem,) = read(path, with_bytes(raw, raw.index(there, start), other))
    assert (rows, problem.code) == ([], "returns.file_damaged")
