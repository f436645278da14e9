"""SPSS (.sav, .zsav, .por) and Stata (.dta) files through pyreadstat, with user-declared missing values kept apart."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from surveys.problems import fault
from surveys.returns.sheets import Limits, Sheet, Variable, kind_of


def read(raw: bytes, path: Path, name: str, sheet: str, encoding: str, limits: Limits) -> list[Sheet]:
    """The one sheet of a statistical file. Row numbers are case numbers: the first case is row 1."""
    kind = kind_of(raw)
    assert kind is not None
    about = _load(kind, path, name, encoding, {"metadataonly": True})[1]
    rows, columns = about.number_rows or 0, about.number_columns
    if rows > limits.rows or columns > limits.columns or rows * columns > limits.cells:
        raise fault("returns.sheet_too_large", file=name, rows=rows, columns=columns, limit=limits.cells)
    data, about = _load(kind, path, name, encoding, {"user_missing": True} if kind != "por" else {})
    cells = np.empty((len(next(iter(data.values()), ())) + 1, len(data)), dtype=object)
    for j, (heading, values) in enumerate(data.items()):
        cells[0, j] = heading
        cells[1:, j] = np.asarray(values, dtype=object)
    return [Sheet(name, "", kind, cells, 0, variables=_variables(about))]


def _load(
    kind: str, path: Path, name: str, encoding: str, options: dict[str, Any]
) -> tuple[dict[str, Any], Any]:
    import pyreadstat

    reading: Any = {"sav": pyreadstat.read_sav, "por": pyreadstat.read_por, "dta": pyreadstat.read_dta}[kind]
    if encoding:
        options = {**options, "encoding": encoding}
    try:
        data, about = reading(str(path), output_format="dict", **options)
    except UnicodeDecodeError as error:
        raise fault("file.encoding", file=name, byte=error.start + 1) from None
    except Exception as error:  # pyreadstat raises whatever its C library met; none of it may reach the user
        raise fault("returns.file_damaged", file=name, reason=_first_line(error)) from None
    return data, about


def _variables(about: Any) -> tuple[Variable, ...]:
    labels = dict(zip(about.column_names, about.column_labels, strict=True))
    return tuple(
        Variable(
            column,
            labels[column] or "",
            dict(about.variable_value_labels.get(column, {})),
            _missing(about, column),
        )
        for column in about.column_names
    )


def _missing(about: Any, column: str) -> tuple[tuple[object, object], ...]:
    ranges: list[Mapping[str, object]] = about.missing_ranges.get(column, [])
    tagged = [(value, value) for value in about.missing_user_values.get(column, [])]
    return (*((r["lo"], r["hi"]) for r in ranges), *tagged)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
