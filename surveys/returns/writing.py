"""Tidy returns written back: CSV, Parquet, and .sav files that SPSS users can open. What is written reads back equal.

One file for each questionnaire, one row for each evaluation, in the project's own layout: fields under their codes, items with
the codes of their levels. In .sav, answers are numbers with value labels wherever the codes are numbers; the reasons for having
none are negative numbers, declared missing.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import (
    BLANK,
    NON_ANSWERS,
    OUT_OF_SCALE,
    SEVERAL,
    Instrument,
    Item,
    Scale,
)
from surveys.problems import fault
from surveys.returns.options import REASONS
from surveys.returns.record_set import PROVENANCE, ROLE_COLUMNS, Returns

Format = Literal["csv", "parquet", "sav"]
#: Bytes that SPSS keeps of a variable name, a variable label and a value label.
NAME_BYTES, LABEL_BYTES, VALUE_LABEL_BYTES = 64, 255, 120
#: Words of the SPSS command language that cannot name a variable.
RESERVED = frozenset(["ALL", "AND", "BY", "EQ", "GE", "GT", "LE", "LT", "NE", "NOT", "OR", "TO", "WITH"])
NAMES_FILE = "names.csv"
_LOWEST = min(NON_ANSWERS.values())


def write_returns(returns: Returns, folder: Path, kind: Format = "csv") -> tuple[Path, ...]:
    """Write ``returns-<questionnaire>.<kind>`` for every questionnaire that has returns; for .sav also ``names.csv``, which
    says which variable is which field or item.

    Raises :class:`~surveys.problems.SurveyError` when Parquet is asked for and pyarrow is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written, names = [], []
    for questionnaire in returns.instrument.questionnaires:
        rows = np.flatnonzero((returns.rows["questionnaire"] == questionnaire.code).to_numpy())
        if rows.size:
            path = folder / f"returns-{questionnaire.code}.{kind}"
            items = returns.instrument.items_of(questionnaire.code)
            names += [(path.name, *pair) for pair in _write(returns, rows, items, path, kind)]
            written.append(path)
    if kind == "sav" and written:
        written.append(_write_names(folder / NAMES_FILE, names))
    return tuple(written)


def tidy_table(returns: Returns, rows: np.ndarray, items: Sequence[Item]) -> pd.DataFrame:
    """Evaluations as text: fields under their codes, items as level codes, reasons for having none as the scale writes them, and
    cells that are no answer as they were."""
    columns = {**_fields(returns, rows)}
    said = _faulty_texts(returns)
    for item in items:
        codes = returns.answers[rows, returns.instrument.item_position[item.code]]
        texts = _texts(returns.instrument.scale[item.scale])[codes.astype(int) - _LOWEST]
        for k in np.flatnonzero((codes == OUT_OF_SCALE) | (codes == SEVERAL)):
            texts[k] = said.get((int(rows[k]), item.code)) or texts[k]
        columns[item.code] = texts
    return pd.DataFrame(columns)


def spss_names(codes: Iterable[str]) -> dict[str, str]:
    """A variable name for every code: letters, digits and ``_``, not longer than SPSS allows, no two alike but for case.

    >>> spss_names(["2.4.1a", "2_4_1A", "tuổi", "by"])
    {'2.4.1a': 'V2_4_1a', '2_4_1A': 'V2_4_1A_2', 'tuổi': 'tuổi', 'by': 'V_by'}
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for code in codes:
        base = _as_name(code)
        name, number = _cut(base, NAME_BYTES), 1
        while name.casefold() in taken:
            number += 1
            name = f"{_cut(base, NAME_BYTES - len(str(number)) - 1)}_{number}"
        taken.add(name.casefold())
        names[code] = name
    return names


def shortened(labels: Mapping[str, str], limit: int) -> dict[str, str]:
    """Labels by key within ``limit`` bytes of UTF-8. One that is too long ends in ``…`` and its key, so that no two of them
    become equal by being cut.

    >>> shortened({"a": "Rất dài" * 3, "b": "Rất dài" * 4, "c": "ngắn"}, 20)
    {'a': 'Rất dàiR… [a]', 'b': 'Rất dàiR… [b]', 'c': 'ngắn'}
    """
    return {
        key: label
        if len(label.encode()) <= limit
        else _cut(label, limit - len(f"… [{key}]".encode())) + f"… [{key}]"
        for key, label in labels.items()
    }


def _write(
    returns: Returns, rows: np.ndarray, items: Sequence[Item], path: Path, kind: Format
) -> list[tuple[str, str]]:
    if kind == "sav":
        return _write_sav(returns, rows, items, path)
    table = tidy_table(returns, rows, items)
    if kind == "csv":
        table.to_csv(path, index=False, lineterminator="\r\n", date_format="%Y-%m-%d %H:%M:%S")
    else:
        _write_parquet(table, path)
    return []


def _write_parquet(table: pd.DataFrame, path: Path) -> None:
    try:
        table.to_parquet(path, index=False)
    except ImportError:
        raise fault("returns.no_parquet", file=path.name) from None


def _write_sav(
    returns: Returns, rows: np.ndarray, items: Sequence[Item], path: Path
) -> list[tuple[str, str]]:
    import pyreadstat

    instrument = returns.instrument
    table = tidy_table(returns, rows, items)
    names = spss_names(table.columns)
    numeric = [item for item in items if _numbers(instrument.scale[item.scale]) is not None]
    for item in numeric:
        codes = returns.answers[rows, instrument.item_position[item.code]].astype(int)
        table[item.code] = _values(instrument.scale[item.scale])[codes - _LOWEST]
    for column in table.select_dtypes("datetime"):
        table[column] = table[column].astype(
            "datetime64[us]"
        )  # pyreadstat writes times in whole seconds as 1970
    labels = shortened({code: _label(instrument, code) for code in table.columns}, LABEL_BYTES)
    pyreadstat.write_sav(
        table.rename(columns=names),
        str(path),
        column_labels=[labels[code] for code in table.columns],
        variable_value_labels={
            names[item.code]: _value_labels(instrument.scale[item.scale]) for item in numeric
        },
        missing_ranges={names[item.code]: [{"lo": float(_LOWEST), "hi": -1.0}] for item in numeric},
        variable_measure={names[item.code]: _measure(instrument.scale[item.scale]) for item in items},
    )
    return [(names[code], code) for code in table.columns]


def _fields(returns: Returns, rows: np.ndarray) -> dict[str, pd.Series]:
    kept = returns.rows.iloc[rows].reset_index(drop=True)
    declared = {field.role: field.code for field in reversed(returns.instrument.fields)}
    columns = {declared.get(role, role): kept[role] for role in ROLE_COLUMNS}
    columns[declared.get("unit", "unit")] = kept["unit_code"].where(
        kept["unit_code"] != "", kept["unit_text"]
    )
    attributes = [column for column in kept.columns if column not in returns.rows.columns[: _tidy_columns()]]
    columns |= {column: kept[column] for column in (*attributes, *PROVENANCE)}
    return columns


def _tidy_columns() -> int:
    from surveys.returns.record_set import ROW_COLUMNS

    return len(ROW_COLUMNS)


def _faulty_texts(returns: Returns) -> dict[tuple[int, str], str]:
    cells = returns.cells
    return dict(zip(zip(cells["row"].astype(int), cells["item"], strict=True), cells["text"], strict=True))


def _texts(scale: Scale) -> np.ndarray:
    """What stands in a cell for every code from ``_LOWEST`` on."""
    reasons = {NON_ANSWERS[n.kind]: n.code for n in reversed(scale.non_answers)}
    before = ["" if code == BLANK else reasons.get(code, REASONS[code]) for code in range(_LOWEST, 0)]
    return np.array([*before, *(level.code for level in scale.levels)], dtype=object)


def _numbers(scale: Scale) -> list[int] | None:
    """The level codes as numbers, when they are all whole numbers that are not taken by the reasons."""
    if not all(re.fullmatch(r"\d{1,9}", level.code) for level in scale.levels):
        return None
    return [int(level.code) for level in scale.levels]


def _values(scale: Scale) -> np.ndarray:
    """The number that stands for every code from ``_LOWEST`` on; a blank is the system's own missing value."""
    before = [np.nan if code == BLANK else float(code) for code in range(_LOWEST, 0)]
    return np.array([*before, *(_numbers(scale) or [])], dtype=float)


def _value_labels(scale: Scale) -> dict[float, str]:
    levels = {level.code: level.label_vi for level in scale.levels}
    named = {
        NON_ANSWERS[n.kind]: n.label_vi or REASONS[NON_ANSWERS[n.kind]] for n in reversed(scale.non_answers)
    }
    reasons = {float(code): named.get(code, label) for code, label in REASONS.items() if code != BLANK}
    return reasons | {float(code): label for code, label in shortened(levels, VALUE_LABEL_BYTES).items()}


def _measure(scale: Scale) -> str:
    return "ordinal" if scale.kind == "ordinal" else "nominal"


def _label(instrument: Instrument, code: str) -> str:
    item = instrument.item.get(code)
    if item:
        return f"{code}. {item.text_vi}"
    return next((field.label_vi or field.code for field in instrument.fields if field.code == code), code)


def _as_name(code: str) -> str:
    name = re.sub(r"\W", "_", code).rstrip("_") or "V"
    if name.upper() in RESERVED or name.startswith("_"):
        return f"V_{name.lstrip('_')}"
    return name if name[0].isalpha() else f"V{name}"


def _cut(text: str, limit: int) -> str:
    """The beginning of a text within ``limit`` bytes of UTF-8, without half a letter."""
    return text.encode()[: max(limit, 0)].decode(errors="ignore")


def _write_names(path: Path, names: Iterable[tuple[str, str, str]]) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "variable", "code"])
        writer.writerows(names)
    return path
