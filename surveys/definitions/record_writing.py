"""Records as TOML tables and CSV rows: the opposite of :mod:`surveys.definitions.record_building`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal
from typing import Any, get_args, get_origin

from surveys.definitions.csv_tables import lost_letters
from surveys.definitions.field_types import Condition, MayBeEmpty, Weighted
from surveys.definitions.record_building import is_pair, types_of
from surveys.problems import fault, shortened
from surveys.vocabulary.composition import is_composed
from surveys.vocabulary.csv import csv_bytes

#: Beyond this whole numbers are written as floats are.
_WHOLE = 10**15


def as_table(made: Any) -> dict[str, object]:
    """A record as a TOML table: without what it has by default, pairs as tables, lists of tables at the end.

    >>> from surveys.definitions.instrument.records import Band, Field
    >>> as_table(Field("age", "attribute", (), (("tre", ()),), bands=(Band("tre", 18.0),)))
    {'code': 'age', 'role': 'attribute', 'headers': [], 'categories': {'tre': []}, 'bands': [{'category': 'tre', 'low': 18}]}
    """
    record: type = type(made)
    kinds = types_of(record)
    found: dict[str, object] = {}
    for field in fields(made):
        value, wanted = getattr(made, field.name), kinds[field.name]
        left_out = value == field.default or (wanted == MayBeEmpty and not value)
        if not left_out or (field.default is MISSING and wanted != MayBeEmpty):
            found[field.name] = _value(value, wanted)
    return dict(sorted(found.items(), key=lambda entry: _is_tables(entry[1])))


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and any(isinstance(part, dict) for part in value)


def _value(value: Any, kind: Any) -> object:
    """A value of a record as TOML holds it."""
    part = get_args(kind)[0] if get_origin(kind) is tuple else None
    if isinstance(part, type) and is_dataclass(part):
        return [as_table(entry) for entry in value]
    if is_pair(part):
        return _pairs(value)
    return _plain(value)


def _pairs(pairs: Iterable[tuple[str, Any]]) -> dict[str, object]:
    """Pairs as a table, pairs within them as tables within it."""
    return {key: _pairs(value) if _holds_pairs(value) else _plain(value) for key, value in pairs}


def _holds_pairs(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and all(isinstance(part, tuple) for part in value)


def _plain(value: Any) -> object:
    """Tuples as lists; whole numbers without decimals."""
    if isinstance(value, (tuple, list)):
        return [_plain(part) for part in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < _WHOLE:
        return int(value)
    return value


def table_bytes(record: type, rows: Sequence[Any], columns: Sequence[str] = ()) -> bytes:
    """Records of one kind as a CSV of definitions; ``columns``: all fields of the record in another order.

    Raises SurveyError with every text that would be read back as something else: white space at its ends, a ``;`` within an
    entry of a list, letters that were lost.

    >>> from surveys.definitions.study.records import Frame
    >>> table_bytes(Frame, [Frame("xa", "x1", "dân", 120.0)]).decode()
    'block,unit,group,population\\nxa,x1,dân,120\\n'
    """
    columns = columns or tuple(types_of(record))
    cells = [_row(made, columns) for made in rows]
    return csv_bytes(columns, cells, guard=False, mark=False, line_end="\n")


def _row(made: Any, columns: Sequence[str]) -> list[str]:
    record: type = type(made)
    kinds = types_of(record)
    texts = {name: _cell(getattr(made, name), kinds[name]) for name in columns}
    for name, text in texts.items():
        if not _is_read_back(text) or not _parts_are_read_back(getattr(made, name), kinds[name]):
            code = getattr(made, "code", "")
            raise fault("definition.not_writable", record=code, key=name, text=shortened(repr(text)))
    return list(texts.values())


def _cell(value: Any, kind: Any) -> str:
    """A value as a cell: entries divided by ``;``, weights behind ``:``, conditions as ``S0=1|2``."""
    if value is None:
        return ""
    if kind == Weighted:
        return ";".join(f"{name}:{number_text(weight)}" for name, weight in value)
    if kind == Condition | None:
        return f"{value[0]}={'|'.join(value[1])}"
    if isinstance(value, tuple):
        return ";".join(value)
    if isinstance(value, bool):
        return str(int(value))
    return number_text(value) if isinstance(value, (int, float)) else str(value)


def number_text(number: float) -> str:
    """A number with a decimal point and all its digits, none where it is whole.

    >>> number_text(9.5), number_text(10.0), number_text(1e-7)
    ('9.5', '10', '0.0000001')
    """
    text = f"{Decimal(repr(float(number))):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _is_read_back(text: str) -> bool:
    """Whether a cell is read as it is written."""
    plain = text.strip() == text and "\r" not in text and "\0" not in text
    return plain and is_composed(text) and not lost_letters(text)


def _parts_are_read_back(value: Any, kind: Any) -> bool:
    """Whether the entries of a list, the groups of weights and the parts of a condition are told apart."""
    if value is None or not isinstance(value, tuple):
        return True
    if kind == Weighted:
        return all(not set(name) & set(";:") and name.strip() == name != "" for name, _ in value)
    if kind == Condition | None:
        item, levels = value
        return "=" not in item and all("|" not in code and code.strip() == code != "" for code in levels)
    return all(";" not in part and part.strip() == part != "" for part in value)
