"""A round that is still in the field: files into which no form has come yet, and what had come in up to a day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from surveys.problems import Problem, Problems
from surveys.returns.record_set import Returns

#: Faults of files into which nothing was written yet.
_NOT_YET = frozenset({"returns.file_empty", "returns.no_rows"})


@dataclass(frozen=True)
class InTheField:
    """How returns are read while forms come in. ``until``: the last day (ISO) whose forms are read; empty: every form."""

    until: str = ""

    def softened(self, found: Iterable[Problem]) -> Problems:
        """Faults as they are told now: a file without a form yet is none, only worth knowing."""
        problems = Problems()
        problems.extend(replace(p, severity="warning") if p.code in _NOT_YET else p for p in found)
        return problems

    def kept(self, returns: Returns) -> Returns:
        """The returns without what was submitted after the day; forms that tell no time stay."""
        day = returns.rows["submitted"].to_numpy("datetime64[s]").astype("datetime64[D]")
        later = day > np.datetime64(self.until) if self.until else np.zeros(len(day), bool)
        if not later.any():
            return returns
        place = np.where(later, -1, np.cumsum(~later) - 1)
        row = returns.cells["row"].to_numpy(int)
        cells = returns.cells.assign(row=place[row])[~later[row]].reset_index(drop=True)
        rows = returns.rows[~later].reset_index(drop=True)
        lines = returns.lines[returns.lines["form"].isin(rows["form"])].reset_index(drop=True)
        return replace(returns, rows=rows, answers=returns.answers[~later], cells=cells, lines=lines)
