"""CSV in and out: one reader of text with delimiters, and one writer.

Reading goes in steps that every kind of file shares; each room turns what goes wrong into a fault of its own, with the file:

1. its bytes become text in the room that knows which encodings are allowed: UTF-8 alone for definitions and results, old
   Vietnamese tables too for returned files;
2. ``delimiter_of(text, among, known)``: the mark between cells, and how many lines only declare it;
3. ``for line, cells in records(text, delimiter)``: every record with the line on which it starts, cells as written. It is
   lazy, so that a caller can stop at its bounds. Raises :class:`CsvError` (``line``, ``reason``) for a quote out of place.

Writing: ``csv_bytes(header, rows, ...)`` as RFC 4180 asks. Cells of type ``str`` are guarded against formulas unless
``guard=False``; other cells are written by ``str``, ``None`` as nothing. A file that was written with a guard is read with
:func:`surveys.vocabulary.formula_guard.unguarded`.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from operator import itemgetter
from typing import NamedTuple

from surveys.vocabulary.formula_guard import guarded

DELIMITERS = ",;\t|"
_NEEDS_QUOTES = re.compile('[",\r\n]')
#: Matches every text that is guarded or quoted.
_SPECIAL = re.compile('[\'\\s]*[=+@\t-]|[^",\r\n]*+[",\r\n]')


class CsvError(ValueError):
    """Text that is no CSV: ``line`` is the 1-based line on which the broken record starts, ``reason`` says what is wrong."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line, self.reason = line, reason


class Delimiter(NamedTuple):
    """The mark between cells, how many lines only declare it (``sep=;``), the other marks that part all records equally too, and
    whether one of them makes as many cells (``tied``)."""

    mark: str
    declaring: int = 0
    others: tuple[str, ...] = ()
    tied: bool = False


class _Fit(NamedTuple):
    """How well a mark fits a text, the better the larger: headings that are known, whether it parts every record into the same
    number of cells, records with the commonest number of cells, that number, and how often it stands in the first line."""

    known: int
    fits: bool
    alike: int
    width: int
    often: int


def delimiter_of(text: str, among: str = DELIMITERS, known: Collection[str] = ()) -> Delimiter:
    """The delimiter, one of ``among``.

    A line ``sep=;`` declares it. Otherwise it is told from the first thousand records: the mark under which more cells of the
    first line are ``known`` headings, then the one that parts the records into equal numbers of cells, quotes respected, then
    into more cells, then the one that stands more often in the first line, then the first of ``among``. Lines above the
    headings do not count. ``others`` are further marks that part all records equally; they say that the choice is open.

    >>> delimiter_of('"a;b",c\\n').mark, delimiter_of("sep=;\\na;b,c")[:2], delimiter_of("a;b,c,d", known={"a"}).mark
    (',', (';', 1), ';')
    >>> delimiter_of("Staff, politeness, help;Time\\n4;5\\n3;2\\n")
    Delimiter(mark=';', declaring=0, others=(), tied=False)
    """
    lines = text[:100_000].splitlines(keepends=True)[:-1]  # the last of them may go on
    if not any(map(str.strip, lines)):
        lines = text[:1_000_000].splitlines(keepends=True)
    first = next((line.rstrip("\r\n") for line in lines if line.strip()), "")
    declared = first[4:5]
    if first.lower().startswith("sep=") and declared and not first[4:].strip(declared):
        return Delimiter(declared, 1)
    sample = "".join(lines) if len(text) > 100_000 else text
    fits = {mark: _fit(sample, mark, first, known) for mark in among}
    best = max(among, key=fits.__getitem__)
    others = [mark for mark in among if mark != best and fits[mark][:2] == fits[best][:2] and fits[best].fits]
    return Delimiter(best, 0, tuple(others), any(fits[mark].width == fits[best].width for mark in others))


def _fit(sample: str, mark: str, first: str, known: Collection[str]) -> _Fit:
    widths = []
    with suppress(CsvError):
        for _, cells in islice(records(sample, mark), 1000):
            widths.append(len(cells))
    whole = [width for width in widths if width]
    common, alike = max(
        Counter(width for width in whole if width > 1).items(), key=itemgetter(1, 0), default=(0, 0)
    )
    if alike < 2:
        common = alike = 0  # one line alone says nothing of rows
    below = whole[whole.index(common) :] if alike else []  # without the lines above the headings
    named = sum(cell.strip(' "\t') in known for cell in first.split(mark))
    outside = "".join(first.split('"')[::2])
    return _Fit(named, alike > 1 and alike == len(below), alike, common, outside.count(mark))


def records(text: str, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """(1-based line on which it starts, cells as written) of every record, blank ones without cells. Raises CsvError.

    >>> list(records('a,b\\n"1\\n2",3\\n\\n4,5\\n'))
    [(1, ['a', 'b']), (2, ['1\\n2', '3']), (4, []), (5, ['4', '5'])]
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    try:
        for cells in reader:
            yield start, cells
            start = reader.line_num + 1
    except csv.Error as error:
        raise CsvError(start, str(error)) from None


def quoted(text: str) -> str:
    """A cell of a CSV: in quotes where it holds a comma, a quote or a line break (RFC 4180, rules 5 to 7).

    >>> quoted("Sở Y tế"), quoted('a "b", c')
    ('Sở Y tế', '"a ""b"", c"')
    """
    return '"' + text.replace('"', '""') + '"' if _NEEDS_QUOTES.search(text) else text


def csv_bytes(
    header: Sequence[str],
    rows: Iterable[Iterable[object]],
    *,
    guard: bool = True,
    mark: bool = True,
    line_end: str = "\r\n",
) -> bytes:
    """A table as UTF-8 bytes.

    ``guard``: texts that a spreadsheet program would run get an apostrophe. ``mark``: a byte order mark stands in front, which
    Excel needs to show Vietnamese.

    >>> csv_bytes(["text", "n"], [["=1+1", -2], ["a;b", None]], mark=False, line_end="|").decode()
    "text,n|'=1+1,-2|a;b,|"
    """

    def cell(value: object) -> str:
        if isinstance(value, str):
            return quoted(guarded(value) if guard else value)
        return "" if value is None else str(value)

    return _joined(header, ([cell(value) for value in row] for row in rows), mark, line_end)


def columns_bytes(header: Sequence[str], columns: Iterable[Sequence[str]], numeric: Iterable[bool]) -> bytes:
    """A table from its columns of text, as :func:`csv_bytes` writes it; those of ``numeric`` columns are written as they are.

    >>> columns_bytes(["text", "n"], [["=1+1", "a"], ["-2", "3.5"]], [False, True])
    b"\\xef\\xbb\\xbftext,n\\r\\n'=1+1,-2\\r\\na,3.5\\r\\n"
    """
    cells = [column if plain else _written(column) for column, plain in zip(columns, numeric, strict=True)]
    return _joined(header, zip(*cells, strict=True), True, "\r\n")


def _written(texts: Sequence[str]) -> Sequence[str]:
    """Guarded and quoted texts; each different one is looked at once."""
    special = {text: quoted(guarded(text)) for text in set(texts) if _SPECIAL.match(text)}
    return [special.get(text, text) for text in texts] if special else texts


def _joined(header: Sequence[str], rows: Iterable[Iterable[str]], mark: bool, line_end: str) -> bytes:
    lines = [",".join(map(quoted, header)), *map(",".join, rows)]
    if len(header) == 1:
        lines = [line or '""' for line in lines]  # a lone empty cell is no blank line
    return line_end.join([*lines, ""]).encode("utf-8-sig" if mark else "utf-8")
