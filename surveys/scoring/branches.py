"""Branches of the tree: one node or item for one group, in all units of a block; and the parts that make a branch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from surveys.scoring.quantities import Bools, Floats, Quantity, combined
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL
from surveys.vocabulary.remarks import Remark, remark

Notes = tuple[tuple[int, Remark], ...]  # by position of the unit
ORIGINS = ("score.external", "score.external_page")


@dataclass(frozen=True)
class Branch:
    """One node or item for one group (or over the groups), in all U units.

    ``columns``: the items below, by group, bool [I]; ``complete``: nothing is missing below; ``shown``: enough valid forms;
    ``elsewhere``: wholly taken from another survey or assessment; ``max_points`` [U], NaN without points.
    """

    code: str
    level: str
    group: str
    score: Quantity
    satisfied: Quantity
    columns: Mapping[str, Bools]
    complete: Bools
    shown: Bools
    elsewhere: Bools
    max_points: Floats
    notes: Notes = ()

    @cached_property
    def available(self) -> Bools:
        """Units in which this result can enter its parent."""
        return self.shown & ~np.isnan(self.score.value)

    @property
    def one_derivative(self) -> bool:
        """Whether score and satisfied share have one and the same derivative."""
        return self.score.derived_as(self.satisfied)

    def notes_but(self, units: Bools) -> Notes:
        """The notes of all units but these [U]."""
        return tuple((u, said) for u, said in self.notes if not units[u])


Family = dict[str, Branch]  # branches of one node by group; ALL_GROUPS for the result over the groups


class Parts:
    """The P branches that are combined into another, side by side."""

    def __init__(self, branches: Iterable[Branch]) -> None:
        self.branches = tuple(branches)

    def flags(self, name: str) -> Bools:
        """A flag of every part, [P, U]."""
        return np.array([getattr(branch, name) for branch in self.branches], dtype=bool)

    @cached_property
    def available(self) -> Bools:
        return self.flags("available")

    @cached_property
    def complete(self) -> Bools:
        return self.flags("complete")

    @cached_property
    def elsewhere(self) -> Bools:
        return self.flags("elsewhere")

    @cached_property
    def points(self) -> Floats:
        """Maximum points [P, U]."""
        return np.array([branch.max_points for branch in self.branches])

    @property
    def all_available(self) -> Bools:
        """The same [P, U] for every part: units in which all of them are available."""
        return np.broadcast_to(in_all(self.available), self.available.shape)

    @property
    def columns(self) -> dict[str, Bools]:
        """Items below, by group."""
        columns: dict[str, Bools] = {}
        for part in self.branches:
            for g, column in part.columns.items():
                columns[g] = columns[g] | column if g in columns else column
        return columns

    def into(self, blank: Branch, weights: Floats) -> Branch:
        """``blank`` with Σ weight · part as score and satisfied share, shown wherever it has a value; weights [P, U]."""
        scores, shares = ([getattr(b, name) for b in self.branches] for name in ("score", "satisfied"))
        score, satisfied = combined(scores, shares, weights)
        return replace(
            blank, score=score, satisfied=satisfied, columns=self.columns, shown=~np.isnan(score.value)
        )

    def named(self, code: str, parameter: str, flagged: Bools) -> Notes:
        """One remark per unit naming the parts that are flagged [P, U]."""
        if not flagged.any():
            return ()
        names = [part.code for part in self.branches]
        if len(set(names)) < len(names):
            names = [
                part.code if part.group == ALL_GROUPS or part.level == ITEM_LEVEL else part.group
                for part in self.branches
            ]
        found = []
        for u in positions(in_some(flagged)):
            listed = ", ".join(name for name, bad in zip(names, flagged[:, u], strict=True) if bad)
            found.append((u, remark(code, **{parameter: listed})))
        return tuple(found)

    @property
    def origins(self) -> Notes:
        """Where the external estimates among the parts come from."""
        found = ((u, said) for part in self.branches for u, said in part.notes if said.code in ORIGINS)
        return tuple(dict.fromkeys(found))


def everywhere(units: Iterable[int], said: Remark) -> Notes:
    """The same remark on several units."""
    return tuple((u, said) for u in units)


def in_all(flags: Bools) -> Bools:
    """True for the units in which every part [P, U] is flagged."""
    return np.asarray(flags.all(axis=0))


def in_some(flags: Bools) -> Bools:
    """True for the units in which at least one part [P, U] is flagged."""
    return np.asarray(flags.any(axis=0))


def positions(mask: Bools) -> list[int]:
    """Positions of the true values as plain integers."""
    return [int(u) for u in mask.nonzero()[0]]
