"""Files of products that nobody has described: what each column holds or most likely holds, for a person to decide.

:func:`propose_mapping` lists what is known and what is only likely, each with its reason. Likeness decides nothing: only rows
that someone accepts in the mapping file count (:mod:`surveys.returns.mapping_file`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import permutations
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from surveys.definitions.study.records import ReturnFile, StudyDefinition
from surveys.definitions.text_files import on_disk
from surveys.problems import Language, SurveyError, fault, phrase
from surveys.returns.files.opening import read_sheets
from surveys.returns.headings.columns import Column
from surveys.returns.headings.form_table import FormTable
from surveys.returns.headings.questions import Target, Vocabulary
from surveys.returns.readers.registry import choose
from surveys.returns.study_reading import StudyReading
from surveys.returns.text.names import likest
from surveys.review.columns_and_words import MAPPING
from surveys.vocabulary.folding import without_marks

LIKELY = 0.5  # least likeness that is worth proposing
_PARTED = re.compile(r"\s*(?:\s[-–—:|/>]\s|[\[\](){}\n;]|:\s)\s*")


def propose_mapping(path: str | Path, study: StudyDefinition, language: Language = "vi") -> pd.DataFrame:
    """One row for each column of a file and each item without one, with the columns of the mapping file.

    ``kind``, ``target`` and ``unit`` are what the column holds or most likely holds; ``reason`` says why; ``decision`` is ``x``
    where heading and name are equal and empty where they are only alike, for a person to fill in (``x``, ``no``).
    ``path`` may be a return file of the study, whose settings are used, or any file.

    Raises :class:`~surveys.problems.SurveyError` when the file cannot be read.
    """
    tables, vocabulary = _opened(on_disk(Path(path)), study)
    columns = {(column.letter, column.heading): column for table in tables for column in table.columns}
    exact = {key: vocabulary.targets(column) for key, column in columns.items()}
    held = {target.code for targets in exact.values() for target in targets if len(targets) == 1}
    likely = _Likely(vocabulary, held)
    rows = [
        (*_written(column, exact[key][0], vocabulary), phrase("mapping.exact", language), "x")
        if len(exact[key]) == 1
        else _proposed(column, likely, language)
        for key, column in columns.items()
        if column.heading or not column.empty
    ]
    proposed = {row[3].partition("=")[0] for row in rows}
    reason = phrase("mapping.no_column", language)
    left = [item.code for item in vocabulary.items if item.code not in proposed]
    rows += [("", "", "absent", code, "", reason, "") for code in left]
    return pd.DataFrame(rows, columns=list(MAPPING.columns))


def _opened(path: Path, study: StudyDefinition) -> tuple[list[FormTable], Vocabulary]:
    """The tables of a file, and the vocabulary of its questionnaire, or of all where it is unclear."""
    file, reading = _return_file(path, study), StudyReading(study)
    asked = {"sheet": file.sheet, "encoding": file.encoding, "delimiter": file.delimiter}
    sheets = read_sheets(path, file.path, **asked, limits=study.limits)
    anyone = reading.vocabulary(file, file.questionnaire)
    tables = choose(sheets, anyone, file.reader, file.path).read(sheets, anyone)
    if not tables:
        raise fault("returns.no_rows", file=file.path)
    try:
        questionnaire = reading.questionnaire(file, tables[0])
    except SurveyError:
        questionnaire = ""
    return tables, reading.vocabulary(file, questionnaire)


def _return_file(path: Path, study: StudyDefinition) -> ReturnFile:
    """The study's own entry for this file without its mapping, or a plain one."""
    for file in study.returns:
        if on_disk(study.folder / file.path).resolve() == path.resolve():
            return replace(file, mapping="")
    return ReturnFile(path.name)


class _Alike(NamedTuple):
    """How much a text is like a name (0 to 1), what the name stands for, and the name."""

    likeness: float
    target: Target
    name: str


class _Likely:
    """What headings are like, each text compared once; targets in ``held`` have a column already."""

    def __init__(self, vocabulary: Vocabulary, held: Collection[str]) -> None:
        self.vocabulary, self.held = vocabulary, frozenset(held)
        items = {
            without_marks(name): _Alike(0, Target("item", item.code), name)
            for item in vocabulary.items
            for name in (item.text_en, *item.aliases, item.code, item.text_vi)
            if name
        }
        fields = {
            without_marks(name): _Alike(0, Target("field", field.code), name)
            for field in vocabulary.instrument.fields
            for name in (field.label_en, field.code, *field.headers, field.label_vi)
            if name
        }
        self._item = cache(lambda text: _nearest(text, items))
        self._field = cache(lambda text: _nearest(text, fields))
        self._unit = cache(self._nearest_unit)

    def best(self, column: Column) -> _Alike | None:
        """The item of a unit that two parts of a heading are like; otherwise what the heading or a part of it is most like."""
        parts = [part for part in _PARTED.split(column.heading) if part]
        texts = dict.fromkeys((column.heading, *column.names, *parts))
        whole = (near for text in texts for near in (*self._item(text), *self._field(text)))
        found = list(self._of_units(parts)) or [near for near in whole if near.target.code not in self.held]
        return max(found, key=lambda near: near.likeness, default=None)

    def _of_units(self, parts: Sequence[str]) -> Iterator[_Alike]:
        for unit_part, item_part in permutations(dict.fromkeys(parts), 2):
            for unit_likeness, unit, unit_name in self._unit(unit_part):
                for likeness, target, name in self._item(item_part):
                    both = (likeness + unit_likeness) / 2
                    yield _Alike(both, target._replace(unit=unit), f"{name} [{unit_name}]")

    def _nearest_unit(self, text: str) -> list[tuple[float, str, str]]:
        """Likeness, code and name of the unit that a text is most like; nothing when it is like none."""
        register = self.vocabulary.register
        if register is None:
            return []
        if code := register.resolve(text):
            return [(1.0, code, text)]
        near = [(likeness, code, name) for code, name, likeness in register.nearest(text)[:1]]
        return [one for one in near if one[0] >= LIKELY]


def _nearest(text: str, names: Mapping[str, _Alike]) -> list[_Alike]:
    """What a text is most like; nothing when it is like none of the names."""
    return [names[name]._replace(likeness=like) for name, like in likest(text, names, 1) if like >= LIKELY]


def _proposed(column: Column, likely: _Likely, language: Language) -> tuple[str, ...]:
    """The most likely meaning of a column that has no exact one, never accepted by itself."""
    best = likely.best(column)
    if best is None:
        return column.letter, column.heading, "", "", "", phrase("mapping.nothing_near", language), ""
    reason = phrase("mapping.alike", language, percent=f"{100 * best.likeness:.0f}", name=best.name)
    if best.target.kind == "item":
        read, cells = _options_read(column, best.target.code, likely.vocabulary)
        reason += phrase("mapping.cells", language, read=read, cells=cells)
    return *_written(column, best.target, likely.vocabulary), reason, ""


def _options_read(column: Column, item: str, vocabulary: Vocabulary) -> tuple[int, int]:
    """How many filled cells are options of the item's scale, and how many there are."""
    options, cells = vocabulary.options_of(item), column.distinct
    known = np.array([not options.read(text).fault for text in cells.texts], dtype=bool)
    return int(cells.counts[known].sum()), int(cells.counts.sum())


def _written(column: Column, target: Target, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Column, heading, kind, target and unit as they stand in the file."""
    code, unit = target.code, target.unit
    if target.kind == "tick" and target.level >= 0:
        code += f"={vocabulary.instrument.scale_of(code).levels[target.level].code}"
    if unit and vocabulary.register:
        unit = vocabulary.register.resolve(unit) or unit
    return column.letter, column.heading, target.kind, code, unit
