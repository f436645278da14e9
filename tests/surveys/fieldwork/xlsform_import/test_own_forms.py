"""The XLSForms that this project writes are read as instruments that ask the same."""

from __future__ import annotations

from pathlib import Path

import pytest

import surveys as sv
from surveys.definitions.instrument.records import Instrument, Item
from surveys.fieldwork.xlsform_import.importing import imported
from surveys.problems import Problems
from surveys.returns.files.opening import read_sheets

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("forms") / "out"
    sv.forms(sv.load(ROOT / "data-sample" / "ha-noi-2023"), folder, to=["xlsform"])
    return folder / "xlsform"


def asked(
    instrument: Instrument, items: tuple[Item, ...]
) -> list[tuple[str, str, list[tuple[str, str]], object]]:
    """What people meet: texts, options by code and label, and when a question is asked."""
    texts = {item.code: item.text_vi for item in instrument.items}
    return [
        (
            item.text_vi, item.text_en,
            [(level.code, level.label_vi) for level in instrument.scale_of(item.code).levels],
            item.asked_when and (texts[item.asked_when[0]], item.asked_when[1]),
        )
        for item in items
    ]  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("questionnaire", ["so-1", "so-2", "so-5", "huyen-3", "huyen-5"])
def test_a_form_asks_what_its_questionnaire_asks(written: Path, questionnaire: str) -> None:
    original = sv.load(ROOT / "data-sample" / "ha-noi-2023").instrument
    problems = Problems()
    made = imported(read_sheets(written / f"{questionnaire}.xlsx"), "thu/1", problems)
    assert not problems.errors
    assert made is not None
    assert asked(made, made.items) == asked(original, original.items_of(questionnaire))
    form = original.questionnaire[questionnaire]
    assert made.questionnaires[0].matrix == form.matrix
    names = {unit.name_vi for unit in original.units_of(form.block)}
    assert {unit.name_vi for unit in made.units} <= names
    assert len(made.units) > 20
