"""What the programs that read files say to the one that asked: typed values as JSON, and cells as numbers of a pool.

Nothing that comes back is run: a program that was taken over by the file it reads can only send values. A record is written as
the list of its fields and read against the types that they declare; whatever does not fit is a ``ValueError``.
"""

from __future__ import annotations

import datetime as dt
import json
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import cache
from itertools import chain
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from surveys.problems import Problem
from surveys.returns.files.file_content import Wanted
from surveys.returns.files.sheets import Page

_PLAIN = (str, bool, float, int, NoneType)
_NO_NUMBERS = frozenset({str, NoneType, dt.datetime, dt.date, dt.time, dt.timedelta})
#: Tag → how a value of that kind is made of a text.
_TAGGED: Mapping[str, Any] = {
    "datetime": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat,
    "microseconds": lambda text: dt.timedelta(microseconds=int(text)),
}


class Received(NamedTuple):
    """A page without its rows, how many rows and columns of cells it has, the number of fields of each of its lines (of a text
    file), and its different cells."""

    page: Page
    rows: int
    columns: int
    widths: tuple[int, ...]
    pool: tuple[object, ...]


def request(wanted: Wanted) -> bytes:
    """What is asked, as one line."""
    return _written(_plain(wanted)) + b"\n"


def asked(line: bytes) -> Wanted:
    """What was asked by a line of :func:`request`."""
    wanted: Wanted = _checked(json.loads(line), Wanted)
    return wanted


def answer(pages: Iterable[Page] = (), problems: Iterable[Problem] = ()) -> tuple[bytes, bytes]:
    """Pages or problems: their description, and all cells one after another as numbers of the pool of their page."""
    said, cells = [], []
    for page in pages:
        columns = max(map(len, page.rows), default=0)
        pool, codes = _pooled(page.rows, columns)
        widths = list(map(len, page.rows)) if page.lines else []
        said.append([_plain(replace(page, rows=())), len(page.rows), columns, widths, pool])
        cells.append(codes.tobytes())
    return _written([said, [_plain(problem) for problem in problems]]), b"".join(cells)


def answered(described: bytes) -> tuple[tuple[Received, ...], tuple[Problem, ...]]:
    """The pages and the problems of an :func:`answer`. Raises ValueError for anything else.

    >>> page = Page("A", [["x", 1.0], [None, True]])
    >>> answered(answer([page])[0])[0][0].pool
    ('x', 1.0, None, True)
    """
    try:
        pages, problems = json.loads(described)
        received = tuple(
            Received(*(_checked(part, kind) for part, kind in zip(page, _RECEIVED, strict=True)))
            for page in pages
        )
        return received, tuple(_checked(problem, Problem) for problem in problems)
    except (TypeError, KeyError, OverflowError, RecursionError, AttributeError) as error:
        raise ValueError(str(error)) from None


_RECEIVED = (Page, int, int, tuple[int, ...], tuple[object, ...])


def _written(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


class _Numbers(dict[Any, int]):
    """Keys in the order in which they were first asked for → their numbers."""

    def __missing__(self, key: object) -> int:
        self[key] = len(self)
        return len(self) - 1


def _pooled(rows: Sequence[Sequence[object]], columns: int) -> tuple[list[object], array[int]]:
    """The different cells, and for each cell its number among them; 1, 1.0 and TRUE are different cells. The missing ends of rows
    are empty texts."""
    cells = [*chain.from_iterable(rows)]
    if len(cells) != len(rows) * columns:
        cells = [*chain.from_iterable([*row, *[""] * (columns - len(row))] for row in rows)]
    numbers = _Numbers()
    # Only numbers of two kinds are equal without being the same cell (tests/benchmarks/test_reading_speed.py).
    if len(set(map(type, cells)) - _NO_NUMBERS) < 2:
        codes = array("i", map(numbers.__getitem__, cells))
        return [_scalar(cell) for cell in numbers], codes
    codes = array("i", map(numbers.__getitem__, zip(map(type, cells), cells, strict=True)))
    return [_scalar(cell) for _, cell in numbers], codes


def _scalar(value: Any) -> object:
    """A cell as JSON: texts, numbers, truth values and nothing as they are, times with a tag, anything else as text."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, dt.datetime):
        return ["datetime", value.isoformat()]
    if isinstance(value, (dt.date, dt.time)):
        return ["date" if isinstance(value, dt.date) else "time", value.isoformat()]
    if isinstance(value, dt.timedelta):
        return ["microseconds", str(value // dt.timedelta(microseconds=1))]
    return _scalar(value.item()) if hasattr(value, "item") else str(value)  # a number of numpy has an item


def _plain(value: Any) -> object:
    """A record, tuple, mapping or cell as JSON."""
    if is_dataclass(value):
        return [_plain(getattr(value, field.name)) for field in fields(value)]
    if isinstance(value, Mapping):
        return [[_plain(key), _plain(item)] for key, item in value.items()]
    return [_plain(item) for item in value] if isinstance(value, (tuple, list)) else _scalar(value)


@cache
def _types(record: Any) -> tuple[tuple[str, Any], ...]:
    """Name and type of each field of a record, in order."""
    hints = get_type_hints(record)
    return tuple((field.name, hints[field.name]) for field in fields(record))


def _checked(plain: Any, kind: Any) -> Any:
    """A value of a type from JSON. Raises ValueError or TypeError when it is none."""
    if kind is object:
        return plain if type(plain) in _PLAIN else _TAGGED[plain[0]](plain[1])
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return None if plain is None else _checked(plain, inner[0])
    if is_dataclass(kind) or (origin is not None and origin is not Literal):
        return _composed(plain, kind, origin, inner)
    accepted = (
        plain in inner if origin is Literal else type(plain) is kind or (kind is float and type(plain) is int)
    )
    if not accepted:
        raise ValueError(f"{plain!r:.60} is no {kind}")
    return plain


def _composed(plain: Any, kind: Any, origin: Any, inner: tuple[Any, ...]) -> Any:
    """A record, mapping or tuple; a text is none of them."""
    if not isinstance(plain, list):
        raise ValueError(f"{plain!r:.60} is no {kind}")
    if origin is None:
        named = zip(_types(kind), plain, strict=True)
        return kind(**{name: _checked(item, of) for (name, of), item in named})
    if issubclass(origin, Mapping):
        return {_checked(key, inner[0]): _checked(item, inner[1]) for key, item in plain}
    if origin is not tuple or inner[-1] is ...:
        return tuple(_checked(item, inner[0]) for item in plain)
    return tuple(_checked(item, of) for item, of in zip(plain, inner, strict=True))
