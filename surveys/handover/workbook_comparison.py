"""The council's workbook against the tables beside it: made again from them, and compared cell by cell.

The words of codes are those of the instrument where the folder carries it or names one that comes with the program, unchanged.
Of any other they are taken from the workbook itself, in which a code must then be called the same everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from surveys.definitions.instrument.layers import definition_files
from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.instrument.records import Instrument
from surveys.definitions.instrument.shelf import find_instrument, shipped
from surveys.handover.first_faults import bounded
from surveys.handover.read_back import PrintedTable
from surveys.handover.words import CODES, SHOWN, Words, words_of, words_of_program
from surveys.handover.workbook import WorkbookFacts, workbook_bytes
from surveys.handover.workbook_parts import (
    Cell,
    DamagedWorkbookError,
    Workbook,
    cells_of,
    differences,
    is_plain,
    is_saved_again,
    is_too_large,
    place_order,
    row_of,
    sheets_differ,
    workbook_of,
)
from surveys.problems import Problem, SurveyError, shortened, the_first
from surveys.returns.files.opening import read_sheets
from surveys.returns.files.sheets import Sheet
from surveys.returns.headings.columns import column_letter
from surveys.vocabulary.digests import digest_of

_NOISE = 1e-9
#: Kinds of codes whose words only the instrument knows.
_OF_INSTRUMENT = tuple(kind for kind in SHOWN if kind not in CODES)


@dataclass(frozen=True)
class Beside:
    """What a workbook is made of: what the run says of itself, the instrument where it is known, the council's tables, and the
    checksums of the CSV and JSON files beside it (path → SHA-256)."""

    facts: WorkbookFacts
    instrument: Instrument | None
    tables: Sequence[PrintedTable]
    digests: Mapping[str, str]

    def workbook(self, words: Words) -> bytes:
        """The workbook that the program writes."""
        texts = {printed.table: printed.texts() for printed in self.tables}
        return workbook_bytes(replace(self.facts, words=words), texts, self.digests)


def instrument_of_run(run: Mapping[str, Any], own: Path) -> Instrument | None:
    """The instrument by which a round was scored: in the folder ``own``, or shipped with the very files that the run names; None
    where neither is so, or it cannot be read."""
    name = str(run.get("instrument", ""))
    with suppress(SurveyError, OSError):
        if own.is_dir():
            return load_instrument(own)
        if name in shipped():
            inputs = {entry["path"]: entry["sha256"] for entry in run.get("inputs", ())}
            files = definition_files(find_instrument(name)).items()
            if all(inputs.get(path) == digest_of(file.read_bytes()) for path, file in files):
                return load_instrument(name)
    return None


def workbook_repeats(path: Path, shown: str, beside: Beside) -> Iterator[Problem]:
    """Every difference between a workbook and the tables beside it. ``shown``: the name shown to users."""
    for problem in _differences(path, beside):
        yield replace(problem, file=shown)


def _differences(path: Path, beside: Beside) -> Iterator[Problem]:
    try:
        bare = workbook_of(beside.workbook({kind: {} for kind in SHOWN}))  # as large, give or take the words
        content = _content(path, bare)
        found = workbook_of(content, bare.parts)
        again = is_saved_again(found, bare)
        if not again and not is_plain(content):
            yield Problem("verify.workbook_archive")
            return
        words, doubtful = _words(path, beside)
        yield from doubtful
        wanted = workbook_of(beside.workbook(words))
        yield from list(_saved_again(path, found, wanted) if again else differences(found, wanted))
    except (
        DamagedWorkbookError,
        TypeError,
        ValueError,
    ) as error:  # the last two: a number that no workbook holds
        yield Problem("verify.workbook_unreadable", params=(("reason", str(error)),))


def _content(path: Path, bare: Workbook) -> bytes:
    """The bytes of a workbook. Raises DamagedWorkbookError where they are far too many to be the expected one."""
    size = path.stat().st_size
    if is_too_large(size, sum(map(len, bare.parts.values()))):
        raise DamagedWorkbookError(f"{size} bytes")
    return path.read_bytes()


def _words(path: Path, beside: Beside) -> tuple[Words, list[Problem]]:
    """The words of codes, and those that stand for two codes where only the workbook tells what they mean."""
    language, instrument = beside.facts.output.language, beside.instrument
    words = words_of_program(language)
    if instrument is not None:
        return {**words, **{kind: words_of(kind, instrument, language) for kind in _OF_INSTRUMENT}}, []
    words |= {kind: {} for kind in _OF_INSTRUMENT}
    try:
        sheets = {sheet.name: sheet for sheet in read_sheets(path)}
    except SurveyError:  # which is told when the workbook is compared
        return words, []
    doubtful = []
    for printed in beside.tables:
        sheet = sheets.get(printed.table.sheet(language))
        for k, column in enumerate(printed.table.columns):
            if sheet is not None and column.words in _OF_INSTRUMENT and not column.source:
                codes = printed.frame[column.name].tolist()
                doubtful += _learn(words[column.words], codes, _cells_below(sheet, k), sheet.name)
    return words, doubtful


def _learn(known: dict[str, str], codes: Sequence[str], found: Sequence[str], sheet: str) -> list[Problem]:
    """Take the word of each code that is not ``known`` from where it first stands."""
    doubtful = []
    for code, word in dict(zip(reversed(codes), reversed(found), strict=False)).items():
        if code and word and code not in known:
            same = next((other for other, of_other in known.items() if of_other == word), "")
            known[code] = word
            if same:
                params = (("word", shortened(word)), ("codes", f"{same}, {code}"))
                doubtful.append(Problem("verify.word_twice", "warning", sheet=sheet, params=params))
    return doubtful


def _cells_below(sheet: Sheet, column: int) -> list[str]:
    """The texts of a column below its heading."""
    cells = sheet.cells[1:, column] if column < sheet.cells.shape[1] else ()
    return [str(cell) for cell in cells]


def _saved_again(path: Path, found: Workbook, wanted: Workbook) -> Iterator[Problem]:
    """What a workbook says that another program saved: that it did, other sheets, hidden parts, and cells that differ."""
    yield Problem("verify.workbook_saved_again")
    yield from sheets_differ(found.sheets, found.hidden, wanted.sheets)
    try:
        sheets = {sheet.name: sheet for sheet in read_sheets(path)}
    except SurveyError as error:
        yield from error.problems
        return
    for number, name in enumerate(wanted.sheets, start=1):
        if name in sheets:
            cells = dict(cells_of(wanted.elements(f"xl/worksheets/sheet{number}.xml"), wanted.strings))
            yield from _cells_differ(sheets[name], cells)


def _cells_differ(sheet: Sheet, wanted: Mapping[str, Cell]) -> Iterator[Problem]:
    """Parts of a sheet that are hidden or merged, and the first of its cells that are not those that are wanted."""
    hidden = [
        *(row + sheet.first_row for row in sheet.hidden_rows),
        *map(column_letter, sheet.hidden_columns),
    ]
    merged = [f"{column_letter(left)}{top + sheet.first_row}" for top, left, _, _ in sheet.merged]
    for code, places in (("verify.sheet_parts_hidden", hidden), ("verify.sheet_merged", merged)):
        if places:
            yield Problem(code, sheet=sheet.name, params=(("places", the_first(places, 10)),))
    found = {
        f"{column_letter(k)}{row + sheet.first_row}": cell
        for (row, k), cell in np.ndenumerate(sheet.cells)
        if cell != ""
    }
    other = (
        place
        for place in sorted(found.keys() | wanted.keys(), key=place_order)
        if not _same(found.get(place, ""), wanted.get(place))
    )
    faults = (_cell_fault(sheet.name, place, found.get(place, ""), wanted) for place in other)
    yield from bounded(faults, sheet=sheet.name)


def _cell_fault(sheet: str, place: str, found: object, wanted: Mapping[str, Cell]) -> Problem:
    """That another value stands in a cell than the one that is wanted there."""
    cell, letter = wanted.get(place), place.rstrip("0123456789")
    heading = wanted[f"{letter}1"].value if f"{letter}1" in wanted else letter
    params = (("expected", cell.shown if cell else ""), ("found", shortened(found)))
    return Problem("verify.sheet_cell", sheet=sheet, row=row_of(place), column=heading, params=params)


def _same(found: object, wanted: Cell | None) -> bool:
    value = wanted.value if wanted else ""
    if wanted is None or wanted.kind == "s":
        return str(found) == value
    return isinstance(found, (int, float)) and abs(found - float(value)) <= _NOISE
