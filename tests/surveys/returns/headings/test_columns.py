"""Columns: different values told apart once, their texts repaired, conversions counted by cell."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest

from surveys.returns.files.sheets import Sheet
from surveys.returns.headings.columns import Column, coded, distinct
from surveys.returns.headings.form_table import columns_of


def test_conversions_are_counted_in_cells():
    column = np.array(["Tốt ", "Tốt ", unicodedata.normalize("NFD", "Tốt"), "\u200bTốt", ""], dtype=object)
    assert distinct(coded(column)).conversions == {"spaces": 2, "nfc": 1, "invisible": 1}


@pytest.mark.parametrize("others", [[], ["Tốt"], [""], ["c", "d"]])
def test_a_line_break_inside_a_cell_is_a_space_whatever_stands_beside_it(others: list[str]) -> None:
    cells = np.array(["a\nb", *others], dtype=object)
    sheet = Sheet("f.csv", "", "text", cells[:, None])
    column = columns_of(sheet, ["x"], np.arange(len(cells)))[0]
    assert distinct(coded(cells)).texts[0] == column.distinct.texts[0] == "a b"
    assert distinct(coded(cells)).conversions == column.distinct.conversions == {"spaces": 1}


def test_cells_are_replaced_by_what_they_mean() -> None:
    column = Column("x", coded(["Có", None, "N/A", "có", 4.0])).replaced(
        lambda cell: "" if cell == "N/A" else cell
    )
    assert column.each(str.upper).tolist() == ["CÓ", "", "", "CÓ", "4"]
    assert column.distinct.texts == ("Có", "có", "4")
    assert column.distinct.counts.tolist() == [1, 1, 1]


def test_cells_are_taken_again_and_beyond_the_end_there_are_none() -> None:
    taken = distinct(coded(["a", "b"]).taken(np.array([1, 1, 2, 0])))
    assert [taken.texts[k] if k >= 0 else "" for k in taken.codes] == ["b", "b", "", "a"]
    assert taken.first.tolist() == [3, 0]
