"""What results are raised to on the way to where a unit is wanted: the marks of its own block, and the kinds of ways."""

from __future__ import annotations

from collections.abc import Mapping

MEDIAN, UPPER_QUARTER, BEST = MARKS = ("median", "upper_quarter", "best")
ANY = "any"
#: Kind of way → the marks that each sub-criterion may be raised to.
WAYS: Mapping[str, tuple[str, ...]] = {**{mark: (mark,) for mark in MARKS}, ANY: MARKS}
YES, NO = YES_NO = ("yes", "no")
