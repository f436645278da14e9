"""XLSForms as they are written: names, conditions, constraints, texts, bytes."""

from __future__ import annotations

import io
import random
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.instrument.records import Instrument
from surveys.definitions.study.records import Fieldwork, Issued, StudyDefinition
from surveys.fieldwork.form_codes import form_code
from surveys.fieldwork.forms.form_request import FormRequest
from surveys.fieldwork.forms.xlsform import question_rows
from surveys.fieldwork.forms.xlsform.files import xlsform, xlsform_files
from surveys.fieldwork.forms.xlsform.rows import SurveyRow
from surveys.fieldwork.forms.xlsform.xpath import pattern_declared, pattern_of_codes
from surveys.vocabulary.check_characters import ALPHABET, is_right
from surveys.vocabulary.xml_names import TAKEN, xml_names
from tests.surveys.fieldwork.forms.xlsform.peculiar import PECULIAR

CODES = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,6}[A-Za-z0-9])?", fullmatch=True)


def study(instrument: Instrument, **more: object) -> StudyDefinition:
    return StudyDefinition("v", "Vòng", "Round", instrument, Path(), instrument.units, **more)  # type: ignore[arg-type]


def rows(instrument: Instrument, code: str, **more: object) -> dict[str, SurveyRow]:
    survey = xlsform(study(instrument, **more), code, "vi").survey
    return {row.name: row for row in survey if not row.type.startswith("end_")}


@pytest.mark.long
@given(st.lists(CODES, unique=True))
def test_names_are_valid_and_no_two_fold_alike(codes: list[str]) -> None:
    names = list(xml_names(codes, TAKEN))
    assert all(re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name) for name in names)
    assert len({name.casefold() for name in names} - TAKEN) == len(codes)
    assert not any("__" in name for name in names)


def test_every_name_of_a_form_is_used_once() -> None:
    """KoboToolbox takes no two questions or groups of one name, whatever group they stand in."""
    for code in PECULIAR.questionnaire:
        survey = xlsform(study(PECULIAR), code, "vi").survey
        names = [row.name.casefold() for row in survey if not row.type.startswith("end_")]
        assert len(set(names)) == len(names)


@pytest.mark.long
@given(st.lists(st.from_regex(r"[A-Z]{2}-[0-9A-Z]{3,5}", fullmatch=True), min_size=1, max_size=20))
def test_the_pattern_of_codes_is_that_of_all_of_them(codes: list[str]) -> None:
    pattern = pattern_of_codes(codes)
    assert all(re.fullmatch(pattern, code) for code in codes)
    assert re.fullmatch(pattern, codes[0] + "#") is None


@pytest.mark.parametrize("code", ["HN-(1)", "a+b", "1.2", "x^2$", "[3]", "a|b", "b\\c"])
def test_signs_in_codes_stand_for_themselves(code: str) -> None:
    for pattern in (pattern_of_codes([code]), pattern_declared([code])):
        assert re.fullmatch(pattern, code)
        assert re.fullmatch(pattern, code.replace(code[1], "~", 1)) is None


def test_codes_without_a_common_shape_are_not_held_to_one() -> None:
    assert pattern_of_codes(["ab", "Cé"]) == ""
    row = rows(PECULIAR, "don", issued=(Issued("ab", "don"), Issued("Cé", "don")))["form_code"]
    assert (row.constraint, row.required) == ("", True)


def test_a_code_is_held_to_those_of_its_questionnaire() -> None:
    issued = (Issued("DON-01", "don"), Issued("DON-02", "don"), Issued("MT-1", "ma-tran"))
    assert rows(PECULIAR, "don", issued=issued)["form_code"].constraint == "regex(., '^(DON-[0-9]{2})$')"
    declared = Fieldwork(form_codes=("A-##",))
    assert rows(PECULIAR, "don", fieldwork=declared)["form_code"].constraint == "regex(., '^(A-[0-9]{2})$')"
    assert rows(PECULIAR, "don")["form_code"].constraint == ""


@pytest.mark.long
def test_a_form_tells_codes_that_were_mistyped_as_the_check_character_does() -> None:
    """Every substitution and every swap of neighbours, by libxml2's arithmetic in place of ours."""
    issued = [Issued(form_code("DON", "07", serial), "don") for serial in range(1, 40)]
    fieldwork = Fieldwork(check_character=True)
    told = rows(PECULIAR, "don", issued=tuple(issued), fieldwork=fieldwork)["form_code"].constraint
    assert not any("mod 6" in row.constraint for row in rows(PECULIAR, "don", issued=tuple(issued)).values())
    accepts = etree.XPath(told, extensions={(None, "regex"): matched, (None, "substr"): part})
    code = issued[11].form_code
    others = {code[:k] + c + code[k + 1 :] for k in range(len(code)) for c in ALPHABET if code[k] != "-"}
    others |= {code[:k] + code[k + 1] + code[k] + code[k + 2 :] for k in range(len(code) - 1)}
    for other in (one.form_code for one in issued):
        assert accepts(element(other))
    assert [other for other in sorted(others - {code}) if accepts(element(other))] == []
    by_sums = etree.XPath(told.partition(" and ")[2], extensions={(None, "substr"): part})
    chance = random.Random(1)
    for _ in range(2000):
        text = "".join(c if c == "-" else chance.choice(ALPHABET) for c in code)
        assert by_sums(element(text)) == is_right(text)


def matched(_: object, of: list[Any], pattern: str) -> bool:
    return bool(re.search(pattern, of[0].text))


def part(_: object, of: str, start: float, end: float) -> str:
    return of[int(start) : int(end)]


def element(text: str) -> Any:
    found = etree.Element("code")
    found.text = text
    return found


def test_one_s_own_unit_is_neither_offered_nor_asked_about() -> None:
    found = rows(PECULIAR, "ma-tran")
    assert found["rated_units"].choice_filter == "name != ${own}"
    assert found["unit_x1"].relevant == "selected(${rated_units}, 'x1') and ${own} != 'x1'"


def test_conditions_in_a_matrix_are_about_the_same_unit() -> None:
    found = rows(PECULIAR, "ma-tran")
    assert found["sau__x1"].relevant == "selected(${k_1_3__x1}, '1')"
    single = rows(PECULIAR, "don")
    assert single["sau"].relevant == "selected(${k_1_options}, 'k_1_3')"
    assert single["sau_nua"].relevant == "${k_1_options} != '' and not(selected(${k_1_options}, 'k_1_2'))"


def test_a_screen_that_is_skipped_as_a_whole_is_not_shown() -> None:
    found = rows(load_instrument("sipas/2022"), "nguoi-dan")
    screens = [row for row in found.values() if row.name.startswith("screen_") and row.relevant]
    assert [row.relevant for row in screens] == ["selected(${N7_4}, '1')"]


@pytest.mark.long
def test_what_may_be_refused_must_be_answered() -> None:
    found = rows(load_instrument("ha-noi/2023"), "so-5")
    assert found["S0"].required
    assert not found["sex"].required
    assert not rows(load_instrument("sipas/2022"), "nguoi-dan")[
        "Q1"
    ].required  # who does not know can only leave it


def test_those_who_collect_are_asked_only_where_they_collect() -> None:
    assert "operator" not in rows(load_instrument("ha-noi/2023"), "so-5")  # online, too
    assert {"operator", "interviewer"} <= rows(load_instrument("sipas/2022"), "nguoi-dan").keys()
    assert "phone" not in rows(load_instrument("sipas/2022"), "nguoi-dan")  # what is never read is not asked


def test_many_units_are_added_by_the_rater(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question_rows, "MOST_CELLS", 10)
    found = xlsform(study(PECULIAR), "ma-tran", "vi").survey
    assert [row.name for row in found if row.type.endswith("_repeat")] == ["rating", "rating"]


def test_excluded_units_are_not_offered() -> None:
    first_survey = load_instrument("ha-noi/2025")
    fewer = replace(study(first_survey), units=first_survey.units[1:])
    assert len(xlsform(fewer, "so-2", "vi").choices["units"]) == len(first_survey.units_of("so")) - 1


def test_what_has_no_text_shows_its_code() -> None:
    """XLSForm takes no question and no option without a label."""
    bare = replace(PECULIAR.items[0], text_vi="", text_en="")
    levels = tuple(replace(level, label_vi="", label_en="") for level in PECULIAR.scales[0].levels)
    scales = (replace(PECULIAR.scales[0], levels=levels), *PECULIAR.scales[1:])
    form = xlsform(study(replace(PECULIAR, items=(bare, *PECULIAR.items[1:]), scales=scales)), "don", "vi")
    assert next(row.label for row in form.survey if row.name == "start_2") == ("start", "start")
    assert [o.label.vi for o in form.choices["scale_muc_do"]] == ["-2", "-1", "0", "1", "2", "Không biết"]
    labelled = [row for row in form.survey if row.type.startswith(("begin_", "select_", "text", "note"))]
    assert all(all(row.label) for row in labelled)


def test_texts_are_never_references_or_formulas() -> None:
    (content,) = xlsform_files(FormRequest(study(PECULIAR), PECULIAR.questionnaires[:1], "vi")).values()
    sheet = openpyxl.load_workbook(io.BytesIO(content))["survey"]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value]
    assert {cell.data_type for cell in cells} == {"s"}
    labels = [c.value for c in cells if "=1+1" in c.value]
    assert labels
    assert not any("${" in label for label in labels)


def test_the_same_form_is_the_same_bytes_and_version() -> None:
    request = FormRequest(study(PECULIAR), PECULIAR.questionnaires, "vi")
    assert xlsform_files(request) == xlsform_files(request)
    one, other = (xlsform(study(PECULIAR), "don", language) for language in ("vi", "en"))
    changed = replace(PECULIAR, items=PECULIAR.items[:-1])
    versions = {form.settings["version"] for form in (one, other, xlsform(study(changed), "don", "vi"))}
    assert len(versions) == 3
    assert other.settings["default_language"] == "English (en)"
