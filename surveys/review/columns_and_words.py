"""The tables in which people decide: their columns, what identifies a row, and the words that are accepted as a decision."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from surveys.vocabulary.folding import fold
from surveys.vocabulary.statuses import REJECTED, VALID

#: What a decision can mean, beside the dispositions of a form.
ACCEPTED, REFUSED, LEFT_BLANK = "accepted", "refused", "left_blank"

_YES_NO: Mapping[str, tuple[str, ...]] = {
    ACCEPTED: ("x", "có", "co", "yes", "đúng", "ok", "1"),
    REFUSED: ("không", "khong", "no", "-", "0", "none"),
}


@dataclass(frozen=True)
class ReviewTable:
    """One table. ``key``: columns that identify a row; ``decision``: the column that a person fills in; ``words``: what may be
    written there, by what it means (a code may stand there as well, of the unit or level that was decided for);
    ``optional``: columns that may be missing; ``others``: whether further columns are passed over."""

    columns: tuple[str, ...]
    key: tuple[str, ...]
    decision: str
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    optional: Collection[str] = ()
    others: bool = False

    def meaning(self, text: str) -> str:
        """What a word means as a decision; empty when it is none of the words.

        >>> UNITS.meaning("Có"), UNITS.meaning("SNV")
        ('accepted', '')
        """
        word = fold(text)
        return next((meaning for meaning, words in self.words.items() if word in map(fold, words)), "")


#: Spellings of units, one row for each proposed unit.
UNITS = ReviewTable(
    ("block", "text", "forms", "proposed_code", "proposed_name", "similarity", "decision"),
    ("block", "text", "proposed_code"),
    "decision",
    _YES_NO,
    optional=("forms", "proposed_name", "similarity"),
    others=True,
)
#: Forms that wait for a decision.
FORMS = ReviewTable(
    ("form_code", "unit", "reasons_vi", "reasons", "decision", "reviewer", "reason", "date", "source_file", "source_row"),
    ("form_code", "unit"),
    "decision",
    {VALID: ("valid", "hợp lệ"), REJECTED: ("rejected", "loại", "bị loại")},
    optional=("reasons_vi", "reasons", "date", "source_file", "source_row"),
)  # fmt: skip
#: Disagreements of two data entries of one form.
ENTRIES = ReviewTable(
    ("form", "field", "first", "second", "final", "who"),
    ("form", "field"),
    "final",
    {LEFT_BLANK: ("trống", "bỏ trống", "blank")},
)
#: What the columns of a file of returns hold.
MAPPING = ReviewTable(
    ("column", "heading", "kind", "target", "unit", "reason", "decision"),
    ("column", "heading"),
    "decision",
    _YES_NO,
    optional=("reason", "unit", "column"),
)
