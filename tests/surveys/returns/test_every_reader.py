"""The same forms through every reader are the same tidy table, and each file is told by its content."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from damage import INSTRUMENT, UNITS, WRITERS, forms
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.definitions.study import ReturnFile, Study
from surveys.returns.questions import Vocabulary
from surveys.returns.reading import read_returns
from surveys.returns.registry import READERS, choose
from surveys.returns.sheets import read_sheets

READER = {
    "csv": "native", "utf-16": "native", "xlsx": "native", "handmade": "handmade", "google": "google_forms",
    "microsoft": "microsoft_forms", "kobo": "kobo", "odk": "odk", "limesurvey": "limesurvey", "qualtrics": "qualtrics",
    "surveymonkey": "surveymonkey", "sav": "statistical", "zsav": "statistical", "dta": "statistical",
}  # fmt: skip


def test_every_reader_is_tried():
    assert set(READER.values()) == {reader.name for reader in READERS}
    assert set(READER) == set(WRITERS)


@pytest.mark.parametrize("kind", WRITERS)
def test_a_file_is_told_by_its_content_whatever_its_name(kind, tmp_path):
    WRITERS[kind](tmp_path / "returns.dat", forms(np.random.default_rng(1)))
    sheets = read_sheets(tmp_path / "returns.dat")
    assert choose(sheets, Vocabulary(INSTRUMENT, "q")).name == READER[kind]


@pytest.mark.parametrize("kind", WRITERS)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 15))
def test_the_same_forms_are_the_same_table(kind, tmp_path, seed, count):
    cells = forms(np.random.default_rng(seed), count)
    path = tmp_path / f"returns.{kind}"
    WRITERS[kind](path, cells)
    file = ReturnFile(path.name, "q", mode="online", batch="1")
    read = read_returns(Study("d", "Thử", "Trial", INSTRUMENT, tmp_path, INSTRUMENT.units, returns=(file,)))
    expected = pd.DataFrame(
        {
            "form": range(count),
            "form_code": [row[0] for row in cells[1:]],
            "questionnaire": "q",
            "unit_code": [f"U{UNITS.index(str(row[1]))}" for row in cells[1:]],
            "unit_text": [row[1] for row in cells[1:]],
            "mode": "online",
            "batch": "1",
            "source_file": path.name,
        }
    )
    pd.testing.assert_frame_equal(read.rows[list(expected)], expected, check_dtype=False)
    assert read.answers.tolist() == [[int(str(cell)) - 1 for cell in row[2:]] for row in cells[1:]]
    assert read.cells.empty
