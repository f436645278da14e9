"""What became of every evaluation: valid, under review or rejected, with all its reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveys.problems import Problem
from surveys.vocabulary.notebook_display import Shown
from surveys.vocabulary.statuses import NO_FORMS, VALID


@dataclass(frozen=True, repr=False)
class Dispositions(Shown):
    """Aligned with ``Returns.rows`` (n evaluations).

    ``disposition``: object array [n] of valid, review, rejected, left_out; second_entry and copy mark rows that are the second
    data entry or a copy of another row and stand in no count of forms (see ``counted``). ``reasons``: DataFrame row,
    rule, severity, detail (every reason of every evaluation, flags included; ``detail`` names items, units or other form codes,
    never free text). ``cells``: DataFrame of ``CELL_COLUMNS``, the cell in which each evaluation is counted; ``funnel``: frame
    of ``FUNNEL_COLUMNS``, so that returned = valid + review + rejected + left_out. A form that does not count as valid stands in
    the cell it was issued for where its code was issued, else in the cell it was read in; so returned ≤ issued, but for codes
    that came back twice or were never issued, each of which has its reason. ``warnings``: faults that did not stop the screening.
    ``decided``: int array [n], which of the study's decisions stands for each evaluation, -1 for none (the default: none at all).
    """

    disposition: np.ndarray
    reasons: pd.DataFrame
    cells: pd.DataFrame
    funnel: pd.DataFrame
    warnings: tuple[Problem, ...] = ()
    decided: np.ndarray | None = None

    @property
    def valid(self) -> np.ndarray:
        """Boolean mask [n] of the evaluations that count."""
        return np.asarray(self.disposition == VALID)

    @property
    def counted(self) -> np.ndarray:
        """Boolean mask [n] of the evaluations of forms: all but second data entries and copies."""
        return np.asarray(~np.isin(self.disposition.astype(str), NO_FORMS))

    def facts(self) -> Mapping[str, object]:
        words, counts = np.unique(self.disposition.astype(str), return_counts=True)
        return {
            **dict(zip(words.tolist(), counts.tolist(), strict=True)),
            "reasons": f"{len(self.reasons):,}",
            "warnings": len(self.warnings),
        }
