"""Lists that people are drawn from, as they lie in the study's folder: codes, units, strata, clusters and sizes, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from surveys.definitions.csv_tables import CsvTable, Row, TableColumns, read_table
from surveys.definitions.study.records import StudyDefinition
from surveys.definitions.study.sample_plan import SamplingList
from surveys.problems import Place, Problems, shortened, the_first
from surveys.returns.units.unit_register import UnitRegister
from surveys.vocabulary.whole_numbers import codes_from_numbers

#: Columns of the elements of a list; ``place``: their clusters from the outermost; ``size``: NaN where none is given.
LISTED_COLUMNS = ("element", "unit", "stratum", "place", "size")
#: What stands between clusters of a place.
WITHIN = " / "


def elements_of(study: StudyDefinition, of: SamplingList, problems: Problems) -> pd.DataFrame:
    """The elements of a list in units that are assessed, columns ``LISTED_COLUMNS`` and ``cluster_1`` …, in the order of the
    file; faults of its rows are noted.

    Columns that the study does not name are passed over unread: they may hold names.
    """
    unheard = Problems()
    named = of.columns()
    columns = TableColumns(dict.fromkeys(named, True), (of.size,) if of.size else (), others=True)
    table = read_table(study.folder / of.path, columns, unheard, of.path)
    rows = _in_assessed_units(study, of, table) if table else []
    for row in rows:
        for name in named:
            if not row[name]:
                row.place.note("lists.empty_cell", name)
    _check_codes(of, rows)
    found = pd.DataFrame(
        {
            "element": [row[of.element] for row in rows],
            "unit": [row[of.unit] for row in rows],
            "stratum": [row[of.stratum] if of.stratum else "" for row in rows],
            "place": [WITHIN.join(row[name] for name in of.clusters) for row in rows],
            "size": list(_sizes(of, rows)),
            **{f"cluster_{k + 1}": [row[name] for row in rows] for k, name in enumerate(of.clusters)},
        }
    )
    problems.extend(unheard.errors)  # of the other columns nothing is told
    return found.astype({"size": float})


def _in_assessed_units(study: StudyDefinition, of: SamplingList, table: CsvTable) -> list[Row]:
    """The rows of units that are assessed, each with the code of its unit; texts that are no unit of the register are noted, once
    each."""
    units = _units_of_texts(study, of, [row[of.unit] for row in table])
    excluded = {unit for block, unit in study.excluded if block == of.block}
    found, told = [], set[str]()
    for row in table:
        text = row[of.unit]
        unit = units[text]
        if isinstance(unit, _NoUnit):
            if text not in told:
                row.place.note(unit.fault, of.unit, value=shortened(text), **unit.meant)
            told.add(text)
        elif unit not in excluded:
            found.append(Row(row.place, {**row.cells, of.unit: unit}))
    return found


@dataclass(frozen=True)
class _NoUnit:
    """Why a text is not a unit, and the units that may be meant, as the message names them."""

    fault: str
    meant: Mapping[str, Any]


def _units_of_texts(
    study: StudyDefinition, of: SamplingList, texts: Iterable[str]
) -> Mapping[str, str | _NoUnit]:
    """The unit that each text of a list names, by its code, a name, or a spelling that was confirmed; an empty text stays so.

    A list names its units as returns do, and is read by the same rules. Units that have ended are still planned, and so found.
    """
    units = [unit for unit in study.units if unit.block == of.block]
    decided = {known.text: known.unit_code for known in study.unit_decisions if known.block == of.block}
    register, different = UnitRegister(units, decided), dict.fromkeys(texts)
    coded = codes_from_numbers(different, [unit.code for unit in units])
    among_codes = all(register.is_code(text) for text in different if text)
    found: dict[str, str | _NoUnit] = {"": ""}
    for text in filter(None, different):
        unit = coded.get(text) or register.resolve(text, among_codes)
        found[text] = unit or _no_unit(register, text)
    return found


def _no_unit(register: UnitRegister, text: str) -> _NoUnit:
    """Several units are called so, or none is; the nearest stand with their codes."""
    name, called = {unit.code: unit.name_vi for unit in register.units}, register.called(text)

    def shown(codes: Iterable[str]) -> str:
        return the_first([f"{name[code]} ({code})" for code in codes], 5)

    if len(called) > 1:
        return _NoUnit("lists.unit_of_several", {"units": shown(called)})
    return _NoUnit("lists.unit_unknown", {"nearest": shown(code for code, *_ in register.nearest(text))})


def _check_codes(of: SamplingList, rows: list[Row]) -> None:
    """Every element has a code of its own."""
    first: dict[str, Row] = {}
    for row in rows:
        code = row[of.element]
        if code and code in first:
            row.place.note("lists.element_twice", of.element, value=shortened(code), first=first[code].line)
        first.setdefault(code, row)


def _sizes(of: SamplingList, rows: list[Row]) -> Iterator[float]:
    """The measure of each row; one that is none, or other rows of the cluster have otherwise, is noted."""
    first: dict[tuple[str, ...], tuple[float, Row]] = {}
    for row in rows:
        if not of.size:
            yield float("nan")
            continue
        size = _number(row[of.size])
        if not (row[of.size] == "" or (np.isfinite(size) and size > 0)):
            row.place.note("lists.not_a_size", of.size, value=shortened(row[of.size]))
        if of.clusters:
            cluster = tuple(row[name] for name in (of.unit, *of.clusters[:1]))
            other, where = first.setdefault(cluster, (size, row))
            if other != size and size == size:
                said: dict[str, Any] = {"first": where.line, "other": where[of.size]}
                row.place.note("lists.sizes_differ", of.size, cluster=shortened(cluster[-1]), **said)
        yield size


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def note_other_populations(
    study: StudyDefinition, of: SamplingList, counts: Mapping[str, int], problems: Problems
) -> None:
    """Note units of which a list has another number of elements than the frame has people."""
    found = [
        f"{frame.unit} ({counts[frame.unit]} / {frame.population:.12g})"
        for frame in study.frames
        if (frame.block, frame.group) == (of.block, of.group)
        and counts.get(frame.unit, int(frame.population)) != int(frame.population)
    ]
    if found:
        said: dict[str, Any] = {"number": len(found), "units": the_first(found, 5)}
        Place(problems, of.path).note("lists.differs_from_frame", of.unit, severity="warning", **said)
