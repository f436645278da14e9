"""What became of a form, a result or a change: the words of the columns ``disposition`` and ``status``."""

from __future__ import annotations

#: Dispositions of an evaluation of a form; left out: the collecting tool says that it is no return (preview, test, spam …).
VALID, REVIEW, REJECTED, LEFT_OUT = DISPOSITIONS = ("valid", "review", "rejected", "left_out")
#: What a collecting tool may say of a form, the weaker first: of several words the strongest counts.
TOOL_STATES = (VALID, REVIEW, LEFT_OUT)
#: Rows that are no forms of their own: the second data entry of a form, compared with the first, and a submission that was read
#: before.
SECOND_ENTRY, COPY = NO_FORMS = ("second_entry", "copy")

#: Statuses of a result. Incomplete: something below is missing, and the value stands for the rest; suppressed: too few valid
#: forms, so that no value is shown; external: taken wholly from another survey; provisional: some of the council's points are
#: those of its first appraisal.
OK, INCOMPLETE, SUPPRESSED, EXTERNAL, PROVISIONAL = STATUSES = (
    "ok", "incomplete", "suppressed", "external", "provisional",
)  # fmt: skip
#: The step of the assessment whose points count: the column ``council_basis``.
FIRST_APPRAISAL, FINAL = BASES = ("first_appraisal", "final")

#: What came of asking a unit for its explanation of the draft results, and what was decided about it.
RECEIVED, NO_ANSWER, LATE = EXPLANATION_STATUSES = ("received", "none", "late")
GRANTED, PARTLY, DENIED, PENDING = EXPLANATION_DECISIONS = ("accepted", "partly", "rejected", "pending")

#: What an audit says of a value of a published table.
EXACT, ROUNDING, CONTRADICTS, PARTIAL, PRINTED, COMPUTED, UNEQUAL_ANSWERS = AUDIT_STATUSES = (
    "exact", "rounding", "contradicts", "partial", "printed", "computed", "unequal_answers",
)  # fmt: skip

#: Where a node stands by its importance for the overall judgement and by its own performance, divided at their means: both high,
#: important and low, both low, unimportant and high.
KEEP, IMPROVE_FIRST, LOW_PRIORITY, POSSIBLE_EXCESS = DRIVER_FIELDS = (
    "keep", "improve_first", "low_priority", "possible_excess",
)  # fmt: skip

#: Statuses of a change between two rounds.
INCOMPARABLE, MISSING = "incomparable", "missing"
CHANGE_STATUSES = (OK, INCOMPARABLE, MISSING)
#: Whether a unit is where it is wanted: there now, within reach of its block's best results, beyond these; no ways can be
#: told; or it has no such place.
REACHED, OPEN, OUT_OF_REACH, UNTOLD, UNRANKED = REACH_STATUSES = (
    "reached", "open", "out_of_reach", "untold", "unranked",
)  # fmt: skip

#: Why a score cannot be worked out from the answers and the rules of the tree alone: some of it is taken from another survey, or
#: a group or question does not enter it (too few forms, or none).
PARTS_MISSING = "parts_missing"
NOT_FROM_ANSWERS = (EXTERNAL, PARTS_MISSING)
#: Where a figure of a series comes from: a round that is at hand, or a document that prints it.
MEASURED, PUBLISHED = SERIES_BASES = ("measured", "published")
#: What a figure of a series is to that of the round before: comparable, or what stands against a comparison.
COMPARABLE = (
    OK, "new_node", "children_changed", "below_changed", "weights_changed", "rule_changed", "items_changed", "scale_changed",
    "merged_unit", "no_predecessor", "no_value", PUBLISHED,
)  # fmt: skip
#: Statuses of a node and of a model of drivers.
DRIVER_STATUSES = (OK, SUPPRESSED, MISSING)
#: Whether a number of forms that is wanted of a cell will be reached: it is; it is likely, uncertain or unlikely at the present
#: pace; there are not enough forms to come; fieldwork ended without; nothing tells it yet.
CELL_REACHED, LIKELY, UNCERTAIN, UNLIKELY, IMPOSSIBLE, MISSED, UNKNOWN = OUTLOOKS = (
    "reached", "likely", "uncertain", "unlikely", "impossible", "missed", "unknown",
)  # fmt: skip
#: What is far from the others about an interviewer: more of the forms are rejected, or fewer.
MORE_REJECTED, FEWER_REJECTED = REJECTED_SHARES = ("more", "fewer")
