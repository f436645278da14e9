"""A package read back: its tables as printed text with the line of every row, their numbers, and the settings of its run.

Nothing here trusts the files: what cannot be read becomes a fault with its place, and the table is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from surveys.definitions.csv_tables import Row
from surveys.definitions.instrument.records import ResultClass
from surveys.definitions.record_building import build, from_cells
from surveys.definitions.study.council_names import CouncilSystem
from surveys.definitions.study.publication import Publication
from surveys.definitions.study.records import (
    AgencyDate,
    Inference,
    Minimum,
    Output,
    ReportPlan,
    StudyDefinition,
)
from surveys.handover.first_faults import SHOWN
from surveys.handover.official_columns import OfficialColumn, OfficialTable
from surveys.handover.rounding import numbers_of
from surveys.problems import Place, Problem, Problems
from surveys.vocabulary.csv import CsvError, records
from surveys.vocabulary.folder_content import bytes_of
from surveys.vocabulary.formula_guard import unguarded

R = TypeVar("R")
Floats = NDArray[np.float64]
OfRows = NDArray[np.bool_] | NDArray[np.object_] | Floats | pd.Series
_NUMBER = r"-?\d+(\.\d+)?|-?INF"
_WHOLE = r"\d+"
#: Digits after the point that a study may ask for.
MOST_DECIMALS = 15


@dataclass(frozen=True)
class PrintedTable:
    """One table as it stands in its file. ``frame``: texts [n]; ``lines``: 1-based line of each row in the file."""

    table: OfficialTable
    path: str
    frame: pd.DataFrame
    lines: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.frame)

    def text(self, column: str) -> NDArray[np.object_]:
        """The texts of a column [n]."""
        return self.frame[column].to_numpy(dtype=object)

    def texts(self) -> Mapping[str, list[str]]:
        """The columns as they were before texts were guarded against spreadsheet programs; made once, not to be written to."""
        return self._texts

    @cached_property
    def _texts(self) -> dict[str, list[str]]:
        return {column.name: self._unguarded(column) for column in self.table.columns}

    def _unguarded(self, column: OfficialColumn) -> list[str]:
        """A column; each different text with an apostrophe in front is looked at once."""
        texts: list[str] = list(map(str, self.text(column.name)))
        if column.is_number:
            return texts
        plain = {text: unguarded(text) for text in set(texts) if text.startswith("'")}
        return [plain.get(text, text) for text in texts] if plain else texts

    def number(self, column: str) -> Floats:
        """The numbers of a column [n], NaN where it is empty; worked out once, not to be written to."""
        if column not in self._numbers:
            found = numbers_of(self.frame[column].tolist())
            found.flags.writeable = False
            self._numbers[column] = found
        return self._numbers[column]

    @cached_property
    def _numbers(self) -> dict[str, Floats]:
        return {}

    def half(self, column: str) -> float:
        """Half a unit of the last digit printed in a column: what rounding can be off by."""
        digits = max((len(text.partition(".")[2]) for text in set(self.frame[column])), default=0)
        return float(0.5 * 10.0**-digits)

    def fault(self, code: str, row: int, column: str, **params: object) -> Problem:
        """A fault at a cell; floats are shown as they print."""
        named = tuple((key, _shown(value)) for key, value in params.items())
        return Problem(code, "error", self.path, "", int(self.lines[row]), column, named)

    def faults(self, code: str, wrong: OfRows, column: str, **params: OfRows) -> Iterator[Problem]:
        """Faults at all rows that are ``wrong`` [n]; ``params`` are columns [n]; the cell's text is ``found``."""
        for row in np.flatnonzero(wrong).tolist():
            shown = {name: np.asarray(values)[row] for name, values in params.items()}
            yield self.fault(code, row, column, found=self.frame[column].iloc[row], **shown)


PrintedTables = Mapping[str, PrintedTable]  # by the name of the table


@dataclass(frozen=True)
class RunSettings:
    """The settings of a run by which its tables can be checked: how numbers are printed, from how many forms a result is shown,
    how intervals are made, with whose name and about which period the results go out, from where on classes of results
    begin, what columns are called in the council's system, and what the analysis report holds."""

    output: Output
    minimum: Minimum
    inference: Inference
    publication: Publication
    council: CouncilSystem
    classes: tuple[ResultClass, ...] = ()
    agency_date: AgencyDate = field(default_factory=AgencyDate)
    report: ReportPlan = field(default_factory=ReportPlan)

    @property
    def agencies_on(self) -> str:
        """The day (ISO) of which the agencies in charge are told; empty where there is none."""
        return self.agency_date.among(self.publication.document, self.publication.period)

    @classmethod
    def of(cls, study: StudyDefinition) -> RunSettings:
        """The settings that the record of a run of a study holds."""
        plans = (study.output, study.minimum, study.inference, study.publication, study.council)
        return cls(*plans, study.instrument.classes, study.agency_date, study.report)


def settings_of(run: Mapping[str, Any], shown: str, problems: Problems) -> RunSettings | None:
    """The settings that a ``run.json`` records; None, with their faults, where they are none. A comparison and an audit record
    none: theirs are the defaults."""
    recorded = run.get("settings", {})
    kinds: dict[str, type] = {
        "output": Output, "minimum": Minimum, "inference": Inference, "publication": Publication,
        "council": CouncilSystem, "agency_date": AgencyDate, "report": ReportPlan,
    }  # fmt: skip
    found: dict[str, Any] = {}
    for name, record in kinds.items():
        raw = recorded.get(name, {}) if isinstance(recorded, Mapping) else None
        place = Place(problems, shown, at=f"settings.{name}")
        if isinstance(raw, Mapping):
            found[name] = build(record, raw, place)
        else:
            place.note("record.missing", name)
            found[name] = None
    if None in found.values():
        return None
    settings = RunSettings(**found, classes=_classes(recorded, Place(problems, shown, at="settings")))
    for name in ("points_decimals", "percent_decimals", "score_decimals"):
        if not 0 <= getattr(settings.output, name) <= MOST_DECIMALS:
            value = getattr(settings.output, name)
            problems.add(
                "verify.range", file=shown, column=name, found=value, accepted=f"0 … {MOST_DECIMALS}"
            )
            return None
    return settings


def _classes(recorded: object, place: Place) -> tuple[ResultClass, ...]:
    """The classes of results that the settings of a run record; those that are none are told and left out."""
    listed = recorded.get("classes", []) if isinstance(recorded, Mapping) else []
    if not isinstance(listed, list) or not all(isinstance(raw, Mapping) for raw in listed):
        place.note("record.not_tables", "classes")
        return ()
    built = (
        build(ResultClass, raw, place.below("classes").below(f"[{k}]")) for k, raw in enumerate(listed, 1)
    )
    return tuple(made for made in built if made is not None)


def records_of(printed: PrintedTable, record: type[R], problems: Problems) -> tuple[R, ...]:
    """The records of a study that a table carries as they were declared; rows that are none are told and left out."""
    rows = zip(printed.lines.tolist(), zip(*printed.texts().values(), strict=True), strict=True)
    found = []
    for line, cells in rows:
        place = Place(problems, printed.path, line)
        row = Row(place, dict(zip(printed.table.names, cells, strict=True)))
        found.append(build(record, from_cells(record, row), place))
    return tuple(made for made in found if made is not None)


def read_printed(folder: Path, path: str, table: OfficialTable, problems: Problems) -> PrintedTable | None:
    """Read one table and check every cell against the codebook; None (with its faults) when it is not such a table."""
    try:
        text = bytes_of(folder / path).decode("utf-8-sig")
        rows = list(records(text))
    except UnicodeDecodeError as error:
        problems.add("verify.not_utf8", file=path, byte=error.start + 1)
        return None
    except CsvError as error:
        problems.add("verify.not_csv", file=path, row=error.line, reason=error.reason)
        return None
    if not rows:
        problems.add("verify.not_csv", file=path, reason="0 byte")
        return None
    (_, heading), *body = rows
    if tuple(heading) != table.names:
        problems.add(
            "verify.header", file=path, row=1, expected=",".join(table.names), found=",".join(heading)
        )
        return None
    wide = len(heading)
    wrong = [(line, len(cells)) for line, cells in body if len(cells) != wide]
    for line, found in wrong[:SHOWN]:
        problems.add("verify.cells_in_row", file=path, row=line, expected=wide, found=found)
    if wrong:
        return None
    frame = pd.DataFrame([cells for _, cells in body], columns=heading, dtype=object)
    printed = PrintedTable(table, path, frame, np.array([line for line, _ in body], dtype=np.int64))
    return printed if cells_hold(printed, problems) else None


def cells_hold(printed: PrintedTable, problems: Problems) -> bool:
    """Types, gaps, accepted words, ranges and keys; False when a cell is no number and nothing can be computed."""
    readable = True
    for column in printed.table.columns:
        if column.is_number:
            pattern = re.compile(f"({_WHOLE if column.kind == 'count' else _NUMBER})?")
            texts = printed.frame[column.name]
            strange = [text for text in set(texts) if not pattern.fullmatch(text)]
            wrong = texts.isin(strange).to_numpy(dtype=bool)
            problems.extend(list(printed.faults("verify.not_a_number", wrong, column.name))[:SHOWN])
            readable &= not strange
    if readable:
        for column in printed.table.columns:
            problems.extend(list(_cell_faults(printed, column))[:SHOWN])
        problems.extend(list(_key_faults(printed))[:SHOWN])
    return readable


def _cell_faults(printed: PrintedTable, column: OfficialColumn) -> Iterator[Problem]:
    text = printed.frame[column.name]
    if column.required:
        yield from printed.faults("verify.blank", (text == "").to_numpy(), column.name)
    if column.accepted:
        wrong = ~text.isin(list(column.accepted)).to_numpy() & (text != "").to_numpy()
        accepted = np.full(len(text), ", ".join(column.accepted), dtype=object)
        yield from printed.faults("verify.not_accepted", wrong, column.name, accepted=accepted)
    if column.is_number and not (column.low is column.high is None):
        low = -np.inf if column.low is None else column.low
        high = np.inf if column.high is None else column.high
        value = printed.number(column.name)
        bounds = np.full(len(value), f"{low:g} … {high:g}", dtype=object)
        yield from printed.faults(
            "verify.range", (value < low) | (value > high), column.name, accepted=bounds
        )


def _key_faults(printed: PrintedTable) -> Iterator[Problem]:
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
