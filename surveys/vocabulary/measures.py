"""In what the target of a node is given, and by what leaves of the index are added up."""

from __future__ import annotations

from typing import Literal, get_args

Measure = Literal["points", "percent", "rank", "rank_up", "top", "unit_group", "class"]
POINTS, PERCENT, RANK, RANK_UP, TOP, UNIT_GROUP, CLASS = MEASURES = get_args(Measure)
#: Measures of a place among the units, which only the whole index has.
OF_ROOT = (RANK, RANK_UP, TOP, UNIT_GROUP, CLASS)
#: Measures whose targets are whole numbers from 1 on.
COUNTED = (RANK, RANK_UP, TOP)
#: What may stand before a target.
Sign = Literal["", ">=", ">", "<=", "<"]
SIGNS = tuple(filter(None, get_args(Sign)))
#: By what the points of leaves are added up: where they come from, and which agency leads.
SOURCE, AGENCY = SUMMED_BY = ("source", "agency")
#: In what a published figure is given.
HeadlineMeasure = Literal["points", "percent", "score"]
HEADLINE_MEASURES: tuple[HeadlineMeasure, ...] = get_args(HeadlineMeasure)
