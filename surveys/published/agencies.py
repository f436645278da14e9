"""Agencies beside published values: none is asked to work together with itself."""

from __future__ import annotations

import re
from collections.abc import Mapping

from surveys.published.published_table import PublishedRow
from surveys.published.table_layout import COORDINATING
from surveys.vocabulary.folding import fold_name

#: What is said of an agency in brackets: its part of the work, or its short name.
_BESIDE = re.compile(r"\([^()]*\)")
_BETWEEN = re.compile(r"[;\n]")


def check_agencies(rows: Mapping[str, PublishedRow]) -> None:
    """Note at a row that an agency in the lead stands among those that co-ordinate with it, as printed."""
    for code, row in rows.items():
        lead, others = named_agencies(row.lead), named_agencies(row.coordinating)
        twice = [text for name, text in lead.items() if name in others]
        if twice:
            row.note(
                "audit.lead_coordinates",
                COORDINATING,
                severity="warning",
                node=code,
                name=row.name,
                agencies=twice,
            )


def named_agencies(cell: str) -> Mapping[str, str]:
    """The agencies that a cell names, one after each semicolon or in a line of its own: folded name → as printed.

    >>> list(named_agencies("Sở Y tế (y tế công lập); Sở Giáo dục và Đào tạo").values())
    ['Sở Y tế', 'Sở Giáo dục và Đào tạo']
    """
    texts = (text.strip() for text in _BETWEEN.split(_BESIDE.sub("", cell)))
    return {fold_name(text): text for text in texts if fold_name(text)}
