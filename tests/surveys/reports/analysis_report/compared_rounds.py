"""Rounds beside an earlier one, read as their report quotes them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import surveys as sv
from surveys.gap_report import gaps_of_round
from surveys.handover.analysed_results import analysed_results
from surveys.handover.round_results import verified_run
from surveys.problems import Language
from surveys.reports.analysis_report.reported_round import ReportedRound, reported_round, with_changes

#: What the earlier round is called.
EARLIER = "đợt trước"


@cache
def compared(before: Path, after: Path, language: Language) -> ReportedRound:
    """The later of two rounds, from their folders of results."""
    verified, earlier = verified_run(after), analysed_results(verified_run(before))
    gaps = gaps_of_round(analysed_results(verified), earlier)
    return with_changes(reported_round(verified, gaps, language), sv.compare(before, after).changes, EARLIER)
