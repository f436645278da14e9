"""Tidy returns written back: CSV, Parquet, and .sav files that SPSS users can open. What is written reads back equal.

One file for each questionnaire, one row for each evaluation, in the project's own layout: fields under their codes, items with
the codes of their levels. In .sav, answers are numbers with value labels wherever the codes are numbers; the reasons for having
none are negative numbers, declared missing.
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
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
from surveys.returns.answers.answer_options import REASONS
from surveys.returns.record_set import PROVENANCE, ROLE_COLUMNS, Returns, kept_fields
from surveys.vocabulary.csv import csv_bytes
from surveys.vocabulary.new_file import refuse_existing, write_new
from surveys.vocabulary.system_files import sav_bytes

Format = Literal["csv", "parquet", "sav"]
#: Bytes that SPSS keeps of a variable name, a variable label and a value label.
NAME_BYTES, LABEL_BYTES, VALUE_LABEL_BYTES = 64, 255, 120
#: Words of the SPSS command language that cannot name a variable.
RESERVED = frozenset(["ALL", "AND", "BY", "EQ", "GE", "GT", "LE", "LT", "NE", "NOT", "OR", "TO", "WITH"])
NAMES_FILE = "names.csv"
_LOWEST = min(NON_ANSWERS.values())


def write_returns(returns: Returns, folder: Path, kind: Format = "csv") -> tuple[Path, ...]:
    """Write ``returns-<questionnaire>.<kind>`` for every questionnaire that has returns; for .sav also ``names.csv``, which
    says which variable is which field or item. Only their owner may read them, where the system has such rights.

    Raises :class:`~surveys.problems.SurveyError` when one of the files is there already (then none is written), or when Parquet
    is asked for and pyarrow is not installed.
    """
    contents: dict[str, bytes] = {}
    names: list[tuple[str, str, str]] = []
    for questionnaire in returns.instrument.questionnaires:
        rows = np.flatnonzero(returns.rows["questionnaire"] == questionnaire.code)
        if rows.size:
            name = f"returns-{questionnaire.code}.{kind}"
            items = returns.instrument.items_of(questionnaire.code)
            table = tidy_table(returns, rows, items)
            if kind == "sav":
                contents[name], variables = _sav(returns, rows, items, table)
                names += [(name, *pair) for pair in variables]
            else:
                contents[name] = csv_of(table) if kind == "csv" else parquet_bytes(table, name)
    if names:
        contents[NAMES_FILE] = csv_bytes(["file", "variable", "code"], names, guard=False)
    folder.mkdir(parents=True, exist_ok=True)
    for name in contents:
        refuse_existing(folder / name)
    for name, content in contents.items():
        write_new(folder / name, content, private=True)
    return tuple(folder / name for name in contents)


def tidy_table(returns: Returns, rows: np.ndarray, items: Sequence[Item]) -> pd.DataFrame:
    """Evaluations as text: fields under their codes, items as level codes, reasons for having none as the scale writes them, and
    cells that are no answer as they were."""
    columns = _fields(returns, rows)
    for item in items:
        codes = returns.answers[rows, returns.instrument.item_position[item.code]]
        texts = _texts(returns.instrument.scale[item.scale])[codes.astype(int) - _LOWEST]
        for k in np.flatnonzero((codes == OUT_OF_SCALE) | (codes == SEVERAL)).tolist():
            texts[k] = returns.faulty_texts.get((rows[k], item.code)) or texts[k]
        columns[item.code] = texts
    return pd.DataFrame(columns)


def spss_names(codes: Iterable[str]) -> dict[str, str]:
    """A variable name for every code: letters, digits and ``_``, not longer than SPSS allows, no two alike but for case.

    >>> spss_names(["2.4.1a", "2_4_1A", "tuổi", "by"])
    {'2.4.1a': 'V2_4_1a', '2_4_1A': 'V2_4_1A_2', 'tuổi': 'tuổi', 'by': 'V_by'}
    """
    listed = list(codes)
    return dict(zip(listed, variable_names(listed), strict=True))


def variable_names(
    codes: Iterable[str], limit: int = NAME_BYTES, reserved: Collection[str] = RESERVED
) -> list[str]:
    """:func:`spss_names` of codes of which some may be equal, within ``limit`` bytes and none of the words ``reserved``, in
    capitals.

    >>> variable_names(["weight", "2.4.1a", "weight"])
    ['weight', 'V2_4_1a', 'weight_2']
    """
    names: list[str] = []
    taken: set[str] = set()
    for code in codes:
        base = _as_name(code, reserved)
        name, number = _cut(base, limit), 1
        while name.casefold() in taken:
            number += 1
            name = f"{_cut(base, limit - len(str(number)) - 1)}_{number}"
        taken.add(name.casefold())
        names.append(name)
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


def csv_of(table: pd.DataFrame) -> bytes:
    """A tidy table as UTF-8 CSV."""
    text = table.to_csv(index=False, lineterminator="\r\n", date_format="%Y-%m-%d %H:%M:%S")
    return text.encode()


def parquet_bytes(table: pd.DataFrame, name: str) -> bytes:
    """A tidy table with a checksum for each of its pages, so that damage to them is noticed."""
    target = io.BytesIO()
    try:
        table.to_parquet(target, engine="pyarrow", index=False, write_page_checksum=True)
    except ImportError:
        raise fault("returns.no_parquet", file=name) from None
    return target.getvalue()


def _sav(
    returns: Returns, rows: np.ndarray, items: Sequence[Item], table: pd.DataFrame
) -> tuple[bytes, list[tuple[str, str]]]:
    """A tidy table with numbers and value labels for its answers; every variable and what it stands for."""
    names = spss_names(table.columns)
    scales = {item.code: returns.instrument.scale[item.scale] for item in items}
    numeric = {code: scale for code, scale in scales.items() if has_numbers(scale)}
    for code, scale in numeric.items():
        answers = returns.answers[rows, returns.instrument.item_position[code]].astype(int)
        table[code] = _values(scale)[answers - _LOWEST]
    for column in table.select_dtypes("datetime"):  # pyreadstat writes times in whole seconds as 1970
        table[column] = table[column].astype("datetime64[us]")
    labels = _labels(returns.instrument)
    content = sav_bytes(
        table.rename(columns=names),
        column_labels=[labels.get(code, code) for code in table.columns],
        variable_value_labels={names[code]: _value_labels(scale) for code, scale in numeric.items()},
        missing_ranges={names[code]: [{"lo": float(_LOWEST), "hi": -1.0}] for code in numeric},
        variable_measure={
            names[code]: "ordinal" if scale.kind == "ordinal" else "nominal" for code, scale in scales.items()
        },
    )
    return content, [(names[code], code) for code in table.columns]


def _fields(returns: Returns, rows: np.ndarray) -> dict[str, pd.Series]:
    """The columns of a tidy table that are no items, in their order; all ``rows`` are of one questionnaire."""
    kept = returns.rows.iloc[rows].reset_index(drop=True)
    declared = {field.role: field.code for field in reversed(returns.instrument.fields)}
    code_of = {role: declared.get(role, role) for role in (*ROLE_COLUMNS, "unit")}  # type: ignore[call-overload]
    for named in kept["questionnaire"].unique():
        code_of["own_unit"] = returns.instrument.questionnaire[named].own_unit or code_of["own_unit"]
    columns = {code_of[role]: kept[role] for role in ROLE_COLUMNS}
    columns[code_of["unit"]] = kept["unit_code"].where(kept["unit_code"] != "", kept["unit_text"])
    others = [field.code for field in kept_fields(returns.instrument) if field.code in kept]
    return columns | {name: kept[name] for name in (*others, *PROVENANCE)}


def _texts(scale: Scale) -> np.ndarray:
    """What stands in a cell for every code from ``_LOWEST`` on."""
    reasons = {NON_ANSWERS[n.kind]: n.code for n in reversed(scale.non_answers)}
    before = ["" if code == BLANK else reasons.get(code, REASONS[code]) for code in range(_LOWEST, 0)]
    return np.array([*before, *(level.code for level in scale.levels)], dtype=object)


def has_numbers(scale: Scale) -> bool:
    """Whether all level codes are whole numbers that are not taken by the reasons."""
    return all(re.fullmatch(r"\d{1,9}", level.code) for level in scale.levels)


def _values(scale: Scale) -> np.ndarray:
    """The number that stands for every code from ``_LOWEST`` on; a blank is the system's own missing value."""
    before = [np.nan if code == BLANK else float(code) for code in range(_LOWEST, 0)]
    return np.array([*before, *(float(level.code) for level in scale.levels)])


def _value_labels(scale: Scale) -> dict[float, str]:
    levels = shortened({level.code: level.label_vi for level in scale.levels}, VALUE_LABEL_BYTES)
    named = {NON_ANSWERS[n.kind]: n.label_vi for n in reversed(scale.non_answers)}
    reasons = {float(code): named.get(code) or said for code, said in REASONS.items() if code != BLANK}
    return reasons | {float(code): label for code, label in levels.items()}


def _labels(instrument: Instrument) -> dict[str, str]:
    """The label of every field and item."""
    fields = {field.code: field.label_vi or field.code for field in instrument.fields}
    items = {item.code: f"{item.code}. {item.text_vi}" for item in instrument.items}
    return shortened(fields | items, LABEL_BYTES)


def _as_name(code: str, reserved: Collection[str]) -> str:
    name = re.sub(r"\W", "_", code).rstrip("_") or "V"
    if name.upper() in reserved or name.startswith("_"):
        return f"V_{name.lstrip('_')}"
    return name if name[0].isalpha() else f"V{name}"


def _cut(text: str, limit: int) -> str:
    """The beginning of a text within ``limit`` bytes of UTF-8, without half a letter."""
    return text.encode()[: max(limit, 0)].decode(errors="ignore")
