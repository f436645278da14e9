"""The border at which raw values become frozen records: pydantic checks types, every fault becomes a Problem.

The records themselves are plain dataclasses and know nothing of pydantic; it is imported when the first one is built. What a
record asks of a TOML table or of a CSV row stands in its fields alone: name, type, default, and the types of
:mod:`surveys.definitions.field_types`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from surveys.definitions.csv_tables import Row, TableColumns, bounded
from surveys.definitions.field_types import Condition, Count, Date, MayBeEmpty, OptionCode, Weighted
from surveys.problems import Place, shortened

R = TypeVar("R")

#: What pydantic calls a fault → the code under which a user reads it.
_FAULTS: Mapping[str, str] = {
    "missing": "record.missing",
    "unexpected_keyword_argument": "record.unknown_key",
    "literal_error": "record.not_accepted",
    "float_parsing": "record.not_number",
    "float_type": "record.not_number",
    "decimal_parsing": "record.not_number",
    "decimal_type": "record.not_number",
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
_CODE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
#: A code of an option of a scale may be negative, as statistical programs write missing answers.
_OPTION_CODE = re.compile(f"-?{_CODE.pattern}")


def is_code(text: str) -> bool:
    """Whether a text can be a code: an ASCII word, which can name a file as well.

    >>> is_code("so-noi-vu"), is_code("../x"), is_code("đống-đa")
    (True, False, False)
    """
    return _CODE.fullmatch(text) is not None


def build(record: type[R], raw: Mapping[str, object], place: Place) -> R | None:
    """One frozen record from raw values, or None with every fault noted.

    Keys are closed; numbers must be finite; the field ``code`` must be an ASCII word.
    """
    kind: type = record
    try:
        built: R = _validator(kind).validate_python(raw)
    except ValueError as error:  # a ValidationError of pydantic
        faults: Any = error
        for fault in bounded(faults.errors(include_url=False), lambda _: place, place.problems):
            _note(record, fault, place)
        return None
    code = raw.get("code")
    pattern = _OPTION_CODE if types_of(kind).get("code") == OptionCode else _CODE
    if isinstance(code, str) and not pattern.fullmatch(code):
        place.note("record.bad_code", "code", value=shortened(code))
        return None
    return built


def build_rows(record: type[R], rows: Sequence[Row]) -> list[R] | None:
    """The records of sound rows at once (``tests/benchmarks/test_score_speed.py``); None where they have to be built one by
    one: some row is faulty, a cell holds more than one value, or there are codes to look at."""
    kind: type = record
    if _cells_of(kind)[1] or "code" in types_of(kind):
        return None
    try:
        built: list[R] = _validator(kind, many=True).validate_python([from_cells(kind, row) for row in rows])
    except ValueError:
        return None
    return built


@cache
def _validator(record: type, many: bool = False) -> Any:
    """The validator of a record (or of a list of ``many``), with its keys closed and its numbers finite."""
    from pydantic import ConfigDict, TypeAdapter, with_config

    closed = with_config(ConfigDict(extra="forbid", allow_inf_nan=False))(record)
    return TypeAdapter(list[closed] if many else closed).validator  # type: ignore[valid-type]


def _note(record: type, fault: Any, place: Place) -> None:
    location = [part if isinstance(part, str) else f"[{part + 1}]" for part in fault["loc"]]
    column = ".".join(location).replace(".[", "[")
    code, value = _FAULTS.get(fault["type"], "record.wrong"), str(fault["input"])
    moved = dict(getattr(record, "MOVED", ()))
    if code == "record.unknown_key" and location[-1] in moved:
        place.note("record.moved_key", column, value=location[-1], now=moved[location[-1]])
    elif code == "record.unknown_key":
        place.not_accepted(code, column, location[-1], types_of(record))
    elif code == "record.not_accepted":
        words = re.findall(r"'([^']*)'", fault["ctx"]["expected"])
        place.not_accepted(code, column, value, filter(None, words))
    elif code == "record.missing":
        place.note(code, column)
    else:
        limit = fault.get("ctx", {}).get("max_length", "")
        place.note(code, column, value=shortened(value), limit=limit, reason=fault["msg"])


@cache
def types_of(record: type) -> Mapping[str, Any]:
    """Field → its type, in order; those of :mod:`surveys.definitions.field_types` as they are."""
    return get_type_hints(record, include_extras=True)


@cache
def columns_of(record: type) -> TableColumns:
    """The columns of the table of a record: fields without a default must be there."""
    needed = {field.name: field.default is MISSING for field in fields(record)}
    kinds = {name: {kind, *get_args(kind)} for name, kind in types_of(record).items()}
    counts = [name for name, kind in kinds.items() if Count in kind]
    numbers = [name for name, kind in kinds.items() if {int, float, Decimal, Count} & kind]
    return TableColumns(needed, numbers, counts)


def from_cells(record: type, row: Row) -> dict[str, object]:
    """The filled cells of a row as values of a record; those that may be empty stay as empty text."""
    blank, readers = _cells_of(record)
    raw: dict[str, object] = dict(row.cells)
    if not all(raw.values()):
        raw = {name: cell for name, cell in raw.items() if cell or name in blank}
    for name, read in readers.items():
        raw[name] = read(row[name], row.place.below(name))
    return raw


@cache
def _cells_of(record: type) -> tuple[frozenset[str], Mapping[str, Callable[[str, Place], object]]]:
    """The columns of a record whose cells may be empty, and those whose cells hold more than one value."""
    types = types_of(record).items()
    blank = frozenset(name for name, kind in types if kind == MayBeEmpty)
    return blank, {name: _READERS[kind] for name, kind in types if kind in _READERS}


def listed(cell: str) -> list[str]:
    """Entries of a cell divided by ``;``.

    >>> listed("so-1; so-2;")
    ['so-1', 'so-2']
    """
    return [part.strip() for part in cell.split(";") if part.strip()]


def _weighted(cell: str, place: Place) -> list[tuple[str, float]]:
    """``deputies:2;citizens`` as (deputies, 2) and (citizens, 1)."""
    found = []
    for text in listed(cell):
        group, colon, weight = text.partition(":")
        try:
            number = float(weight.strip().replace(",", ".")) if colon else 1.0
        except ValueError:
            place.note("record.malformed", value=text, form="deputies:1;citizens:2")
            number = 1.0
        found.append((group.strip(), number))
    return found


def _condition(cell: str, place: Place) -> tuple[str, list[str]] | None:
    """``S0=1|2`` as (S0, [1, 2])."""
    item, _, levels = (part.strip() for part in cell.partition("="))
    codes = [code.strip() for code in levels.split("|") if code.strip()]
    if cell and not (item and codes):
        place.note("record.malformed", value=cell, form="S0=1|2")
    return (item, codes) if item and codes else None


#: Types of fields whose cells hold more than one value, or that programs write as numbers (1.0).
_READERS: Mapping[Any, Callable[[str, Place], object]] = {
    tuple[str, ...]: lambda cell, _: listed(cell),
    bool: lambda cell, _: cell.removesuffix(".0") or False,
    Weighted: _weighted,
    Condition | None: _condition,
}


def from_table(record: type, table: Mapping[str, object], place: Place) -> dict[str, object]:
    """A TOML table as values of a record: sub-tables as pairs, arrays of tables as records, dates as text, and texts that may be
    empty filled in. Faults inside are noted."""
    raw = dict(table)
    for name, kind in types_of(record).items():
        part = get_args(kind)[0] if get_origin(kind) is tuple else None
        value = raw.get(name)
        if kind == MayBeEmpty:
            raw.setdefault(name, "")
        elif kind == Date and isinstance(value, date) and not isinstance(value, datetime):
            raw[name] = value.isoformat()
        elif isinstance(part, type) and is_dataclass(part):
            raw[name] = _nested(part, table, name, place)
        elif name in raw and is_pair(part):
            raw[name] = _pairs(part, section(table, name, place))
    return raw


def is_pair(part: object) -> bool:
    """Whether the entries of a field are pairs, which a TOML table holds by their first part."""
    return get_origin(part) is tuple and Ellipsis not in get_args(part)


def _pairs(part: object, table: Mapping[str, object]) -> list[tuple[str, object]]:
    """A TOML table as pairs of a key and a value, tables within it as well."""
    inner = get_args(get_args(part)[1])
    deeper = bool(inner) and is_pair(inner[0])
    return [
        (key, _pairs(inner[0], value) if deeper and isinstance(value, Mapping) else value)
        for key, value in table.items()
    ]


def _nested(record: type[R], table: Mapping[str, object], name: str, place: Place) -> list[R]:
    built = [build(record, from_table(record, entry, at), at) for entry, at in entries(table, name, place)]
    return [made for made in built if made is not None]


def section(document: Mapping[str, object], name: str, place: Place) -> Mapping[str, object]:
    """A table of a TOML document; empty when absent, noted when it is something else."""
    found = document.get(name, {})
    if isinstance(found, Mapping):
        return found
    place.note("record.not_table", name)
    return {}


def entries(
    document: Mapping[str, object], name: str, place: Place
) -> list[tuple[Mapping[str, object], Place]]:
    """The tables of an array ``[[name]]`` with their places ``name[1]``, ``name[2]``, …"""
    found = document.get(name, [])
    if not isinstance(found, list) or not all(isinstance(entry, Mapping) for entry in found):
        place.note("record.not_tables", name)
        return []
    return [(entry, place.below(name).below(f"[{k}]")) for k, entry in enumerate(found, 1)]
