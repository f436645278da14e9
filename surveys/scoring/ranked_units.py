"""Which units are ranked: those whose total has every group and every part, or all with a total where the study renormalises.

A unit that lacks a group or a part of its index is not ranked among complete ones: it was not measured by the same yardstick.
"""

from __future__ import annotations

from surveys.definitions.study.records import Inference
from surveys.scoring.branches import Branch
from surveys.scoring.quantities import Bools


def ranked_units(plan: Inference, total: Branch) -> Bools:
    """Units [U] that stand in the ranking by their ``total``."""
    return total.available if plan.renormalises else total.available & total.complete
