"""The review files as workbooks: which words, units and answers are offered in which cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from surveys.definitions.instrument.records import Instrument, Unit
from surveys.definitions.study.records import StudyDefinition
from surveys.handover.official_columns import REVIEWED, OfficialTable
from surveys.handover.result_frames import Texts
from surveys.handover.words import unit_name
from surveys.problems import Language, phrase
from surveys.returns.submissions.entry_agreement import split_field
from surveys.returns.submissions.entry_pairs import UNIT
from surveys.review.columns_and_words import ReviewTable
from surveys.review.review_workbook import Choice, WorkbookTexts, review_workbook
from surveys.vocabulary.folding import fold_name
from surveys.vocabulary.xlsx import MOST_ROWS


def review_books(
    study: StudyDefinition,
    frames: Mapping[OfficialTable, pd.DataFrame],
    printed: Mapping[OfficialTable, Texts],
) -> dict[str, bytes]:
    """The workbook beside each review file: path → bytes. ``frames``: the tables before they were ``printed``."""
    return {
        table.path.replace(".csv", ".xlsx"): _book(table, frames[table], texts, study)
        for table, texts in printed.items()
        if table.name in REVIEWED and len(frames[table]) < MOST_ROWS
    }


def _book(official: OfficialTable, frame: pd.DataFrame, texts: Texts, study: StudyDefinition) -> bytes:
    table, language = REVIEWED[official.name], study.output.language
    about = {
        column.name: column.about_vi if language == "vi" else column.about_en for column in official.columns
    }
    choices = _OFFERS[official.name](table, frame, study)
    shown = WorkbookTexts(language, phrase(f"review.howto.{official.name}", language), about, choices)
    rows = list(zip(*(texts[name] for name in table.columns), strict=True))
    return review_workbook(table, rows, shown)


def _of_forms(
    table: ReviewTable, frame: pd.DataFrame, study: StudyDefinition
) -> Mapping[str, Sequence[Choice]]:
    """Decisions; a unit for the forms that name none."""
    units = _names_by_block(study)
    lacking = zip(frame["block"], frame["unit_read"], strict=True)
    return {
        table.decision: [_words(table, study.output.language)] * len(frame),
        "assigned_unit": [() if unit else units.get(block, ()) for block, unit in lacking],
    }


def _of_units(
    table: ReviewTable, frame: pd.DataFrame, study: StudyDefinition
) -> Mapping[str, Sequence[Choice]]:
    """Yes, no, and the units of the block."""
    units, words = _names_by_block(study), _words(table, study.output.language)
    return {table.decision: [(*words, *units.get(block, ())) for block in frame["block"]]}


def _of_entries(
    table: ReviewTable, frame: pd.DataFrame, study: StudyDefinition
) -> Mapping[str, Sequence[Choice]]:
    """The codes of the item's scale, of the field's categories or of the units, and blank."""
    words = _words(table, study.output.language)
    known = {code: (*codes, *words) for code, codes in _codes(study.instrument, study.units).items()}
    return {table.decision: [known.get(split_field(name)[0], ()) for name in frame["field"]]}


def _codes(instrument: Instrument, units: Sequence[Unit]) -> dict[str, Choice]:
    """Item, field or ``unit`` → the codes that may stand there; fields of free text are left out."""
    found = {UNIT: tuple(dict.fromkeys(unit.code for unit in units))}
    for field in instrument.fields:
        if field.categories:
            found[field.code] = tuple(code for code, _ in field.categories)
    for item in instrument.items:
        scale = instrument.scale_of(item.code)
        found[item.code] = (
            *(level.code for level in scale.levels),
            *(none.code for none in scale.non_answers),
        )
    return found


def _words(table: ReviewTable, language: Language) -> Choice:
    return tuple(words.offered(language) for words in table.words.values())


def _names_by_block(study: StudyDefinition) -> dict[str, Choice]:
    """Block → its units by name; by code where the name is not theirs alone."""
    found: dict[str, Choice] = {}
    for block in study.instrument.blocks:
        units = study.assessed_units(block.code)
        named = Counter(fold_name(unit_name(unit, study.output.language)) for unit in units)
        names = ((unit, unit_name(unit, study.output.language)) for unit in units)
        found[block.code] = tuple(name if named[fold_name(name)] == 1 else unit.code for unit, name in names)
    return found


def _of_seconds(
    table: ReviewTable, frame: pd.DataFrame, study: StudyDefinition
) -> Mapping[str, Sequence[Choice]]:
    """Yes where a first entry is proposed, and no."""
    words = _words(table, study.output.language)
    return {table.decision: [words if proposed else words[1:] for proposed in frame["proposed_code"]]}


_OFFERS = {
    "undecided": _of_forms,
    "proposals": _of_units,
    "entries": _of_entries,
    "second_entries": _of_seconds,
}
