"""Labels for the forms of a round: the code in letters and as a QR code, and whose form it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from surveys.fieldwork.forms.printed.code_marks import code_mark
from surveys.fieldwork.forms.printed.typesetting import check_installed, plain, typeset
from surveys.problems import Language

#: Letters of a line of a label that fit on it, over its two rows.
_LETTERS = 60


@dataclass(frozen=True, slots=True)
class FormLabel:
    """A label: the code of a form, and lines below it (the unit, the questionnaire, the interviewer)."""

    form_code: str
    lines: tuple[str, ...] = ()


def labels_pdf(labels: Sequence[FormLabel], title: str = "", language: Language = "vi") -> bytes:
    """Labels as a PDF: A4 sheets of 3 × 8, each label 70 × 37.125 mm, in the order given; at most three lines stand on one, long
    ones are cut.

    Raises SurveyError when the packages for it (extra ``print``) are not installed, and for a code too long for its place.

    >>> labels_pdf([FormLabel("SO1-05-0001-K", ("Sở Nội vụ", "Mẫu 1"))])[:5]
    b'%PDF-'
    """
    check_installed()
    codes = [
        code_mark(label.form_code) | {"lines": [_cut(line) for line in label.lines[:3]]} for label in labels
    ]
    return typeset(
        "labels", {"title": plain(title), "publisher": "", "language": language, "codes": codes}, tagged=False
    )


def _cut(line: str) -> str:
    kept = plain(line)
    return kept if len(kept) <= _LETTERS else kept[: _LETTERS - 1] + "…"
