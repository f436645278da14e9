"""The border at which raw values become frozen records: pydantic checks types, every fault becomes a Problem.

The records themselves are plain dataclasses and know nothing of pydantic; it is imported when the first one is built.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast

from surveys.definitions.tables import Lines, read_lines, too_many
from surveys.problems import Problems, Severity, nearest

R = TypeVar("R")

#: What pydantic calls a fault → the code under which a user reads it.
_FAULTS: Mapping[str, str] = {
    "missing": "record.missing",
    "unexpected_keyword_argument": "record.unknown_key",
    "literal_error": "record.not_accepted",
    "float_parsing": "record.not_number",
    "float_type": "record.not_number",
    "finite_number": "record.not_finite",
    "int_parsing": "record.not_whole",
    "int_type": "record.not_whole",
    "int_from_float": "record.not_whole",
    "bool_parsing": "record.not_boolean",
    "bool_type": "record.not_boolean",
    "string_type": "record.not_text",
    "tuple_type": "record.not_list",
    "too_long": "record.list_length",
}
#: Shown where no accepted value is near.
NONE = "–"
_CODE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


class Place:
    """Where a record stands: a file, and either a row of a table or a key path of a TOML document."""

    __slots__ = ("at", "file", "problems", "row")

    def __init__(self, problems: Problems, file: str, row: int | None = None, at: str = "") -> None:
        self.problems, self.file, self.row, self.at = problems, file, row, at

    def note(self, code: str, column: str = "", *, severity: Severity = "error", **params: Any) -> None:
        """Note a fault in ``column`` (a heading, or a key below the path of this place)."""
        path = ".".join(part for part in (self.at, column) if part)
        self.problems.add(
            code,
            severity=severity,
            file=self.file,
            row=self.row,
            column=path,
            **params,
        )

    def not_accepted(self, code: str, column: str, value: str, accepted: Iterable[str]) -> None:
        """Note that ``value`` is none of ``accepted``, with the nearest of them."""
        known = tuple(accepted)
        self.note(code, column, value=shortened(value), accepted=_some(known), nearest=_nearest(value, known))

    def below(self, key: str) -> Place:
        """The place of a key or list entry below this one."""
        path = f"{self.at}{key}" if key.startswith("[") else ".".join(part for part in (self.at, key) if part)
        return Place(self.problems, self.file, self.row, path)


def shortened(value: object) -> str:
    """A value as a message shows it: at most 80 characters.

    >>> len(shortened("x" * 1000))
    80
    """
    text = str(value)
    return text if len(text) <= 80 else text[:79] + "…"


def _some(accepted: Sequence[str]) -> list[str]:
    """The accepted values as a message shows them: at most 40."""
    return [*accepted[:40], "…"] if len(accepted) > 40 else list(accepted)


@lru_cache(maxsize=4096)
def _nearest(value: str, accepted: tuple[str, ...]) -> str:
    """The nearest accepted value; the same mistake often stands in every row of a table."""
    return nearest(value[:200], accepted) or NONE


def build(record: type[R], raw: Mapping[str, object], place: Place) -> R | None:
    """One frozen record from raw values, or None with every fault noted.

    Keys are closed; numbers must be finite; the field ``code`` must be an ASCII word.
    """
    from pydantic import ValidationError

    try:
        built = _adapter(cast("type", record)).validate_python(raw)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            _note(record, fault, place)
        return None
    code = getattr(built, "code", None)
    if isinstance(code, str) and not _CODE.fullmatch(code):
        place.note("record.bad_code", "code", value=shortened(code))
        return None
    return built


@cache
def _adapter(record: type) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(_closed(record))


@cache
def _adapter_of_many(record: type) -> Any:
    from pydantic import FailFast, TypeAdapter

    many: Any = Annotated[list[_closed(record)], FailFast()]  # type: ignore[misc]
    return TypeAdapter(many)


def _closed(record: type) -> type:
    """The record with its keys closed and its numbers finite."""
    from pydantic import ConfigDict, with_config

    return with_config(ConfigDict(extra="forbid", allow_inf_nan=False))(record)


def _note(record: type, fault: Any, place: Place) -> None:
    location = [str(part) if isinstance(part, str) else f"[{part + 1}]" for part in fault["loc"]]
    column = "".join(
        part if part.startswith("[") or k == 0 else f".{part}" for k, part in enumerate(location)
    )
    value = "" if fault["type"] == "missing" else shortened(fault["input"])
    accepted: list[str] = []
    if fault["type"] == "unexpected_keyword_argument":
        value = location[-1]
        accepted = list(names_of(record))
    elif fault["type"] == "literal_error":
        accepted = re.findall(r"'([^']*)'", fault["ctx"]["expected"])
    code = _FAULTS.get(fault["type"], "record.wrong")
    params: dict[str, Any] = {"value": value} if code != "record.missing" else {}
    if accepted:
        params |= {
            "accepted": [name for name in accepted if name],
            "nearest": _nearest(value, tuple(accepted)),
        }
    if code == "record.list_length":
        params |= {"limit": fault["ctx"]["max_length"]}
    if code == "record.wrong":
        params |= {"reason": fault["msg"]}
    place.note(code, column, **params)


@cache
def names_of(record: type) -> tuple[str, ...]:
    """Field names of a record, in order."""
    return tuple(f.name for f in fields(record)) if is_dataclass(record) else ()


@cache
def columns_of(record: type) -> Mapping[str, bool]:
    """Columns of the table of a record: name → must be there (fields without a default)."""
    return {
        f.name: f.default is MISSING and f.default_factory is MISSING
        for f in (fields(record) if is_dataclass(record) else ())
    }


@cache
def numbers_of(record: type) -> frozenset[str]:
    """Columns of a record that hold numbers."""
    found = fields(record) if is_dataclass(record) else ()
    return frozenset(f.name for f in found if str(f.type).startswith(("float", "int")))


def given(cells: Mapping[str, str], blank: Iterable[str] = ()) -> dict[str, object]:
    """The cells that are filled; those named in ``blank`` stay as empty text.

    >>> given({"code": "1", "weight": "", "parent": ""}, blank=["parent"])
    {'code': '1', 'parent': ''}
    """
    kept = blank if isinstance(blank, frozenset) else frozenset(blank)
    return {name: cell for name, cell in cells.items() if cell or name in kept}


def listed(cell: str) -> list[str]:
    """Entries of a cell divided by ``;``.

    >>> listed("so-1; so-2;")
    ['so-1', 'so-2']
    """
    return [part.strip() for part in cell.split(";") if part.strip()]


def table_of(
    record: type[R],
    path: Path,
    problems: Problems,
    file: str,
    blank: Iterable[str] = (),
    may_be_empty: bool = True,
) -> list[tuple[R, Place]]:
    """The records of a CSV whose columns are the record's fields, each with its place."""
    kind = cast("type", record)
    columns = columns_of(kind)
    lines = read_lines(
        path, columns, problems, file=file, numbers=numbers_of(kind), may_be_empty=may_be_empty
    )
    if lines is None:
        return []
    kept = {name: "" for name in blank if name in columns}
    whole = _all_right(kind, _arguments(lines, columns, kept))
    if whole is not None:
        return [
            (built, Place(problems, file, line)) for built, (line, _) in zip(whole, lines.rows, strict=True)
        ]
    found = []
    before = len(problems)
    for line, cells in lines.rows:
        place = Place(problems, file, line)
        built = build(record, _raw(lines.header, cells, columns, kept), place)
        if built is not None:
            found.append((built, place))
        if too_many(problems, before, file, line):
            break
    return found


def _arguments(lines: Lines, columns: Mapping[str, bool], kept: Mapping[str, str]) -> list[Any]:
    """The cells of every row as the arguments of its record: by position where all are filled and stand in the order of
    the fields, otherwise as :func:`_raw`."""
    from pydantic_core import ArgsKwargs

    header = lines.header
    in_order = header == tuple(columns)[: len(header)] and kept.keys() <= set(header)
    return [
        ArgsKwargs(tuple(cells)) if in_order and "" not in cells else _raw(header, cells, columns, kept)
        for _, cells in lines.rows
    ]


def _raw(
    header: Sequence[str], cells: Sequence[str], columns: Mapping[str, bool], kept: Mapping[str, str]
) -> dict[str, str]:
    """The cells of a row that are filled, by column; those of ``kept`` stay as empty text."""
    filled = {name: cell for name, cell in zip(header, cells, strict=True) if cell and name in columns}
    return {**kept, **filled}


def _all_right(record: type, raw: Sequence[Any]) -> list[Any] | None:
    """All rows of a table checked at once; None when any of them is wrong, which is then looked for row by row."""
    from pydantic import ValidationError

    try:
        built: list[Any] = _adapter_of_many(record).validate_python(raw)
    except ValidationError:
        return None
    if "code" in names_of(record) and not all(_CODE.fullmatch(made.code) for made in built):
        return None
    return built
