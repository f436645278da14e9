"""What drives the overall judgement: how strongly each node of a model goes with it, and how well the node does.

Per block and group whose questionnaire asks the overall item, all units together. A respondent's score of a node is the mean of
the values, on the ladder of the scale, of the answers given to its items; importance is the node's Shapley share of R² of the
overall answer on these scores (:mod:`weighting.regression.relative_importance`), over those who answered the overall item and
something of every node. Performance is what is scored of all answers to the node's items, in percent: numerators over answers.
Answers that are hidden in their unit for too few forms enter neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import DriverModel, Instrument
from surveys.definitions.study.records import StudyDefinition
from surveys.problems import fault
from surveys.sampling.samples import Sample
from surveys.scoring.quantities import Bools, Floats
from surveys.scoring.scored_round import ScoredRound
from surveys.scoring.values import Values, ladder_values, values_of
from surveys.vocabulary.columns import DRIVER_COLUMNS, DRIVER_MODEL_COLUMNS
from surveys.vocabulary.remarks import Remark, Remarks, remark
from surveys.vocabulary.statuses import (
    IMPROVE_FIRST,
    KEEP,
    LOW_PRIORITY,
    MISSING,
    OK,
    POSSIBLE_EXCESS,
    SUPPRESSED,
)
from weighting import RelativeImportance
from weighting.errors import Fault
from weighting.estimation.estimates import Estimates

#: With fewer forms than so many a node intervals were seen to cover less often than they say (`weighting/NOTATION.md`).
FORMS_PER_NODE = 20


@dataclass(frozen=True)
class DriverTables:
    """``nodes``: one row per block × group × model × node (``DRIVER_COLUMNS``); ``models``: one row per block × group × model
    (``DRIVER_MODEL_COLUMNS``)."""

    nodes: pd.DataFrame
    models: pd.DataFrame


def driver_tables(scored: ScoredRound) -> DriverTables:
    """The drivers of every overall item of a round, in the order of groups and models.

    Raises SurveyError where the instrument declares no model, or no group with forms is asked an overall item.
    """
    models = scored.study.instrument.drivers
    if not models:
        raise fault("drivers.none", instrument=scored.study.instrument.name)
    found = drivers_if_any(scored)
    if found is None:
        raise fault("drivers.no_forms", items=[model.outcome for model in models])
    return found


def drivers_if_any(scored: ScoredRound) -> DriverTables | None:
    """As :func:`driver_tables`; None where the instrument declares no model, or no group with forms is asked an overall item."""
    models = scored.study.instrument.drivers
    groups = _asked(scored) if models else ()
    found = [_Fitted.of(asked, model) for asked in groups for model in models if asked.asks(model)]
    if not found:
        return None
    return DriverTables(
        pd.concat([fitted.nodes for fitted in found], ignore_index=True)[list(DRIVER_COLUMNS)],
        pd.DataFrame([fitted.row for fitted in found], columns=list(DRIVER_MODEL_COLUMNS)),
    )


@dataclass(frozen=True, eq=False)
class _Asked:
    """A block and group with its answers: ``values`` of the items of the index, ``answers`` [n, all items] as levels."""

    study: StudyDefinition
    sample: Sample
    values: Values
    answers: np.ndarray

    @property
    def instrument(self) -> Instrument:
        return self.study.instrument

    def asks(self, model: DriverModel) -> bool:
        """Whether a questionnaire of the group asks the overall item."""
        forms = set(self.instrument.item[model.outcome].questionnaires)
        return any(
            (q.block, q.group) == (self.sample.block, self.sample.group)
            for q in self.instrument.questionnaires
            if q.code in forms
        )

    def on_ladder(self, item: str, entering: Bools) -> Floats:
        """Values of the answers to an item [n], NaN where none enters."""
        of_level = ladder_values(self.instrument, self.instrument.item[item])
        level = self.answers[:, self.instrument.item_position[item]]
        return np.where(entering, of_level[np.maximum(level, 0)], np.nan)

    def overall(self, item: str) -> Floats:
        """Values of the answers to the overall item [n], NaN where there is none, or too few in the unit."""
        given = self.answers[:, self.instrument.item_position[item]] >= 0
        of_unit = np.bincount(self.sample.unit[given], minlength=len(self.sample.population))
        return self.on_ladder(item, given & (of_unit >= self.values.minimum)[self.sample.unit])

    def node(self, code: str) -> tuple[Floats, Floats, Floats]:
        """Of the answers to a node: the mean of their values, the sum of what is scored, and how many they are [n] each; NaN
        without any."""
        items = [i.code for i in self.instrument.items_below(code) if i.code in self.values.position]
        columns = [self.values.position[item] for item in items]
        entering = self.values.entering[:, columns]
        count = entering.sum(axis=1).astype(float)
        some = np.where(count > 0, count, np.nan)
        on_ladder = [self.on_ladder(item, there) for item, there in zip(items, entering.T, strict=True)]
        scored = (self.values.value[:, columns] * entering).sum(axis=1)
        return np.nansum(on_ladder, axis=0) / some, np.where(count > 0, scored, np.nan), some


def _asked(scored: ScoredRound) -> Iterator[_Asked]:
    study, returns = scored.study, scored.returns
    for sample in scored.samples.parts:
        values = values_of(returns, sample, study.minimum.of(sample.group), moderate=False)
        yield _Asked(study, sample, values, returns.answers.take(sample.rows, axis=0))


@dataclass(frozen=True, eq=False)
class _Fitted:
    """A model in one block and group: what was ``found``, and the performance of each node (``ratios``)."""

    asked: _Asked
    model: DriverModel
    found: RelativeImportance
    ratios: Sequence[Estimates]

    @classmethod
    def of(cls, asked: _Asked, model: DriverModel) -> _Fitted:
        places, level = range(len(model.nodes)), asked.study.inference.level
        parts: dict[str, Floats] = {"y": asked.overall(model.outcome)}
        for k, code in enumerate(model.nodes):
            parts[f"x{k}"], parts[f"s{k}"], parts[f"a{k}"] = asked.node(code)
        design = asked.sample.design.with_columns(pd.DataFrame(parts))
        found = design.relative_importance("y", [f"x{k}" for k in places], level=level)
        ratios = [design.ratio(f"s{k}", f"a{k}", interval="bounded", level=level) for k in places]
        return cls(asked, model, found, ratios)

    @property
    def n(self) -> int:
        """Forms that count: with an answer to the overall item and something of every node."""
        return int(self.found.n[0])

    @property
    def status(self) -> str:
        if self.n < self.asked.values.minimum:
            return SUPPRESSED
        return MISSING if self.found.reason[0] else OK

    @property
    def is_weak(self) -> bool:
        """Whether R² cannot be told from 0, so that its division says nothing."""
        p, portions = self.found.p[0], self.found.portions.estimate
        return self.status == OK and (p > 1 - self.found.r2.level or bool(np.isnan(portions).all()))

    @property
    def remarks(self) -> Remarks:
        """What is said of the model and of each of its nodes."""
        if self.status == SUPPRESSED:
            return (remark("score.suppressed", forms=self.n, minimum=self.asked.values.minimum),)
        if self.status == MISSING:
            return (self._reason,)
        nodes = len(self.model.nodes)
        few = remark("drivers.small_sample", forms=self.n, nodes=nodes, least=FORMS_PER_NODE * nodes)
        weak = (remark("drivers.no_association"),) if self.is_weak else ()
        return (*weak, *((few,) if self.n < FORMS_PER_NODE * nodes else ()))

    @property
    def _reason(self) -> Remark:
        """Why R² is not divided."""
        why = self.found.reason[0]
        assert isinstance(why, Fault)
        nodes = [self.model.nodes[int(name[1:])] for name in why.facts.get("columns", ())]
        return remark(f"drivers.{why.code}", forms=self.n, nodes=", ".join(nodes))

    @property
    def nodes(self) -> pd.DataFrame:
        """The rows of its nodes (``DRIVER_COLUMNS``)."""
        portions, performance = self.found.portions, _joined(self.ratios)
        rows = pd.DataFrame(
            {
                "importance": 100.0 * portions.estimate,
                "importance_low": 100.0 * portions.ci_low,
                "importance_high": 100.0 * portions.ci_high,
                "r2_part": self.found.shares.estimate,
                "performance": 100.0 * performance[0],
                "performance_low": 100.0 * performance[1],
                "performance_high": 100.0 * performance[2],
            }
        )
        divided = self.status == OK and not self.is_weak
        notes = [
            (*self.remarks, *((remark("drivers.flat_node"),) if divided and np.isnan(value) else ()))
            for value in portions.estimate
        ]
        if self.status == SUPPRESSED:
            rows[:] = np.nan
        rows["field"] = _fields(rows["importance"], rows["performance"]) if divided else ""
        rows["node_code"] = list(self.model.nodes)
        rows["note"] = pd.Series(notes, dtype=object)
        for name, value in self._place.items():
            rows[name] = value
        return rows

    @property
    def row(self) -> dict[str, object]:
        """Its own row (``DRIVER_MODEL_COLUMNS``)."""
        nodes, r2, shown = self.nodes, self.found.r2, self.status == OK
        both = nodes[nodes["field"] != ""]
        lost = int(self.found.dropped[0])
        more = (remark("drivers.not_counted", forms=lost, of_forms=self.n + lost),) if lost else ()
        return {
            **self._place,
            "item_code": self.model.outcome,
            "r2": r2.estimate[0] if shown else np.nan,
            "r2_low": r2.ci_low[0] if shown else np.nan,
            "r2_high": r2.ci_high[0] if shown else np.nan,
            "p_value": self.found.p[0] if shown else np.nan,
            "mean_importance": both["importance"].mean(),
            "mean_performance": both["performance"].mean(),
            "not_counted": np.nan if self.status == SUPPRESSED else lost,
            "note": (*self.remarks, *more),
        }

    @property
    def _place(self) -> dict[str, Any]:
        sample = self.asked.sample
        place = {"block": sample.block, "group": sample.group, "model": self.model.code}
        return {**place, "n_valid": self.n, "status": self.status}


def _joined(ratios: Sequence[Estimates]) -> Floats:
    """Estimate and limits of each node [3, nodes]."""
    return np.concatenate([[one.estimate, one.ci_low, one.ci_high] for one in ratios], axis=1)


def _fields(importance: pd.Series, performance: pd.Series) -> list[str]:
    """Where each node stands against the mean importance and the mean performance of those that have both.

    >>> _fields(pd.Series([40.0, 35.0, 15.0, 10.0]), pd.Series([90.0, 70.0, 60.0, 95.0]))
    ['keep', 'improve_first', 'low_priority', 'possible_excess']
    """
    both = importance.notna() & performance.notna()
    important, good = importance >= importance[both].mean(), performance >= performance[both].mean()
    named = np.select(
        [~both, important & good, important & ~good, ~important & ~good],
        ["", KEEP, IMPROVE_FIRST, LOW_PRIORITY],
        POSSIBLE_EXCESS,
    )
    return [str(name) for name in named]
