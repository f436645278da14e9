"""Which categories of a table are not shown: those of too few forms, and further ones, so that none of them can be computed back
from the total, from the margins of a product or from the scores.

What is hidden in the scores of a unit enters no total; a category of too few forms does, as the respondents of a small age group
belong to all respondents. So the categories of a line and its total, and a product and its margins, are bound by sums, and
:func:`surveys.scoring.complementary_hiding.complement` closes them. The margins of a product count whether they were asked for or
not: they may stand in another table of the same round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from surveys.analysis.by_variables import GROUP, UNIT, ByVariable, Categories, with_margins
from surveys.analysis.tabulated_rows import TabulatedRows
from surveys.analysis.tabulated_subjects import TableSubject
from surveys.scoring.complementary_hiding import complement
from surveys.scoring.quantities import Bools, Floats
from surveys.vocabulary.statuses import SUPPRESSED

#: A margin is hidden only where hiding inner cells does not help; a total never.
_MARGIN = 1e6


@dataclass(frozen=True, eq=False)
class ShownCategories:
    """The categories [J] of one line of a table. ``n``: forms with a valid answer; ``minimum``: fewest that are shown; ``few``:
    hidden for too few forms, here or in an item below; ``hidden``: these and what protects them."""

    categories: Categories
    n: np.ndarray
    minimum: np.ndarray
    few: Bools
    hidden: Bools

    @cached_property
    def shown(self) -> Bools:
        """Categories with forms that are not hidden."""
        return ~self.hidden & (self.n > 0)

    @cached_property
    def place(self) -> np.ndarray:
        """The category of every row, −1 outside those that are shown."""
        return np.where(np.append(self.shown, False)[self.categories.place], self.categories.place, -1)


class Hiding:
    """What is hidden of the tables of some respondents by ``variables``. ``unshown``: code of a node or an item → unit and group
    of every result that the scores do not show."""

    def __init__(
        self,
        of: TabulatedRows,
        variables: Sequence[ByVariable],
        unshown: Mapping[str, frozenset[tuple[str, str]]],
    ) -> None:
        self._of, self.variables, self._unshown = of, tuple(variables), unshown
        wanted = [by for by in with_margins(variables) if of.group or GROUP in by.parts]
        self._categories = {by: of.categories(by) for by in wanted}
        self._few_of_items: dict[tuple[ByVariable, str], Bools] = {}
        self._minimum = {by: self._least(found) for by, found in self._categories.items()}

    def of(self, subject: TableSubject) -> dict[ByVariable, ShownCategories]:
        """What is hidden of a subject; the items of a node have to come before it."""
        given, entering, few = {}, {}, {}
        for by, categories in self._categories.items():
            given[by], entering[by] = (_counts(categories, rows) for rows in (subject.given, subject.valid))
            few[by] = (given[by] > 0) & (entering[by] < self._minimum[by])
            few[by] |= self._hidden_in_scores(subject, categories) & (given[by] > 0)
            if subject.item:
                self._few_of_items[by, subject.item] = few[by] & (entering[by] > 0)
            else:
                for item in subject.items:
                    few[by] |= self._few_of_items.get((by, item), False)
        hidden = self._closed(entering, few)
        return {
            by: ShownCategories(
                self._categories[by],
                np.where(entering[by] > 0, entering[by], given[by]),
                self._minimum[by],
                few[by],
                hidden[by],
            )
            for by in self.variables
        }

    def _least(self, categories: Categories) -> np.ndarray:
        """Fewest forms that are shown, by category."""
        if GROUP not in categories.by.parts:
            return np.full(len(categories), self._of.minimum[0])
        of_group = dict(zip(self._of.groups, self._of.minimum, strict=True))
        return np.array([of_group[group] for group in categories.part(GROUP)])

    def _hidden_in_scores(self, subject: TableSubject, categories: Categories) -> Bools:
        """Categories [J] of a unit whose result of the subject is not shown in the scores."""
        hidden, parts = self._unshown.get(subject.code, frozenset()), categories.by.parts
        if not hidden or UNIT not in parts:
            return np.zeros(len(categories), dtype=bool)
        groups = categories.part(GROUP) if GROUP in parts else [self._of.group] * len(categories)
        return np.array([key in hidden for key in zip(categories.part(UNIT), groups, strict=True)])

    def _closed(
        self, entering: Mapping[ByVariable, np.ndarray], few: Mapping[ByVariable, Bools]
    ) -> dict[ByVariable, Bools]:
        """Hidden categories of every variable with those that protect them."""
        exposed = {by: few[by] & (entering[by] > 0) for by in few}
        if not any(found.any() for found in exposed.values()):
            return dict(few)
        ends = np.cumsum([0, *(len(self._categories[by]) for by in self._categories)])
        cells = {by: slice(a, b) for by, a, b in zip(self._categories, ends[:-1], ends[1:], strict=True)}
        costs = np.concatenate(
            [entering[by] + (0.0 if self._is_inner(by) else _MARGIN) for by in cells] + [[np.inf]]
        )
        filled = np.concatenate([entering[by] > 0 for by in cells] + [[True]])
        hidden = np.append(np.concatenate([exposed[by] for by in cells]), False)
        relations = self._relations(cells, filled)
        try:
            found = hidden | complement(relations[:, filled], hidden[filled], costs[filled])[_places(filled)]
        except ValueError:  # the total itself is that of a hidden category
            found = np.append(filled[:-1], False)
        return {by: few[by] | (found[cells[by]] & filled[cells[by]]) for by in cells}

    def _is_inner(self, by: ByVariable) -> bool:
        """Whether no other variable adds this one up."""
        return not any(set(by.parts) < set(other.parts) for other in self._categories)

    def _relations(self, cells: Mapping[ByVariable, slice], filled: Bools) -> Floats:
        """Sums [m, cells + total] that are zero: the parts of a margin less the margin, categories less their total."""
        rows: list[Floats] = []
        for by, at in cells.items():
            for margin in by.margins or (ByVariable(()),):
                rows += self._sums(by, at, margin, cells)
        return np.array(rows).reshape(-1, len(filled))

    def _sums(
        self, by: ByVariable, at: slice, margin: ByVariable, cells: Mapping[ByVariable, slice]
    ) -> list[Floats]:
        """The relations of a variable to one of its margins, the total for none."""
        inner, size = self._categories[by], max(s.stop for s in cells.values()) + 1
        if not margin.parts:
            if GROUP in by.parts:  # groups are no parts of one population: they have no total
                return []
            row = np.zeros(size)
            row[at], row[-1] = 1.0, -1.0
            return [row]
        of = next((known for known in cells if set(known.parts) == set(margin.parts)), None)
        if of is None:
            return []
        keys = list(zip(*(inner.part(part) for part in of.parts), strict=True))
        rows = []
        for k, key in enumerate(self._categories[of].keys):
            row = np.zeros(size)
            row[at] = [float(one == key) for one in keys]
            row[cells[of].start + k] = -1.0
            rows.append(row)
        return rows


def _counts(categories: Categories, rows: Bools) -> np.ndarray:
    """Rows [J] in each category."""
    inside = rows & (categories.place >= 0)
    return np.bincount(categories.place[inside], minlength=len(categories))


def _places(filled: Bools) -> np.ndarray:
    """For every cell its place among the filled ones; that of the last for the others."""
    return np.where(filled, np.cumsum(filled) - 1, int(filled.sum()) - 1)


def unshown(scores: pd.DataFrame, block: str) -> dict[str, frozenset[tuple[str, str]]]:
    """Code of a node or item → unit and group of the results of a block that its scores do not show although there are forms."""
    hidden = scores[(scores["block"] == block) & (scores["status"] == SUPPRESSED) & (scores["n_valid"] > 0)]
    found: dict[str, set[tuple[str, str]]] = {}
    for code, unit, group in zip(hidden["node_code"], hidden["unit_code"], hidden["group"], strict=True):
        found.setdefault(code, set()).add((unit, group))
    return {code: frozenset(pairs) for code, pairs in found.items()}
