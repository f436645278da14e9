"""What became of every evaluation: valid, under review or rejected, with all its reasons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

VALID, REVIEW, REJECTED = "valid", "review", "rejected"
#: Columns of the funnel, in the order in which they are written.
FUNNEL_COLUMNS = (
    "block", "unit_code", "group", "questionnaire", "issued", "returned", "valid", "review", "rejected",
)  # fmt: skip


@dataclass(frozen=True)
class Dispositions:
    """Aligned with ``Returns.rows`` (n evaluations).

    ``disposition``: object array [n] of valid, review, rejected. ``reasons``: DataFrame row, rule, severity, detail
    (every reason of every evaluation, flags included; ``detail`` names items or other form codes, never free text).
    ``funnel``: DataFrame of ``FUNNEL_COLUMNS``; returned = valid + review + rejected ≤ issued in every row that has issued forms.
    """

    disposition: np.ndarray
    reasons: pd.DataFrame
    funnel: pd.DataFrame

    @property
    def valid(self) -> np.ndarray:
        """Boolean mask [n] of the evaluations that count."""
        return np.asarray(self.disposition == VALID)
