"""The sections of the analysis report, in the order in which they stand unless a study says otherwise."""

from __future__ import annotations

from typing import Literal, get_args

SectionName = Literal[
    "summary", "conduct", "respondents", "league", "fields", "groups", "answers", "drivers", "changes", "losses", "units",
    "recommendations", "method",
]  # fmt: skip
REPORT_SECTIONS: tuple[SectionName, ...] = get_args(SectionName)
#: Sections that stand behind the block of those who sign.
ANNEXES: frozenset[SectionName] = frozenset({"method"})
