"""Several rounds as one series: every unit and node with what each round measured, under the codes of the newest one.

Every pair of neighbouring rounds is compared (:mod:`surveys.comparison.changes`); k rounds cost k − 1 comparisons. Where the
edition of a round does not measure what the one before it did, the figure is still there, with the reason of the break. Units
that were divided, merged or abolished, and nodes and items that are gone, have lines of their own that end with the reason.
Figures that were published of other years stand among them without an interval, marked as published, and enter no difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import pandas as pd

from surveys.comparison.changes import changes_of
from surveys.comparison.compared_round import ComparedRound, Key
from surveys.comparison.lines import Lines
from surveys.comparison.measured_rows import measured_rows
from surveys.comparison.published_figures import moment_of, published_rows, tell_differing
from surveys.comparison.steps import NOT_COMPARABLE, RoundStep, step_between
from surveys.definitions.study.index_kind import refuse_unscored
from surveys.definitions.study.records import Headline
from surveys.problems import Problem, Problems
from surveys.vocabulary.columns import SERIES_COLUMNS
from surveys.vocabulary.statuses import MEASURED, PUBLISHED

_LINE = ["block", "unit_code", "node_code", "last_round", "group", "part"]


@dataclass(frozen=True)
class RoundSeries:
    """``changes``: those of every pair of neighbours, ``CHANGE_COLUMNS``; ``series``: one row per unit × node × group × part ×
    round, and one per published figure, ``SERIES_COLUMNS``; ``refused``: why nodes or units were not compared; ``told``: what
    else was found."""

    rounds: tuple[ComparedRound, ...]
    changes: pd.DataFrame
    series: pd.DataFrame
    refused: tuple[Problem, ...]
    told: tuple[Problem, ...]

    @property
    def newest(self) -> ComparedRound:
        """The newest round, whose codes and words the series has."""
        return self.rounds[-1]

    @property
    def moments(self) -> tuple[tuple[str, str], ...]:
        """The rounds and the years of which figures were published, in the order of time: basis and what ``round`` says."""
        found = [(float(at), MEASURED, one.label) for at, one in enumerate(self.rounds)]
        years = self.series.loc[self.series["basis"] == PUBLISHED, "round"].unique()
        found += [(moment_of(int(year), self.rounds), PUBLISHED, str(year)) for year in years]
        return tuple((basis, label) for _, basis, label in sorted(found))


def series_of(
    rounds: Sequence[ComparedRound],
    successors: Sequence[Mapping[Key, Key]],
    headlines: Sequence[Headline] = (),
) -> RoundSeries:
    """Rounds in the order given, oldest first, with the successors of units at each of the k − 1 steps between them, and figures
    published beside those that the rounds' studies declare (in the codes of the newest round that has the unit).

    Raises :class:`surveys.problems.SurveyError` when one scores nothing, or no two neighbours can be compared. Of three
    rounds or more, neighbours without anything in common are a break in every line, which is told.
    """
    for one in rounds:
        refuse_unscored(one.instrument)
    rounds = labelled(rounds)
    pairs = zip(pairwise(rounds), successors, strict=True)
    steps = [step_between(old, new, heirs) for (old, new), heirs in pairs]
    refused = _refused(steps)
    comparisons = [changes_of(step) for step in steps]
    lines, problems = Lines(rounds, steps), Problems()
    _tell_order(rounds, problems)
    measured = [
        measured_rows(round_, lines, against)
        for round_, against in zip(rounds, (None, *comparisons), strict=True)
    ]
    figures = published_rows(rounds, lines, headlines, problems)
    tell_differing(figures, rounds, measured, problems)
    changes = pd.concat([comparison.table for comparison in comparisons], ignore_index=True)
    return RoundSeries(tuple(rounds), changes, _in_order(measured, figures), refused, tuple(problems))


def labelled(rounds: Sequence[ComparedRound]) -> list[ComparedRound]:
    """The rounds, each with a label of its own: that of its study, numbered where several have the same."""
    taken: set[str] = set()
    found = []
    for one in rounds:
        label = own = one.label or one.instrument.name
        number = 1
        while label in taken:
            number += 1
            label = f"{own}-{number}"
        taken.add(label)
        found.append(replace(one, label=label))
    return found


def _refused(steps: Sequence[RoundStep]) -> tuple[Problem, ...]:
    """Why nodes or units are not compared. Raises where nothing is; a step without anything in common is a warning beside
    others."""
    problems = Problems()
    none = not any(step.is_comparable for step in steps)
    for step in steps:
        for problem in step.told:
            is_fault = none and problem.code in NOT_COMPARABLE
            problems.extend([problem if is_fault else replace(problem, severity="warning")])
    problems.raise_errors()
    return tuple(dict.fromkeys(problems))


def _tell_order(rounds: Sequence[ComparedRound], problems: Problems) -> None:
    """Rounds whose periods do not ascend."""
    for old, new in pairwise(rounds):
        if old.period.end and new.period.end and new.period.end < old.period.end:
            ends = {"old_end": old.period.end, "new_end": new.period.end}
            params = tuple({"old": old.label, "new": new.label, **ends}.items())
            problems.extend([Problem("compare.order", "warning", params=params)])


def _in_order(measured: Sequence[pd.DataFrame], figures: pd.DataFrame) -> pd.DataFrame:
    """The rows line by line: lines in the order of the newest round that has them, each from the oldest figure to the newest.
    A figure of a year stands behind what a round measured of that year."""
    newest_first = pd.concat([*reversed(measured), figures], ignore_index=True)
    rank = newest_first.groupby(_LINE, sort=False).ngroup()
    found = newest_first.assign(_line=rank).sort_values(["_line", "_when"], kind="stable", ignore_index=True)
    return found[list(SERIES_COLUMNS)]
