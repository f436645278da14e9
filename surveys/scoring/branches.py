"""Branches of the tree: one node or item for one group, in all units of a block; and the parts that make a branch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from surveys.scoring.quantities import Bools, Floats, Quantity, combined
from surveys.vocabulary.remarks import Remark, remark

Notes = tuple[tuple[int, Remark], ...]  # by position of the unit
#: Remarks that a result over the groups repeats from its groups: where estimates come from, and questions that are left out.
CARRIED = ("score.external", "score.external_page", "score.items_not_shown")
#: Remarks that results further up repeat by naming the part: those that bring them, and what is said above.
BELOW = {
    "score.renormalised_below": ("score.renormalised", "score.renormalised_below"),
    "score.items_not_shown_below": ("score.items_not_shown", "score.items_not_shown_below"),
}


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

    def notes_but(self, units: Bools) -> Notes:
        """The notes of all units but these [U]."""
        return tuple((u, said) for u, said in self.notes if not units[u])


Family = dict[str, Branch]  # branches of one node by group; ALL_GROUPS for the result over the groups


class Parts:
    """The P branches that are combined into another, side by side: their flags and maximum points [P, U]."""

    def __init__(self, branches: Iterable[Branch]) -> None:
        self.branches = tuple(branches)
        self.available, self.complete, self.elsewhere = (
            np.array([getattr(branch, name) for branch in self.branches], dtype=bool)
            for name in ("available", "complete", "elsewhere")
        )
        self.points = np.array([branch.max_points for branch in self.branches])

    @property
    def answered(self) -> Bools:
        """Parts with a value [P, U], shown or not."""
        return np.array([~np.isnan(part.score.value) for part in self.branches])

    @property
    def all_available(self) -> Bools:
        """The same [P, U] for every part: units in which all of them are available."""
        return np.broadcast_to(self.available.all(axis=0), self.available.shape)

    @property
    def columns(self) -> dict[str, Bools]:
        """Items below, by group."""
        below = [part.columns for part in self.branches]
        groups = dict.fromkeys(group for columns in below for group in columns)
        return {g: np.logical_or.reduce([columns[g] for columns in below if g in columns]) for g in groups}

    def into(self, blank: Branch, weights: Floats) -> Branch:
        """``blank`` with Σ weight · part as score and satisfied share, shown wherever it has a value; weights [P, U]."""
        scores, shares = ([getattr(b, name) for b in self.branches] for name in ("score", "satisfied"))
        score, satisfied = combined(scores, shares, weights)
        shown = ~np.isnan(score.value)
        return replace(blank, score=score, satisfied=satisfied, columns=self.columns, shown=shown)

    def named(self, code: str, parameter: str, flagged: Bools) -> Notes:
        """One remark per unit naming the parts that are flagged [P, U]: by their codes, or the groups of one and the same."""
        names = [part.code for part in self.branches]
        if len(set(names)) < len(names):
            names = [part.group for part in self.branches]
        return named(code, parameter, flagged, names)

    @property
    def carried(self) -> Notes:
        """Remarks of the parts that the result repeats, those of one unit each once."""
        found = ((u, said) for part in self.branches for u, said in part.notes if said.code in CARRIED)
        return tuple(dict.fromkeys(found))

    @property
    def below(self) -> Notes:
        """Remarks that name the parts of which, or below which, something is said (:data:`BELOW`)."""
        return tuple(
            note
            for code, brought in BELOW.items()
            for note in self.named(code, "nodes", self.available & self._saying(brought))
        )

    def _saying(self, codes: Sequence[str]) -> Bools:
        """Parts [P, U] with any of these remarks."""
        flags = np.zeros(self.available.shape, dtype=bool)
        for p, part in enumerate(self.branches):
            flags[p, [u for u, said in part.notes if said.code in codes]] = True
        return flags


def named(code: str, parameter: str, flagged: Bools, names: Sequence[str]) -> Notes:
    """One remark per unit with the names [P] of the parts that are flagged [P, U]."""
    units, of_parts = np.flatnonzero(in_some(flagged)).tolist(), np.array(names)
    return tuple((u, remark(code, **{parameter: ", ".join(of_parts[flagged[:, u]])})) for u in units)


def everywhere(units: Bools, said: Remark) -> Notes:
    """The same remark on several units [U]."""
    return tuple((u, said) for u in np.flatnonzero(units).tolist())


def in_all(flags: Bools) -> Bools:
    """True for the units in which every part [P, U] is flagged."""
    return np.asarray(flags.all(axis=0))


def in_some(flags: Bools) -> Bools:
    """True for the units in which at least one part [P, U] is flagged."""
    return np.asarray(flags.any(axis=0))
