"""What differs between two files of one kind, cell by cell or key by key: tables, workbooks, JSON and TOML.

``expected`` is the file as it should be, ``found`` the one that is checked; ``row`` is the line in the one that is checked.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from surveys.definitions.toml_text import toml_document
from surveys.handover.first_faults import bounded
from surveys.handover.manifest import DESCRIPTOR
from surveys.handover.official_columns import OF_RESULTS
from surveys.handover.official_kinds import tables_of_every_kind
from surveys.problems import Place, Problem, Problems, SurveyError, fault, shortened
from surveys.returns.files.opening import read_sheets
from surveys.returns.headings.columns import column_letter
from surveys.vocabulary.csv import records
from surveys.vocabulary.temporary_folder import temporary_folder

#: A checksum or a fingerprint that a workbook shows: the files behind it are compared themselves.
_DIGEST = re.compile(r"[0-9a-f]{64}|[0-9a-f]{4}( [0-9a-f]{4}){15}")
#: What identifies a row of a table with these headings.
_KEYS = {table.names: table.key for table in (*OF_RESULTS, *tables_of_every_kind())}

Row = tuple[int, tuple[str, ...]]  # line in the file, cells
Sheets = Mapping[str, Sequence[Row]]  # by name; a CSV file is one sheet without a name
Pair = tuple[Row | None, Row | None]  # expected, found


def file_differences(path: str, expected: bytes, found: bytes) -> Iterator[Problem]:
    """Faults of a file whose bytes should be others: the first of its cells or keys, and how many more there are.

    >>> [(p.code, p.row, p.column) for p in file_differences("a.csv", b"x,y\\r\\n1,2\\r\\n", b"x,y\\r\\n1,3\\r\\n")]
    [('again.value', 2, 'y')]
    """
    kind = _KIND_OF_DESCRIPTOR if Path(path).name == DESCRIPTOR else _KINDS[Path(path).suffix]
    try:
        theirs = kind.read(found, path)
    except SurveyError as error:
        yield from error.problems
        return
    told = 0
    for problem in bounded(kind.differ(path, kind.read(expected, path), theirs), file=path):
        told += 1
        yield problem
    if not told and kind.is_text:
        yield Problem("again.written_otherwise", file=path)


def content_differs(folder: Path, path: str, expected: bytes | None, present: Set[str]) -> Iterator[Problem]:
    """What is different about one file of a folder, of whose files these are ``present``; ``expected`` None: there should be
    none."""
    if expected is None:
        if path in present:
            yield Problem("again.file_extra", file=path)
    elif path not in present:
        yield Problem("again.file_missing", file=path)
    elif (found := (folder / path).read_bytes()) != expected:
        yield from file_differences(path, expected, found)


def is_comparable(path: str) -> bool:
    """Whether a file of this name is compared by what stands in it."""
    return Path(path).suffix in _KINDS


def unequal(
    expected: Mapping[str, str], found: Mapping[str, str]
) -> Iterator[tuple[str, str | None, str | None]]:
    """(key, expected, found) where two mappings differ; None for a key that is not there.

    >>> list(unequal({"a": "1", "b": "2"}, {"b": "3", "c": ""}))
    [('a', '1', None), ('b', '2', '3'), ('c', None, '')]
    """
    for key in {**expected, **found}:
        ours, theirs = expected.get(key), found.get(key)
        if ours != theirs:
            yield key, ours, theirs


def leaves(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    """(path of keys, text) of every value of a JSON or TOML document; an empty list or table is a value.

    >>> dict(leaves({"a": {"b": [1, True]}, "c": []}))
    {'a.b[0]': '1', 'a.b[1]': 'true', 'c': '[]'}
    """
    if isinstance(value, Mapping) and value:
        for name, part in value.items():
            yield from leaves(part, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list) and value:
        for k, part in enumerate(value):
            yield from leaves(part, f"{key}[{k}]")
    else:
        yield key, value if isinstance(value, str) else json.dumps(value, default=str)


def differ(code: str, expected: str | None, found: str | None, **place: Any) -> Problem:
    """A fault with both values as a message shows them, a dash for what is not there; ``place``: file, sheet, row, column."""
    values = (("expected", expected), ("found", found))
    params = tuple((name, "–" if value is None else shortened(value)) for name, value in values)
    return Problem(code, params=params, **place)


def keys_differ(path: str, expected: Mapping[str, str], found: Mapping[str, str]) -> Iterator[Problem]:
    """Keys of two documents whose values differ."""
    for key, ours, theirs in unequal(expected, found):
        yield differ("again.value", ours, theirs, file=path, column=key)


def _sheets_differ(path: str, expected: Sheets, found: Sheets) -> Iterator[Problem]:
    for name in {**expected, **found}:
        if name not in found:
            yield Problem("again.sheet_missing", file=path, sheet=name)
        elif name not in expected:
            yield Problem("again.sheet_extra", file=path, sheet=name)
        else:
            yield from _rows_differ({"file": path, "sheet": name}, expected[name], found[name])


def _rows_differ(
    place: Mapping[str, Any], expected: Sequence[Row], found: Sequence[Row]
) -> Iterator[Problem]:
    """Cells that differ in rows that stand for each other, and rows that stand on one side only."""
    headings, theirs = (rows[0][1] if rows else () for rows in (expected, found))
    if headings != theirs:
        yield differ("again.header", ",".join(headings), ",".join(theirs), **place, row=1)
        return
    key = [headings.index(name) for name in _KEYS.get(headings, ())]
    # A title stands in the first row of a workbook's sheets, whose columns are told by their letters.
    names = tuple(map(column_letter, range(len(headings)))) if place["sheet"] else headings
    for row, other in _pairs(expected, found, key):
        if row is None or other is None:
            _, cells = row or other or (0, ())
            shown = _at(cells, key) if key else filter(None, cells)
            named = (("key", shortened(" · ".join(shown))),)
            code = "again.row_missing" if other is None else "again.row_extra"
            yield Problem(code, **place, row=other[0] if other else None, params=named)
            continue
        for heading, cell, found_cell in zip_longest(names, row[1], other[1], fillvalue=""):
            if cell != found_cell:
                yield differ("again.value", cell, found_cell, **place, row=other[0], column=heading)


def _pairs(expected: Sequence[Row], found: Sequence[Row], key: Sequence[int]) -> Iterator[Pair]:
    """Rows that stand for each other though they differ. Those that both sides have are taken away, so that one row too many does
    not move all others; the rest are paired by their ``key`` (places of its cells), or in their order where there is none."""
    waiting: dict[tuple[str, ...], deque[Row]] = defaultdict(deque)
    for row in _without(found, expected):
        waiting[_at(row[1], key)].append(row)
    for row in _without(expected, found):
        same = waiting[_at(row[1], key)]
        yield row, same.popleft() if same else None
    for same in waiting.values():
        yield from ((None, row) for row in same)


def _at(cells: Sequence[str], places: Sequence[int]) -> tuple[str, ...]:
    """The cells at some places, nothing where a row is too short."""
    return tuple("".join(cells[k : k + 1]) for k in places)


def _without(rows: Sequence[Row], others: Sequence[Row]) -> list[Row]:
    """Rows whose cells the others do not have, or not as often."""
    left = Counter(cells for _, cells in others)
    kept = []
    for row in rows:
        if left[row[1]]:
            left[row[1]] -= 1
        else:
            kept.append(row)
    return kept


def _csv(content: bytes, path: str) -> Sheets:
    try:
        return {"": [(line, tuple(cells)) for line, cells in records(content.decode("utf-8-sig"))]}
    except ValueError as error:
        raise _unreadable(path, error) from None


def _document(content: bytes, path: str) -> dict[str, str]:
    """The values of a JSON file by the paths of their keys. Raises SurveyError when it is none."""
    try:
        return dict(leaves(json.loads(content)))
    except (ValueError, RecursionError) as error:
        raise _unreadable(path, error) from None


def _toml(content: bytes, path: str) -> dict[str, str]:
    problems = Problems()
    try:
        document = toml_document(content.decode(), Place(problems, path))
    except UnicodeDecodeError as error:
        raise _unreadable(path, error) from None
    problems.raise_errors()
    return dict(leaves(document))


def _xlsx(content: bytes, path: str) -> Sheets:
    with temporary_folder() as folder:
        copy = folder / "workbook.xlsx"
        copy.write_bytes(content)
        sheets = read_sheets(copy, path)
    return {
        sheet.name: [
            (line, tuple(_shown(cell) for cell in cells))
            for line, cells in enumerate(sheet.cells, start=sheet.first_row)
        ]
        for sheet in sheets
    }


def _shown(cell: object) -> str:
    """A cell of a workbook as text; checksums are passed over."""
    text = str(cell)
    return "" if _DIGEST.fullmatch(text) else text


def _unreadable(path: str, error: Exception) -> SurveyError:
    return fault("again.unreadable", file=path, reason=shortened(error))


class _Comparison(NamedTuple):
    """How files of a kind are read and compared; ``is_text``: the same content is written in one way only."""

    read: Callable[[bytes, str], Any]
    differ: Callable[[str, Any, Any], Iterator[Problem]]
    is_text: bool = True


def _descriptors_differ(
    path: str, expected: Mapping[str, str], found: Mapping[str, str]
) -> Iterator[Problem]:
    """What descriptors say of tables; size and checksum of a table that differs are told as the table's own difference."""
    ours, theirs = (
        {key: said for key, said in each.items() if not key.endswith((".bytes", ".hash"))}
        for each in (expected, found)
    )
    yield from keys_differ(path, ours, theirs)


#: Sizes and checksums are passed over, so that other bytes may say the same.
_KIND_OF_DESCRIPTOR = _Comparison(_document, _descriptors_differ, is_text=False)
_KINDS = {
    ".csv": _Comparison(_csv, _sheets_differ),
    ".json": _Comparison(_document, keys_differ),
    ".toml": _Comparison(_toml, keys_differ),
    ".xlsx": _Comparison(_xlsx, _sheets_differ, is_text=False),  # an archive holds more than its cells
}
