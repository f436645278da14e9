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
_REASON_OF = {fold(text): code for code, text in REASONS.items()}
_FAULT_OF: Mapping[int, Fault] = {OUT_OF_SCALE: "out_of_scale", SEVERAL: "several"}
_WHOLE = re.compile(r"([+-]?\d{1,18})(?:[.,]0+)?")
_DECIMAL = re.compile(r"[+-]?\d+[.,]\d+")
_NUMBER_FIRST = re.compile(r"\(?(?P<number>[+-]?\d{1,18})\)?\s*[-.:)=]\s*(?P<label>.+)")
_NUMBER_LAST = re.compile(r"(?P<label>.+?)\s*[(\[]\s*(?P<number>[+-]?\d{1,18})\s*[)\]]")
_BETWEEN = re.compile(r"\s*[;|/&+\n≠]\s*|,\s+|\s+(?:và|and)\s+|(?<=\d)\s*[-,]\s*(?=\d)")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one cell says: a level position or a negative code, and what is wrong with it."""

    code: int
    fault: Fault = ""


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

    def _add(self, code: int, written: str, labels: tuple[str, ...]) -> None:
        for name in labels:
            self._known.setdefault(fold(name), code)
            self._names.add(name, code)
        self._known[fold(written)] = code
        self._known.pop("", None)

    def read(self, text: str) -> Answer:
        """What a repaired text says under this scale."""
        whole = self.find(text)
        if whole is not None:
            return Answer(whole)
        if not fold(text):
            return Answer(BLANK)
        if (reason := _REASON_OF.get(fold(text))) is not None:
            return Answer(reason, _FAULT_OF.get(reason, ""))
        return self._numbered(text) or self._several(text) or Answer(OUT_OF_SCALE, "out_of_scale")

    def find(self, text: str) -> int | None:
        """The code of a text that is exactly one option, or None."""
        folded = fold(text)
        if folded in self._known:
            return self._known[folded]
        number = _WHOLE.fullmatch(folded)
        return self._known.get(str(int(number[1]))) if number else None

    def nearest(self, text: str) -> str:
        """The option most like ``text``; only for messages."""
        return self._names.nearest(text)

    def _numbered(self, text: str) -> Answer | None:
        """``5 - Rất hài lòng`` and ``Rất hài lòng (5)``: an answer only when number and label agree."""
        found = _NUMBER_FIRST.fullmatch(fold(text)) or _NUMBER_LAST.fullmatch(fold(text))
        if found is None:
            return None
        by_number, by_label = self.find(found["number"]), self.find(found["label"])
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


def read_cell(value: object, text: str, options: AnswerOptions, variable: Variable | None) -> Answer:
    """What a cell with this repaired text says. In a statistical file its code and its value label speak together: an answer when
    they agree. A code that only the file declares missing is a blank; a level that it declares missing is a contradiction."""
    label = variable.value_labels.get(value, "") if variable else ""
    if fold(label) in _REASON_OF:
        return options.read(label)
    said = _agreed(options.read(text), options.read(label) if label else None)
    if variable is None or not variable.is_missing(value):
        return said
    if said.fault == "out_of_scale":
        return Answer(BLANK, "missing")
    return Answer(OUT_OF_SCALE, "disagrees") if said.code >= 0 else said


def _agreed(by_code: Answer, by_label: Answer | None) -> Answer:
    """What a code and its label say together; a label that is none of the options says nothing."""
    if by_label is None or by_label.fault:
        return by_code
    return by_label if by_code.fault or by_code == by_label else Answer(OUT_OF_SCALE, "disagrees")


def shown_text(value: object, variable: Variable | None) -> str:
    """A cell as its users see it: the value label beside the code where there is one."""
    label = variable.value_labels.get(value, "") if variable else ""
    return f"{cell_text(value)} = {label}" if label else cell_text(value)
