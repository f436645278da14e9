"""The tables in which people decide: their columns, what identifies a row, and the words that are accepted as a decision."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from surveys.problems import Language
from surveys.vocabulary.folding import fold, without_marks
from surveys.vocabulary.statuses import (
    DENIED,
    GRANTED,
    LATE,
    NO_ANSWER,
    PARTLY,
    PENDING,
    RECEIVED,
    REJECTED,
    VALID,
)

#: What a decision can mean, beside the dispositions of a form.
ACCEPTED, REFUSED, LEFT_BLANK = "accepted", "refused", "left_blank"


@dataclass(frozen=True, slots=True)
class DecisionWords:
    """The words for one meaning in both languages; the first of each is the one that is offered."""

    vi: tuple[str, ...]
    en: tuple[str, ...]

    def offered(self, language: Language) -> str:
        return self.vi[0] if language == "vi" else self.en[0]

    @property
    def shown(self) -> str:
        """The offered words as a message shows them.

        >>> DecisionWords(("hợp lệ",), ("valid",)).shown, DecisionWords(("x",), ("x",)).shown
        ('hợp lệ (valid)', 'x')
        """
        return self.vi[0] if self.vi[0] == self.en[0] else f"{self.vi[0]} ({self.en[0]})"


_YES_NO: Mapping[str, DecisionWords] = {
    ACCEPTED: DecisionWords(("x", "có", "đúng", "1"), ("x", "yes", "ok")),
    REFUSED: DecisionWords(("không", "-", "0"), ("no", "none")),
}


@dataclass(frozen=True)
class ReviewTable:
    """One table. ``key``: columns that identify a row; ``decision``: the column that a person fills in; ``about``: what else is
    filled in or corrected beside it (who, when, why); ``words``: what may be written as a decision, by what it means (a code
    may stand there as well, of the unit or level that was decided for), ``beside`` those of other columns that are filled in;
    ``days``: columns with dates; ``optional``: columns that may be missing; ``others``: whether further columns are passed over;
    ``grows``: whether people add rows of their own."""

    columns: tuple[str, ...]
    key: tuple[str, ...]
    decision: str
    about: tuple[str, ...] = ()
    words: Mapping[str, DecisionWords] = field(default_factory=dict)
    beside: Mapping[str, Mapping[str, DecisionWords]] = field(default_factory=dict)
    days: Collection[str] = ("date",)
    optional: Collection[str] = ()
    others: bool = False
    grows: bool = False

    @property
    def filled(self) -> tuple[str, ...]:
        """The columns that people fill in, the decision first."""
        return self.decision, *self.about

    @property
    def accepted(self) -> list[str]:
        """The words of decisions as messages show them."""
        return [words.shown for words in self.words.values()]

    def words_of(self, column: str) -> Mapping[str, DecisionWords]:
        """The words that may be written in a column, by what they mean; none where it holds other text."""
        return self.words if column == self.decision else self.beside.get(column, {})

    def meaning(self, text: str, column: str = "") -> str:
        """What a word means as a decision, or in another ``column``, in either language, with or without its accents; empty when
        it is none of the words.

        >>> UNITS.meaning("Có"), FORMS.meaning("hop le"), UNITS.meaning("SNV"), EXPLANATIONS.meaning("quá hạn", "status")
        ('accepted', 'valid', '', 'late')
        """
        for alike in (fold, without_marks) if text.isascii() else (fold,):
            word = alike(text)
            for meaning, words in self.words_of(column or self.decision).items():
                if word and word in map(alike, (*words.vi, *words.en)):
                    return meaning
        return ""


#: Spellings of units, one row for each proposed unit.
UNITS = ReviewTable(
    (
        "block", "text", "forms", "proposed_code", "proposed_name", "similarity", "decision", "reviewer", "reason", "date",
    ),
    ("block", "text", "proposed_code"),
    "decision",
    ("reviewer", "reason", "date"),
    _YES_NO,
    optional=("forms", "proposed_name", "similarity", "reviewer", "reason", "date"),
    others=True,
)  # fmt: skip
#: Forms that wait for a decision.
FORMS = ReviewTable(
    (
        "form_code", "unit", "reasons_vi", "reasons", "decision", "assigned_unit", "reviewer", "reason", "date",
        "source_file", "source_row", "submission", "content",
    ),
    ("form_code", "unit", "submission"),
    "decision",
    ("assigned_unit", "reviewer", "reason", "date"),
    {
        VALID: DecisionWords(("hợp lệ", "chấp nhận"), ("valid", "accepted", "accept")),
        REJECTED: DecisionWords(("loại", "bị loại", "không hợp lệ"), ("rejected", "reject", "invalid")),
    },
    optional=("reasons_vi", "reasons", "assigned_unit", "date", "source_file", "source_row", "submission", "content"),
    others=True,
)  # fmt: skip
#: Disagreements of two data entries of one form.
ENTRIES = ReviewTable(
    ("form", "field", "first", "second", "final", "who", "reason", "date"),
    ("form", "field"),
    "final",
    ("who", "reason", "date"),
    {LEFT_BLANK: DecisionWords(("trống", "bỏ trống"), ("blank",))},
    optional=("reason", "date"),
    others=True,
)
#: Second data entries without a first one, with the code of a first entry that may be meant.
SECONDS = ReviewTable(
    ("second_code", "proposed_code", "source_file", "source_row", "decision", "reviewer", "reason", "date"),
    ("second_code",),
    "decision",
    ("reviewer", "reason", "date"),
    _YES_NO,
    optional=("source_file", "source_row", "reviewer", "reason", "date"),
    others=True,
)
#: What units answered to their draft results; rows about single nodes are added by hand.
EXPLANATIONS = ReviewTable(
    (
        "block", "unit", "unit_name", "node", "explanation", "received_on", "status", "decision", "reviewer", "reason", "date",
    ),
    ("block", "unit", "node"),
    "decision",
    ("node", "explanation", "received_on", "status", "reviewer", "reason", "date"),
    {
        GRANTED: DecisionWords(("chấp nhận", "đồng ý", "chấp thuận"), ("accepted", "accept", "granted")),
        PARTLY: DecisionWords(("một phần", "chấp nhận một phần"), ("partly", "partial", "in part")),
        DENIED: DecisionWords(("không chấp nhận", "không đồng ý", "bác bỏ"), ("rejected", "reject", "denied")),
        PENDING: DecisionWords(("đang xem xét", "chờ xem xét"), ("pending", "under review")),
    },
    {
        "status": {
            RECEIVED: DecisionWords(("đã nhận", "có giải trình", "có"), ("received", "yes")),
            NO_ANSWER: DecisionWords(("không giải trình", "không có", "không"), ("none", "no")),
            LATE: DecisionWords(("quá hạn", "chậm", "muộn"), ("late", "overdue")),
        }
    },
    days=("received_on", "date"),
    optional=("unit_name", "node", "reviewer", "reason", "date"),
    others=True,
    grows=True,
)  # fmt: skip
#: What the columns of a file of returns hold.
MAPPING = ReviewTable(
    ("column", "heading", "kind", "target", "unit", "reason", "decision"),
    ("column", "heading"),
    "decision",
    ("kind", "target", "unit"),
    _YES_NO,
    optional=("reason", "unit", "column"),
)
