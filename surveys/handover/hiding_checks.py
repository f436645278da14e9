"""What is hidden shows no number, in any table of the package: not the value, nor what would tell of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from surveys.handover.read_back import PrintedTable, PrintedTables
from surveys.problems import Problem
from surveys.vocabulary.levels import ALL_GROUPS
from surveys.vocabulary.statuses import SUPPRESSED

#: Numbers that tell nothing of answers: how many forms or nodes there are, what could be reached and is to be, what the council
#: gave, what an earlier round had.
_KEPT = (
    "n_valid", "max_points", "survey_max", "council_max", "council_points", "self_assessed", "first_appraisal", "final",
    "maximum", "leaves", "target", "previous",
)  # fmt: skip


def hidden_show_nothing(package: PrintedTables) -> Iterator[Problem]:
    """Suppressed results that show a number; unweighted results and percentages for the council of results without a value."""
    for printed in package.values():
        if "status" in printed.table.names:
            yield from _blank(printed, printed.text("status") == SUPPRESSED)
    if "unweighted" in package:
        yield from _blank(package["unweighted"], package["unweighted"].text("score") == "")
    if "council-scores" in package and "scores" in package:
        council, scores = package["council-scores"], package["scores"]
        key = list(council.table.key)
        over = scores.frame[scores.frame["group"] == ALL_GROUPS]
        found = council.frame[key].merge(over[[*key, "score"]], on=key, how="left")
        yield from _blank(council, (found["score"] == "").to_numpy())


def _blank(printed: PrintedTable, hidden: np.ndarray) -> Iterator[Problem]:
    """Numbers in rows that are ``hidden`` [n]."""
    for column in printed.table.columns:
        if column.is_number and column.name not in _KEPT:
            shown = hidden & (printed.text(column.name) != "")
            yield from printed.faults("verify.suppressed_shown", shown, column.name)
