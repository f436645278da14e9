"""Rules about patterns within a form: the same answer throughout, answered too fast."""

from __future__ import annotations

import numpy as np
import pandas as pd

from surveys.validity.careless_indices import closed_up, longest_run
from surveys.validity.evidence import Evidence, row_counts
from surveys.validity.rules.finding import Finding


def straight_line(evidence: Evidence, minimum_items: int, share: float) -> Finding:
    """The same level chosen in a run of at least ``share`` of the answered questions (ordinal scales, in the order of the
    form, gaps skipped), where at least ``minimum_items`` were answered."""
    instrument = evidence.instrument
    ordinal = [k for k, item in enumerate(instrument.items) if instrument.scale[item.scale].kind == "ordinal"]
    answers = evidence.answers.take(ordinal, axis=1)
    answered = row_counts(answers >= 0)
    needed = share * answered - 1e-9
    # A run of a level is never longer than the level is frequent: runs are sought only where some level is frequent enough.
    frequent = [row_counts(answers == level) >= needed for level in range(answers.max(initial=-1) + 1)]
    broken = (answered >= max(minimum_items, 1)) & np.any(frequent, axis=0)
    chosen, number = closed_up(answers[broken])
    broken[broken] = np.minimum(longest_run(chosen), number) >= needed[broken]
    return Finding(broken)


def too_fast(evidence: Evidence, minimum_seconds: float, seconds_per_item: float) -> Finding:
    """The whole form took less than ``minimum_seconds``, or less than ``seconds_per_item`` for each answer on it; a form
    without a time is not judged."""
    form = pd.factorize(evidence["form"])[0]
    answers = np.bincount(form, row_counts(evidence.answered))[form]
    return Finding(evidence["seconds"] < np.maximum(minimum_seconds, seconds_per_item * answers))
