"""The valid evaluations of a block that are tabulated: those of one group, or of all groups side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from surveys.analysis.by_variables import GROUP, UNIT, ByVariable, Categories, attributes, categories_of
from surveys.definitions.instrument.records import Instrument, Unit
from surveys.definitions.study.records import StudyDefinition
from surveys.problems import Problems
from surveys.returns.record_set import Returns
from surveys.sampling.content_order import Codes
from surveys.sampling.samples import Sample, Samples
from surveys.scoring.quantities import Bools
from weighting import Design, DesignError
from weighting.design.independent import independent


@dataclass(frozen=True, eq=False)
class TabulatedRows:
    """n evaluations of a block. ``groups``: whose they are; ``design``: their weights, strata and clusters; ``answers`` int
    [n, items]: positions of levels, negative where there is no answer; ``unit`` and ``of_group`` int [n]: positions among
    ``units`` and ``groups``; ``stated``: attribute → code of each row as it was read."""

    study: StudyDefinition
    block: str
    groups: tuple[str, ...]
    design: Design
    answers: np.ndarray
    unit: Codes
    units: tuple[Unit, ...]
    of_group: Codes
    stated: Mapping[str, np.ndarray]

    @property
    def instrument(self) -> Instrument:
        return self.study.instrument

    @property
    def group(self) -> str:
        """Its only group; empty for several side by side."""
        return self.groups[0] if len(self.groups) == 1 else ""

    @cached_property
    def forms(self) -> frozenset[str]:
        """Questionnaires that they filled in."""
        questionnaires = self.instrument.questionnaires
        return frozenset(q.code for q in questionnaires if q.block == self.block and q.group in self.groups)

    @cached_property
    def minimum(self) -> np.ndarray:
        """Fewest forms of a cell that is shown, by group."""
        return np.array([self.study.minimum.of(group) for group in self.groups])

    @cached_property
    def cell(self) -> Codes:
        """Unit and group of each row as one number [n]."""
        return self.of_group * len(self.units) + self.unit

    @cached_property
    def _names(self) -> Mapping[str, tuple[str, ...]]:
        """The codes that the parts of variables may have, in order."""
        fields = {f.code: f for f in self.instrument.fields}
        declared = {
            name: tuple(code for code, _ in fields[name].categories) for name in attributes(self.instrument)
        }
        return {**declared, UNIT: tuple(unit.code for unit in self.units), GROUP: self.groups}

    @cached_property
    def _codes(self) -> Mapping[str, Codes]:
        """The place of every row among them."""
        found = {name: _places(codes, self._names[name]) for name, codes in self.stated.items()}
        return {**found, UNIT: self.unit, GROUP: self.of_group}

    def codes_of(self, part: str) -> tuple[str, ...]:
        """All codes that a part of a variable may have, in their order."""
        return self._names[part]

    def categories(self, by: ByVariable) -> Categories:
        """The categories of a variable among the rows."""
        return categories_of(by, self._codes, self._names)

    def enough(self, valid: Bools) -> Bools:
        """Valid answers [n] in the unit and group of a row that has enough of them: what is not shown enters nothing."""
        counts = np.bincount(self.cell[valid], minlength=len(self.groups) * len(self.units))
        least = np.repeat(self.minimum, len(self.units))
        return valid & (counts >= least)[self.cell]


def rows_by_group(
    study: StudyDefinition,
    returns: Returns,
    samples: Samples,
    variables: Sequence[ByVariable],
    problems: Problems,
) -> Iterator[tuple[TabulatedRows, tuple[ByVariable, ...]]]:
    """Every group of every block with the ``variables`` that tell its rows apart, then the groups of a block side by side for
    those that have the group as a part; blocks and groups in the order of the instrument. Groups whose weighting plans differ
    in what no single design has are not set side by side, which is told."""
    within = tuple(by for by in variables if GROUP not in by.parts)
    across = tuple(by for by in variables if GROUP in by.parts)
    for block in dict.fromkeys(part.block for part in samples.parts):
        parts = samples.of(block)
        for part in parts if within else ():
            yield _respondents(study, returns, [part], part.design), within
        if across and len(parts) > 1:
            try:
                together = independent([part.design for part in parts])
            except DesignError:  # plans that treat strata of one cluster in different ways
                asked = [by.code for by in across]
                problems.add("tables.groups_apart", severity="warning", block=block, by=asked)
                continue
            yield _respondents(study, returns, parts, together), across


def _respondents(
    study: StudyDefinition, returns: Returns, parts: Sequence[Sample], design: Design
) -> TabulatedRows:
    rows = np.concatenate([part.rows for part in parts])
    sizes = [len(part.rows) for part in parts]
    return TabulatedRows(
        study,
        parts[0].block,
        tuple(part.group for part in parts),
        design,
        returns.answers.take(rows, axis=0),
        np.concatenate([part.unit for part in parts]),
        parts[0].units,
        np.repeat(np.arange(len(parts)), sizes),
        {
            name: returns.rows[name].to_numpy(object)[rows]
            for name in attributes(study.instrument)
            if name in returns.rows
        },
    )


def _places(codes: np.ndarray, names: Sequence[str]) -> Codes:
    """The place of every code [n] among names, −1 where it is none of them."""
    return pd.Index(list(names), dtype=object).get_indexer(pd.Index(codes, dtype=object))
