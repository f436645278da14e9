"""Files of products that nobody has described: what each column holds or most likely holds, for a person to decide.

:func:`propose_mapping` lists what is known and what is only likely, each with its reason. Likeness decides nothing: only rows
that someone accepts in the mapping file count (:mod:`surveys.returns.mapping.mapping_file`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import permutations
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from surveys.definitions.study.records import ReturnFile, StudyDefinition
from surveys.definitions.text_files import on_disk
from surveys.problems import Language, SurveyError, fault, phrase
from surveys.returns.files.opening import read_sheets
from surveys.returns.headings.columns import Column
from surveys.returns.headings.first_filled import overlap
from surveys.returns.headings.form_table import FormTable
from surveys.returns.headings.matched_columns import LETTERED
from surveys.returns.headings.questions import ColumnTarget, Vocabulary
from surveys.returns.mapping.column_contents import Contents
from surveys.returns.readers.registry import choose
from surveys.returns.study_reading import StudyReading
from surveys.returns.text.cell_text import SHOWN
from surveys.returns.text.names import Likeness
from surveys.review.columns_and_words import MAPPING
from surveys.vocabulary.folding import fold_name, without_marks

LIKELY = 0.5  # least likeness that is worth proposing
HALF = 0.5  # share of the cells that must be what a heading is like
_PARTED = re.compile(r"\s*(?:\s[-–—:|/>]\s|[\[\](){}\n;]|:\s)\s*")


def propose_mapping(path: str | Path, study: StudyDefinition, language: Language = "vi") -> pd.DataFrame:
    """One row for each column of a file and each item without one, with the columns of the mapping file.

    ``kind``, ``target`` and ``unit`` are what the column holds or most likely holds; ``reason`` says why; ``decision`` is ``x``
    where heading and name are equal, the cells are what the name stands for and reading takes the column as it is; it is empty
    for a person to fill in (``x``, ``no``) everywhere else. ``path`` may be a return file of the study, whose settings are
    used, or any file.

    Raises :class:`~surveys.problems.SurveyError` when the file cannot be read.
    """
    tables, vocabulary, reading = _opened(on_disk(Path(path)), study)
    columns = {(column.letter, column.heading): column for table in tables for column in table.columns}
    shown = [column for column in columns.values() if column.heading or not column.empty]
    exact = [targets[0] if len(targets := vocabulary.targets(column)) == 1 else None for column in shown]
    held = {target.code for target in exact if target}
    contents = Contents(vocabulary, reading.registers, study)
    likely = _Likely(vocabulary, held, contents, _common_letters(shown, exact, vocabulary))
    found = [
        _Meant(target, (("mapping.exact", {}),), True) if target else _proposed(column, likely)
        for column, target in zip(shown, exact, strict=True)
    ]
    found = [_doubted(column, meant, contents) for column, meant in zip(shown, found, strict=True)]
    rows = [
        _row(column, meant, vocabulary, language)
        for column, meant in zip(shown, _spread(shown, found), strict=True)
    ]
    proposed = {row[3].partition("=")[0] for row in rows}
    proposed |= {
        item
        for row in rows
        if row[2] == "options"
        for item in vocabulary.multiple.get(fold_name(row[3]), {}).values()
    }
    reason = phrase("mapping.no_column", language)
    left = [item.code for item in vocabulary.items if item.code not in proposed]
    rows += [("", "", "absent", code, "", reason, "") for code in left]
    return pd.DataFrame(rows, columns=list(MAPPING.columns))


class _Meant(NamedTuple):
    """What a column holds or most likely holds, the phrases that say why, and whether that is settled."""

    target: ColumnTarget | None
    reasons: tuple[tuple[str, dict[str, object]], ...]
    settled: bool = False

    def because(self, code: str, settled: bool = False, **params: object) -> _Meant:
        """The same with one more reason; not settled by it."""
        return self._replace(reasons=(*self.reasons, (code, params)), settled=settled)


def _doubted(column: Column, meant: _Meant, contents: Contents) -> _Meant:
    """What a column holds, not settled where its cells are something else, or a unit of its heading is none."""
    if meant.target is None:
        return meant
    fit, unit = contents.fit(column, meant.target), meant.target.unit
    if fit and fit.cells and (not fit.is_good or not meant.settled):
        code = "mapping.cells" if meant.target.kind == "item" else "mapping.cells_known"
        meant = meant.because(code, fit.is_good and meant.settled, read=fit.read, cells=fit.cells)
    if unit and not contents.vocabulary.is_unit(unit):
        meant = meant.because("mapping.unit_unknown", text=unit)
    return meant


def _spread(columns: Sequence[Column], found: Sequence[_Meant]) -> list[_Meant]:
    """What columns hold, none settled of several filled ones with one target: reading takes them only together, and as one
    question whose first filled column counts."""
    by_target: dict[ColumnTarget, list[Column]] = {}
    for column, meant in zip(columns, found, strict=True):
        if meant.target and not column.empty:
            by_target.setdefault(meant.target, []).append(column)
    spread = []
    for column, meant in zip(columns, found, strict=True):
        same = by_target.get(meant.target, []) if meant.target and not column.empty else []
        if len(same) > 1:
            letters, rows = ", ".join(other.letter for other in same), overlap(same)
            meant = meant.because(
                "mapping.together" if rows else "mapping.spread", columns=letters, rows=rows
            )
        spread.append(meant)
    return spread


def _common_letters(
    columns: Sequence[Column], exact: Sequence[ColumnTarget | None], vocabulary: Vocabulary
) -> dict[str, str]:
    """Name → item for columns without a meaning whose names are the codes of all items without a column behind the same
    letters; nothing where only some of them are, because then the letters tell questions apart."""
    held = {target.code for target in exact if target}
    absent = {fold_name(item.code): item.code for item in vocabulary.items if item.code not in held}
    unknown = [column for column, target in zip(columns, exact, strict=True) if target is None]
    by_letters: dict[str, dict[str, str]] = {}
    for name in (name for column in unknown for name in (column.heading, *column.names)):
        match = LETTERED.fullmatch(name)
        if match and fold_name(match[2]) in absent:
            by_letters.setdefault(match[1].casefold(), {})[name] = absent[fold_name(match[2])]
    whole = [names for names in by_letters.values() if set(names.values()) == set(absent.values())]
    return whole[0] if len(whole) == 1 else {}


def _opened(path: Path, study: StudyDefinition) -> tuple[list[FormTable], Vocabulary, StudyReading]:
    """The tables of a file, the vocabulary of its questionnaire, or of all where it is unclear, and what the study knows."""
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
    return tables, reading.vocabulary(file, questionnaire), reading


def _return_file(path: Path, study: StudyDefinition) -> ReturnFile:
    """The study's own entry for this file without its mapping, or a plain one."""
    for file in study.returns:
        if on_disk(study.folder / file.path).resolve() == path.resolve():
            return replace(file, mapping="")
    return ReturnFile(path.name)


class _Alike(NamedTuple):
    """How much a text is like a name (0 to 1), what the name stands for, and the name."""

    likeness: float
    target: ColumnTarget
    name: str


class _Likely:
    """What headings are like, each text compared once; targets in ``held`` have a column already. ``contents`` tells what the
    cells are; ``lettered``: name of a column → item behind letters that are common to all."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        held: Collection[str],
        contents: Contents,
        lettered: Mapping[str, str],
    ) -> None:
        self.vocabulary, self.held = vocabulary, frozenset(held)
        self.contents, self.lettered = contents, lettered
        items = {
            without_marks(name): _Alike(0, ColumnTarget("item", item.code), name)
            for item in vocabulary.items
            for name in (item.text_en, *item.aliases, item.text_vi)  # codes are equal or say nothing
            if name
        }
        fields = {
            without_marks(name): _Alike(0, ColumnTarget("field", field.code), name)
            for field in vocabulary.instrument.fields
            for name in (field.label_en, field.code, *field.headers, field.label_vi)
            if name
        }
        self._item, self._field = cache(_nearest_of(items)), cache(_nearest_of(fields))
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


def _nearest_of(names: Mapping[str, _Alike]) -> Callable[[str], list[_Alike]]:
    """What a text is most like; nothing when it is like none of the names."""
    likeness = Likeness(names)

    def nearest(text: str) -> list[_Alike]:
        found = likeness.likest(text, 1)
        return [names[name]._replace(likeness=like) for name, like in found if like >= LIKELY]

    return nearest


def _proposed(column: Column, likely: _Likely) -> _Meant:
    """The most likely meaning of a column that has no exact one, by its name and by its cells; never settled."""
    lettered = next((likely.lettered[n] for n in (column.heading, *column.names) if n in likely.lettered), "")
    if lettered:
        return _Meant(ColumnTarget("item", lettered), (("mapping.letters", {}),))
    if denied := likely.vocabulary.contradicted(column):
        return _Meant(denied[0], (("mapping.label", {"label": column.text[:SHOWN]}),))
    best = likely.best(column)
    fit = likely.contents.fit(column, best.target) if best else None
    unlike = fit is not None and fit.read < HALF * fit.cells
    if best is None or unlike or best.target.kind == "field":
        by_cells = next((t for t, _ in likely.contents.likely(column) if t.code not in likely.held), None)
        if by_cells and not (best and best.target == by_cells):
            return _Meant(by_cells, (("mapping.by_cells", {}),))
    if best is None or unlike:
        return _Meant(None, (("mapping.nothing_near", {}),))
    said: dict[str, object] = {"percent": f"{100 * best.likeness:.0f}", "name": best.name}
    return _Meant(best.target, (("mapping.alike", said),))


def _row(column: Column, meant: _Meant, vocabulary: Vocabulary, language: Language) -> tuple[str, ...]:
    """A column as it stands in the mapping file."""
    reason = "".join(phrase(code, language, **params) for code, params in meant.reasons)
    if meant.target is None:
        return column.letter, column.heading, "", "", "", reason, ""
    return *_written(column, meant.target, vocabulary), reason, "x" if meant.settled else ""


def _written(column: Column, target: ColumnTarget, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Column, heading, kind, target and unit as they stand in the file."""
    code, unit = target.code, target.unit
    if target.kind == "tick" and target.level >= 0:
        code += f"={vocabulary.instrument.scale_of(code).levels[target.level].code}"
    if unit and vocabulary.register:
        unit = vocabulary.register.resolve(unit) or unit
    return column.letter, column.heading, target.kind, code, unit
