"""What became of a form, a result or a change: the words of the columns ``disposition`` and ``status``."""

from __future__ import annotations

#: Dispositions of an evaluation.
VALID, REVIEW, REJECTED = DISPOSITIONS = ("valid", "review", "rejected")
#: The second data entry of a form: compared with the first, never an evaluation of its own.
SECOND_ENTRY = "second_entry"

#: Statuses of a result. Incomplete: something below is missing, and the value stands for the rest; suppressed: too few valid
#: forms, so that no value is shown; external: taken wholly from another survey or assessment.
OK, INCOMPLETE, SUPPRESSED, EXTERNAL = STATUSES = ("ok", "incomplete", "suppressed", "external")

#: Statuses of a change between two rounds.
INCOMPARABLE, MISSING = "incomparable", "missing"
CHANGE_STATUSES = (OK, INCOMPARABLE, MISSING)
