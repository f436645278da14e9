"""A package read back: its tables as printed text with the line of every row, and their numbers.

Nothing here trusts the files: what cannot be read becomes a fault with its place, and the table is left out.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from surveys.handover.codebook import Column, Table
from surveys.handover.rounding import numbers_of
from surveys.problems import Problem, Problems

Floats = NDArray[np.float64]
_NUMBER = re.compile(r"-?\d+(\.\d+)?|-?INF")
_WHOLE = re.compile(r"\d+")
#: Faults of one kind that are reported from one column; the rest are counted.
_SHOWN = 20


@dataclass(frozen=True)
class Printed:
    """One table as it stands in its file. ``frame``: texts [n]; ``lines``: 1-based line of each row in the file."""

    table: Table
    path: str
    frame: pd.DataFrame
    lines: NDArray[np.int64]
    _numbers: dict[str, Floats] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.frame)

    def text(self, column: str) -> NDArray[np.object_]:
        """The texts of a column [n]."""
        return self.frame[column].to_numpy(dtype=object)

    def number(self, column: str) -> Floats:
        """The numbers of a column [n], NaN where it is empty."""
        if column not in self._numbers:
            self._numbers[column] = numbers_of(self.frame[column].tolist())
        return self._numbers[column]

    def half(self, column: str) -> float:
        """Half a unit of the last digit printed in a column: what rounding can be off by."""
        digits = max((len(text.partition(".")[2]) for text in set(self.frame[column].tolist())), default=0)
        return 0.5 * 10.0 ** -float(digits)

    def fault(self, code: str, row: int, column: str, **params: object) -> Problem:
        """A fault at a cell; floats are shown as they print."""
        named = tuple((key, _shown(value)) for key, value in params.items())
        return Problem(code, "error", self.path, "", int(self.lines[row]), column, named)

    def faults(
        self, code: str, wrong: NDArray[np.bool_], column: str, **params: NDArray[np.object_] | Floats
    ) -> Iterator[Problem]:
        """Faults at all rows that are ``wrong`` [n]; ``params`` are arrays [n]; the cell's text is ``found``."""
        for row in np.flatnonzero(wrong):
            shown = {name: values[row] for name, values in params.items()}
            yield self.fault(code, int(row), column, found=self.frame[column].iloc[row], **shown)


Package = Mapping[str, Printed]  # by the name of the table


def read_printed(folder: Path, path: str, table: Table, problems: Problems) -> Printed | None:
    """Read one table and check every cell against the codebook; None (with its faults) when it is not such a table."""
    content = (folder / path).read_bytes()
    try:
        text = content.decode("utf-8-sig" if table.bom else "utf-8")
    except UnicodeDecodeError as error:
        problems.add("verify.not_utf8", file=path, byte=error.start + 1)
        return None
    rows, lines = _records(text, path, problems)
    if not rows:
        return None
    if tuple(rows[0]) != table.names:
        problems.add(
            "verify.header", file=path, row=1, expected=",".join(table.names), found=",".join(rows[0])
        )
        return None
    if not _all_as_wide(rows, lines, path, problems):
        return None
    frame = pd.DataFrame(rows[1:], columns=list(table.names), dtype=object)
    printed = Printed(table, path, frame, np.array(lines[1:], dtype=np.int64))
    return printed if _cells_hold(printed, problems) else None


def _records(text: str, path: str, problems: Problems) -> tuple[list[list[str]], list[int]]:
    """All records with the line on which each starts."""
    rows: list[list[str]] = []
    lines: list[int] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    start = 1
    try:
        for row in reader:
            rows.append(row)
            lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        problems.add("verify.not_csv", file=path, row=start, reason=str(error))
        return [], []
    if not rows:
        problems.add("verify.not_csv", file=path, reason="0 byte")
    return rows, lines


def _all_as_wide(rows: list[list[str]], lines: list[int], path: str, problems: Problems) -> bool:
    wrong = [(line, row) for line, row in zip(lines, rows, strict=True) if len(row) != len(rows[0])]
    for line, row in wrong[:_SHOWN]:
        problems.add("verify.cells_in_row", file=path, row=line, expected=len(rows[0]), found=len(row))
    return not wrong


def _cells_hold(printed: Printed, problems: Problems) -> bool:
    """Types, gaps, accepted words, ranges and keys; False when a cell is no number and nothing can be computed."""
    readable = True
    for column in printed.table.columns:
        if column.is_number:
            pattern = _WHOLE if column.kind == "count" else _NUMBER
            wrong = ~printed.frame[column.name].str.fullmatch(f"({pattern.pattern})?").to_numpy(dtype=bool)
            problems.extend(list(printed.faults("verify.not_a_number", wrong, column.name))[:_SHOWN])
            readable &= not wrong.any()
    if readable:
        for column in printed.table.columns:
            problems.extend(list(_cell_faults(printed, column))[:_SHOWN])
        problems.extend(list(_key_faults(printed))[:_SHOWN])
    return readable


def _cell_faults(printed: Printed, column: Column) -> Iterator[Problem]:
    text = printed.frame[column.name]
    if column.required:
        yield from printed.faults("verify.blank", (text == "").to_numpy(), column.name)
    if column.accepted:
        wrong = ~text.isin(list(column.accepted)).to_numpy() & (text != "").to_numpy()
        accepted = np.full(len(text), ", ".join(column.accepted), dtype=object)
        yield from printed.faults("verify.not_accepted", wrong, column.name, accepted=accepted)
    if column.is_number and not (column.lowest is column.highest is None):
        low = -np.inf if column.lowest is None else column.lowest
        high = np.inf if column.highest is None else column.highest
        value = printed.number(column.name)
        bounds = np.full(len(value), f"{low:g} … {high:g}", dtype=object)
        yield from printed.faults(
            "verify.range", (value < low) | (value > high), column.name, accepted=bounds
        )


def _key_faults(printed: Printed) -> Iterator[Problem]:
    key = list(printed.table.key)
    if key:
        doubled = printed.frame.duplicated(key).to_numpy()
        for row in np.flatnonzero(doubled):
            named = " · ".join(printed.frame[key].iloc[row].tolist())
            yield printed.fault("verify.key_twice", int(row), key[-1], key=named)


def _shown(value: object) -> str:
    if isinstance(value, (float, np.floating)):
        return f"{value:.10g}"
    return str(value)
