"""Words that every index shares: the level of single questions, the result over the groups, and what a node is measured by.

The levels of nodes are the index's own words (field, criterion, sub-criterion, dimension) and stand in its definition.
"""

from __future__ import annotations

from typing import Literal, get_args

#: Level of the rows of single questions, in scores and tree.
ITEM_LEVEL = "item"
#: The ``group`` of a result over the groups; no group of respondents may have this code.
ALL_GROUPS = "all"

#: What a node's points come from: the items below it, an estimate of another survey, points given by the council, its children.
MeasuredBy = Literal["survey", "external", "assessment", "total"]
MEASURED_BY: tuple[MeasuredBy, ...] = get_args(MeasuredBy)
SURVEY, EXTERNAL_SURVEY, ASSESSMENT, TOTAL = MEASURED_BY
#: Parts of an index whose results stand beside each other: what is surveyed, and all of it.
PARTS = (SURVEY, TOTAL)
