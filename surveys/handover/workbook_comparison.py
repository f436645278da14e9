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
from surveys.handover.official_columns import OfficialTable
from surveys.handover.read_back import PrintedTable
from surveys.handover.result_frames import Texts
from surveys.handover.words import SHOWN, Words, words_of
from surveys.handover.workbook import workbook_bytes, workbook_sheets
from surveys.handover.workbook_facts import WorkbookFacts
from surveys.handover.workbook_layout import WorkbookSheet
from surveys.handover.workbook_parts import (
    Cell,
    DamagedWorkbookError,
    Headings,
    Workbook,
    cells_of,
    differences,
    is_plain,
    is_saved_again,
    is_too_large,
    merged_in,
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
        return workbook_bytes(replace(self.facts, words=words), self._texts(), self.digests)

    def sheets(self, words: Words) -> tuple[WorkbookSheet, ...]:
        """Its sheets before they are written."""
        return workbook_sheets(replace(self.facts, words=words), self._texts(), self.digests)

    def _texts(self) -> dict[OfficialTable, Texts]:
        return {printed.table: printed.texts() for printed in self.tables}


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
        if _is_as_written(path, beside):
            return
        bare = workbook_of(beside.workbook({kind: {} for kind in SHOWN}))  # as large, give or take the words
        content = _content(path, bare)
        found = workbook_of(content, bare.parts)
        words, doubtful = _words(path, beside)
        wanted = workbook_of(beside.workbook(words))
        again = is_saved_again(found, bare) and is_saved_again(found, wanted)
        if not again and not is_plain(content):
            yield Problem("verify.workbook_archive")
            return
        yield from doubtful
        headings = {sheet.name: _headings(sheet) for sheet in beside.sheets(words)}
        compared = (
            _saved_again(path, found, (wanted, headings)) if again else differences(found, wanted, headings)
        )
        yield from list(compared)
    except (
        DamagedWorkbookError,
        TypeError,
        ValueError,
    ) as error:  # the last two: a number that no workbook holds
        yield Problem("verify.workbook_unreadable", params=(("reason", str(error)),))


def _is_as_written(path: Path, beside: Beside) -> bool:
    """Whether a workbook is, byte for byte, the one that the program writes with the words of a known instrument."""
    if beside.instrument is None:
        return False
    wanted = beside.workbook(_words(path, beside)[0])
    return path.stat().st_size == len(wanted) and path.read_bytes() == wanted


def _headings(sheet: WorkbookSheet) -> Headings:
    """The headings of a sheet and the row, from 1, in which they begin."""
    return Headings(sheet.heading_rows[0] + 1, tuple(column.full_heading for column in sheet.columns))


def _content(path: Path, bare: Workbook) -> bytes:
    """The bytes of a workbook. Raises DamagedWorkbookError where they are far too many to be the expected one."""
    size = path.stat().st_size
    if is_too_large(size, sum(map(len, bare.parts.values()))):
        raise DamagedWorkbookError(f"{size} bytes")
    return path.read_bytes()


def _words(path: Path, beside: Beside) -> tuple[Words, list[Problem]]:
    """The words of codes, and those that stand for two codes where only the workbook tells what they mean."""
    language, instrument = beside.facts.output.language, beside.instrument
    if instrument is not None:
        return {kind: words_of(kind, instrument, language) for kind in SHOWN}, []
    words: dict[str, dict[str, str]] = {kind: {} for kind in SHOWN}
    try:
        sheets = {sheet.name: sheet for sheet in read_sheets(path)}
    except SurveyError:  # which is told when the workbook is compared
        return words, []
    doubtful = []
    for wanted in beside.sheets({kind: {} for kind in SHOWN}):
        if wanted.name in sheets:
            told = [
                (kind, code, _cell_at(sheets[wanted.name], row, k)) for row, k, kind, code in wanted.words()
            ]
            for kind in SHOWN:
                pairs = [(code, word) for of, code, word in told if of == kind]
                doubtful += _learn(words[kind], pairs, wanted.name)
    return words, doubtful


def _learn(known: dict[str, str], pairs: Sequence[tuple[str, str]], sheet: str) -> list[Problem]:
    """Take the word of each code that is not ``known`` from where it first stands; ``pairs``: code and what stands there."""
    doubtful = []
    for code, word in dict(reversed(pairs)).items():
        if code and word and code not in known:
            same = next((other for other, of_other in known.items() if of_other == word), "")
            known[code] = word
            if same:
                params = (("word", shortened(word)), ("codes", f"{same}, {code}"))
                doubtful.append(Problem("verify.word_twice", "warning", sheet=sheet, params=params))
    return doubtful


def _cell_at(sheet: Sheet, row: int, column: int) -> str:
    """What stands in a cell; nothing outside of what was read."""
    row += 1 - sheet.first_row
    inside = 0 <= row < sheet.cells.shape[0] and column < sheet.cells.shape[1]
    return str(sheet.cells[row, column]) if inside else ""


def _saved_again(
    path: Path, found: Workbook, expected: tuple[Workbook, Mapping[str, Headings]]
) -> Iterator[Problem]:
    """What a workbook says that another program saved: that it did, other sheets, hidden parts, and cells that differ."""
    wanted, headings = expected
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
            own = merged_in(wanted.elements(f"xl/worksheets/sheet{number}.xml"))
            yield from _parts_differ(sheets[name], own)
            yield from _cells_differ(sheets[name], cells, headings[name])


def _parts_differ(sheet: Sheet, own: frozenset[str]) -> Iterator[Problem]:
    """Parts of a sheet that are hidden, or merged beside those that the program merges (``own``: their first cells)."""
    hidden = [
        *(row + sheet.first_row for row in sheet.hidden_rows),
        *map(column_letter, sheet.hidden_columns),
    ]
    merged = [f"{column_letter(left)}{top + sheet.first_row}" for top, left, _, _ in sheet.merged]
    merged = [place for place in merged if place not in own]
    for code, places in (("verify.sheet_parts_hidden", hidden), ("verify.sheet_merged", merged)):
        if places:
            yield Problem(code, sheet=sheet.name, params=(("places", the_first(places, 10)),))


def _cells_differ(sheet: Sheet, wanted: Mapping[str, Cell], headings: Headings) -> Iterator[Problem]:
    """The first of the cells of a sheet that are not those that are wanted."""
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
    faults = (
        Problem("verify.sheet_cell", sheet=sheet.name, row=row_of(place), column=headings.of(place),
                params=(("expected", wanted[place].shown if place in wanted else ""),
                        ("found", shortened(found.get(place, "")))))
        for place in other
    )  # fmt: skip
    yield from bounded(faults, sheet=sheet.name)


def _same(found: object, wanted: Cell | None) -> bool:
    value = wanted.value if wanted else ""
    if wanted is None or wanted.kind == "s" or value == "":  # the last: a cell that has its borders only
        return str(found) == value
    return isinstance(found, (int, float)) and abs(found - float(value)) <= _NOISE
