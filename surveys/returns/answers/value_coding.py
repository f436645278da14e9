"""How one file writes the answers of an item: the values that the study recodes, and whether codes or labels are trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from surveys.definitions.instrument.records import BLANK, OUT_OF_SCALE, Instrument, Scale
from surveys.definitions.study.records import ReturnFile
from surveys.returns.answers.answer_options import Answer, AnswerOptions, number_and_words, whole_number
from surveys.returns.files.sheets import Variable
from surveys.vocabulary.folding import fold

Trust = Literal["", "labels", "codes"]
_NO_ANSWER = Answer(OUT_OF_SCALE, "out_of_scale")
_DISAGREES = Answer(OUT_OF_SCALE, "disagrees")


@dataclass(frozen=True)
class Coding:
    """``recode``: value as the file writes it → option of the scale (empty: no answer). ``trust``: what is read where a cell has
    both a code and a label; empty: both, and they must agree.

    >>> from surveys.definitions.instrument.records import Level, Scale
    >>> scale = Scale("hl", (Level("1", (0.0,), "Kém", "Bad"), Level("2", (1.0,), "Tốt", "Good")))
    >>> coding = Coding(AnswerOptions(scale), {"1": "2", "2": "1"})
    >>> [coding.read(text, text).code for text in ("1", "2.0", "Tốt", "1 - Tốt", "3")]
    [1, 0, 1, 1, -6]
    """

    options: AnswerOptions
    recode: Mapping[str, str] = field(default_factory=dict)
    trust: Trust = ""

    @property
    def is_plain(self) -> bool:
        """Whether cells are read as the scale declares them."""
        return not self.recode and not self.trust

    def read(self, value: object, text: str, variable: Variable | None = None) -> Answer:
        """What a cell with this repaired text says. A code that only a statistical file declares missing is a blank; a level that
        it declares missing is a contradiction."""
        label = variable.value_labels.get(value, "") if variable else ""
        if label and self.options.is_reason(label):
            return self.options.read(label)
        said = self._said(text, label)
        if variable is None or not variable.is_missing(value):
            return said
        if said.fault == "out_of_scale":
            return Answer(BLANK, "missing")
        return _DISAGREES if said.code >= 0 else said

    def _said(self, text: str, label: str) -> Answer:
        """What a text and the label beside it say together; a label that is none of the options says nothing."""
        by_code, by_label = self._written(text), self.options.read(label) if label else None
        if self.trust == "codes" or by_label is None:
            return by_code
        if self.trust == "labels":
            return by_label
        if by_label.fault:
            return by_code
        return by_label if by_code.fault or by_code == by_label else _DISAGREES

    def _written(self, text: str) -> Answer:
        """What a text says by itself: ``4``, ``Hài lòng``, ``4 - Hài lòng``."""
        if self.is_plain or not fold(text):
            return self.options.read(text)
        if (whole := self._recoded(text)) is not None:
            return whole
        parts = number_and_words(text)
        if parts is None or self.options.read(parts[1]).fault:
            return _NO_ANSWER if self.trust == "labels" and whole_number(text) else self.options.read(text)
        by_number = self._recoded(parts[0]) or self.options.read(parts[0])
        by_words = self.options.read(parts[1])
        if self.trust:
            return by_words if self.trust == "labels" else by_number
        return by_words if by_words == by_number else _DISAGREES

    def _recoded(self, text: str) -> Answer | None:
        """What a value is recoded to; None where the study says nothing of it. Where it recodes numbers, it names all of them."""
        meant = self.recode.get(whole_number(text) or fold(text))
        if meant is not None:
            return self.options.read(meant)
        return _NO_ANSWER if whole_number(text) and any(map(whole_number, self.recode)) else None


def recode_of(file: ReturnFile, instrument: Instrument, item: str) -> dict[str, str]:
    """What the study recodes of an item in this file: by the item, by its scale, or for every scale that has all the options
    named (``*``)."""
    scale = instrument.scale_of(item)
    for key, pairs in ((key, dict(file.recode).get(key)) for key in (item, scale.code, "*")):
        if pairs is not None and (key != "*" or unknown_options(scale, dict(pairs)) == []):
            return {whole_number(str(said)) or fold(str(said)): str(meant) for said, meant in pairs}
    return {}


def unknown_options(scale: Scale, recode: Mapping[str, str | int]) -> list[str]:
    """What a recode names that is no option and no non-answer of a scale."""
    options = AnswerOptions(scale)
    return [str(meant) for meant in recode.values() if str(meant) and options.find(str(meant)) is None]
