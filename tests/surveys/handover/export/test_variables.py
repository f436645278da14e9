"""Names and numbers of exported variables: what SPSS, Stata and R take, in every edition that is shipped."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.instrument.records import Level, Scale
from surveys.definitions.instrument.shelf import shipped
from surveys.definitions.study.records import MarginTotal, StudyDefinition
from surveys.handover.export.statistical_files import dta_of
from surveys.handover.export.variables import (
    FIXED,
    LONGEST_NAME,
    UNDECLARED,
    SampleVariable,
    level_numbers,
    variables_of,
)

#: Words that SPSS, Stata and R keep to themselves, as their manuals list them.
SPSS = {"ALL", "AND", "BY", "EQ", "GE", "GT", "LE", "LT", "NE", "NOT", "OR", "TO", "WITH"}
STATA = {"byte", "double", "float", "if", "in", "int", "long", "using", "with", "strL", "str18"}
R = {
    "if", "else", "repeat", "while", "function", "for", "next", "break", "TRUE", "FALSE", "NULL", "Inf", "NaN", "NA",
}  # fmt: skip


def variables(edition: str, *margins: MarginTotal) -> tuple[SampleVariable, ...]:
    instrument = load_instrument(edition)
    return variables_of(StudyDefinition("t", "", "", instrument, Path(), instrument.units, margins=margins))


@pytest.mark.parametrize("edition", shipped())
def test_names_are_valid_everywhere_and_the_label_has_the_code(edition: str) -> None:
    found = variables(edition)
    names = [variable.name for variable in found]
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) and len(name) <= LONGEST_NAME for name in names)
    assert len({name.casefold() for name in names}) == len(names)
    assert not SPSS & {name.upper() for name in names}
    assert not (STATA | R) & set(names)
    for variable in found:
        assert variable.label_vi
        assert variable.label_en
        if variable.kind == "answer":
            assert variable.label_vi.startswith(f"{variable.code}. ")


def test_items_keep_their_code_where_it_is_a_name() -> None:
    found = {variable.code: variable.name for variable in variables("ha-noi/2023")}
    assert found["S0"] == "S0"
    assert found["2.4.1a"] == "V2_4_1a"
    assert [found[name] for name in FIXED] == list(FIXED)


def test_what_is_no_answer_has_a_number_and_a_letter_of_its_own() -> None:
    found = {variable.code: variable for variable in variables("ha-noi/2023")}
    missing = {
        value.code: (value.number, value.in_stata) for value in found["2.4.1a"].values if value.is_missing
    }
    assert missing == {
        "blank": (-1, "a"), "dont_know": (-2, "b"), "refused": (-3, "c"), "not_applicable": (-4, "d"),
        "not_asked": (-5, "e"), "out_of_scale": (-6, "f"), "several": (-7, "g"),
    }  # fmt: skip
    assert [(v.number, v.code) for v in found["sex"].values] == [
        (-1, "blank"), (UNDECLARED, "undeclared"), (1, "male"), (2, "female"),
    ]  # fmt: skip
    assert (found["sex"].values[2].label_vi, found["sex"].values[2].label_en) == ("Nam", "Male")


def test_categories_whose_totals_are_known_are_declared() -> None:
    other = MarginTotal("so", "citizens", "sex", "other", 10)
    found = {variable.code: variable for variable in variables("ha-noi/2023", other)}
    assert found["sex"].numbers == {"male": 1, "female": 2, "other": 3}


@pytest.mark.parametrize(
    ("codes", "numbers"), [("1 2 5", (1, 2, 5)), ("a b", (1, 2)), ("01 1", (1, 2)), ("0 1", (0, 1))]
)
def test_levels_keep_their_code_where_it_is_a_whole_number_of_its_own(
    codes: str, numbers: tuple[int, ...]
) -> None:
    scale = Scale("s", tuple(Level(code, (0.0,), code, code) for code in codes.split()))
    assert level_numbers(scale) == numbers


def test_stata_reads_numbers_where_hundreds_of_rows_have_none() -> None:
    found = tuple(v for v in variables("ha-noi/2023") if v.code == "2.4.1a")
    frame = pd.DataFrame({"V2_4_1a": [*[-5.0] * 300, 4.0, -1.0]})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sample.dta"
        path.write_bytes(dta_of(frame, found, "t", "vi"))
        read, _ = pyreadstat.read_dta(str(path), user_missing=True)
    assert read["V2_4_1a"].tolist() == [*["e"] * 300, 4, "a"]
