"""Cells → levels. A cell is an option of its scale only when it says so exactly; everything else is kept and named."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from surveys.definitions.instrument.records import (
    BLANK,
    DONT_KNOW,
    NON_ANSWERS,
    NOT_APPLICABLE,
    NOT_ASKED,
    OUT_OF_SCALE,
    REFUSED,
    SEVERAL,
    Scale,
)
from surveys.returns.files.sheets import Variable
from surveys.returns.text.cell_text import cell_text
from surveys.returns.text.names import Names
from surveys.vocabulary.folding import fold

#: ``missing``: a blank, by a code that the file declares missing and the definition does not have.
Fault = Literal["", "out_of_scale", "several", "disagrees", "missing"]

#: How the reasons for having no answer are written where a scale has no words of its own for them. They read back as the same.
REASONS: Mapping[int, str] = {
    BLANK: "(để trống)",
    DONT_KNOW: "(không biết)",
    REFUSED: "(từ chối trả lời)",
    NOT_APPLICABLE: "(không áp dụng)",
    NOT_ASKED: "(không hỏi)",
    OUT_OF_SCALE: "(ngoài thang đo)",
    SEVERAL: "(nhiều phương án)",
}
#: How a cell is written whose number and words were different options, without quoting it.
DISAGREES = "(số và chữ khác nhau)"
_FAULT_OF: Mapping[int, Fault] = {OUT_OF_SCALE: "out_of_scale", SEVERAL: "several"}
_WHOLE = re.compile(r"([+-]?\d{1,18})(?:[.,]0+)?")
_DECIMAL = re.compile(r"[+-]?\d+[.,]\d+")
_NUMBER_FIRST = re.compile(r"\(?(?P<number>[+-]?\d{1,18})\)?\s*[-.:)=]\s*(?P<label>.+)")
_NUMBER_LAST = re.compile(r"(?P<label>.+?)\s*[(\[]\s*(?P<number>[+-]?\d{1,18})\s*[)\]]")
_BETWEEN = re.compile(r"\s*[;|/&+\n≠]\s*|,\s+|\s+(?:và|and)\s+|(?<=\d)\s*[-,]\s*(?=\d)")


#: A cell that is longer than this, and than all options twice over, is no answer and not several.
SHORT = 1_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What one cell says: a level position or a negative code, and what is wrong with it."""

    code: int
    fault: Fault = ""


_REASON_OF = {fold(text): Answer(code, _FAULT_OF.get(code, "")) for code, text in REASONS.items()}
_REASON_OF[fold(DISAGREES)] = Answer(OUT_OF_SCALE, "disagrees")


class AnswerOptions:
    """The ways of writing each option and each non-answer of one scale.

    >>> from surveys.definitions.instrument.records import Level, Scale
    >>> scale = Scale("hl", (Level("4", (0.75,), "Hài lòng", "Satisfied"), Level("5", (1.0,), "Rất hài lòng", "Very")))
    >>> options = AnswerOptions(scale)
    >>> [options.read(text).code for text in ("4", "5.0", "hài  lòng", "5 - Rất hài lòng", "Rất hài lòng (5)")]
    [0, 1, 0, 1, 1]
    >>> [options.read(text).fault for text in ("5 - Hài lòng", "4; 5", "6", "4,5")]
    ['disagrees', 'several', 'out_of_scale', 'out_of_scale']
    """

    def __init__(self, scale: Scale) -> None:
        self._known: dict[str, int] = {}
        self._names: Names[int] = Names()
        for non_answer in scale.non_answers:
            labels = (non_answer.label_vi, non_answer.label_en, *non_answer.aliases)
            self._add(NON_ANSWERS[non_answer.kind], non_answer.code, labels)
        for position, level in enumerate(scale.levels):
            self._add(position, level.code, (level.label_vi, level.label_en, *level.aliases))

        self._longest = max(SHORT, 2 * sum(map(len, self._known)))

    def _add(self, code: int, written: str, labels: tuple[str, ...]) -> None:
        for name in labels:
            self._known.setdefault(fold(name), code)
            self._names.add(name, code)
        self._known[fold(written)] = code
        self._known.pop("", None)

    def read(self, text: str) -> Answer:
        """What a repaired text says under this scale."""
        if len(text) > self._longest:
            return Answer(OUT_OF_SCALE, "out_of_scale")
        whole = self.find(text)
        if whole is not None:
            return Answer(whole)
        if not fold(text):
            return Answer(BLANK)
        if (reason := _REASON_OF.get(fold(text))) is not None:
            return reason
        return self._numbered(text) or self._several(text) or Answer(OUT_OF_SCALE, "out_of_scale")

    def find(self, text: str) -> int | None:
        """The code of a text that is exactly one option, or None."""
        folded = fold(text)
        if folded in self._known:
            return self._known[folded]
        return self._known.get(whole_number(text)) if folded else None

    def is_reason(self, text: str) -> bool:
        """Whether a text is how this project writes a reason for having no answer."""
        return fold(text) in _REASON_OF

    def nearest(self, text: str) -> str:
        """The option most like ``text``; only for messages."""
        return self._names.nearest(text)

    def _numbered(self, text: str) -> Answer | None:
        """``5 - Rất hài lòng`` and ``Rất hài lòng (5)``: an answer only when number and label agree."""
        found = number_and_words(text)
        if found is None:
            return None
        by_number, by_label = self.find(found[0]), self.find(found[1])
        if by_label is None and (self._several(text) or by_number is None):
            return None
        if by_number is None or by_number != by_label:
            return Answer(OUT_OF_SCALE, "disagrees")
        return Answer(by_number)

    def _several(self, text: str) -> Answer | None:
        """Several options in one cell; one of them, written more than once, is an answer."""
        if _DECIMAL.fullmatch(text.strip()):
            return None
        codes = {self.find(part) for part in _BETWEEN.split(fold(text)) if part}
        known = [code for code in codes if code is not None]
        if len(known) < max(len(codes), 1):
            return None
        return Answer(known[0]) if len(known) == 1 else Answer(SEVERAL, "several")


def whole_number(text: str) -> str:
    """A text that is a whole number, as one; empty for any other.

    >>> whole_number("04.0"), whole_number("-1"), whole_number("4,5")
    ('4', '-1', '')
    """
    number = _WHOLE.fullmatch(fold(text))
    return str(int(number[1])) if number else ""


def number_and_words(text: str) -> tuple[str, str] | None:
    """``5 - Rất hài lòng`` and ``Rất hài lòng (5)`` as number and words; None for any other text.

    >>> number_and_words("5 - Rất hài lòng"), number_and_words("Rất hài lòng (5)"), number_and_words("5")
    (('5', 'rất hài lòng'), ('5', 'rất hài lòng'), None)
    """
    found = _NUMBER_FIRST.fullmatch(fold(text)) or _NUMBER_LAST.fullmatch(fold(text))
    return (found["number"], found["label"]) if found else None


def shown_text(value: object, variable: Variable | None) -> str:
    """A cell as its users see it: the value label beside the code where there is one."""
    label = variable.value_labels.get(value, "") if variable else ""
    return f"{cell_text(value)} = {label}" if label else cell_text(value)
