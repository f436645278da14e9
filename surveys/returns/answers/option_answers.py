"""Cells about one option of a question with several answers: chosen, not chosen, an empty box, or not shown."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from surveys.definitions.instrument.records import BLANK, Scale
from surveys.definitions.instrument.yes_or_no import YesOrNo, yes_or_no
from surveys.returns.answers.answer_options import Answer, AnswerOptions
from surveys.vocabulary.folding import fold

#: Marks in a box, and words for none. Readers write the first of each where their product says it otherwise; no option is called
#: so.
TICKED, NOT_CHOSEN, EMPTY_BOX = "☒", "☐ no", "☐"
TICKS = frozenset(
    map(fold, (TICKED, "x", "1", "v", "✓", "✔", "☑", "true", "có", "co", "yes", "y", "√", "þ", "ü", "chọn", "đã chọn", "checked",
               "selected"))
)  # fmt: skip
NO_TICKS = frozenset(
    map(fold, (NOT_CHOSEN, "no", "0", "false", "không", "khong", "n", "không chọn", "chưa chọn", "unchecked", "not selected"))
)  # fmt: skip
EMPTY_BOXES = frozenset((EMPTY_BOX, "-"))
#: An empty box: no, where another option of the question was chosen; otherwise the question was left out. It exists only while a
#: table is read.
UNTICKED = -8


class OptionAnswers(AnswerOptions):
    """The ways of writing that one option was chosen, or not: those of its yes/no scale, marks, and the option itself.

    >>> from surveys.definitions.instrument.records import Level
    >>> scale = Scale("ck", (Level("1", (), "Có", "Yes"), Level("2", (), "Không", "No")))
    >>> options = OptionAnswers(scale, ["Loa phường"])
    >>> [options.read(text).code for text in ("1", "x", "loa phường", "2", "0", "FALSE", "☐")]
    [0, 0, 0, 1, 1, 1, -8]
    """

    def __init__(self, scale: Scale, option: Iterable[str]) -> None:
        super().__init__(scale)
        self._scale = scale
        said = yes_or_no(scale)
        assert said is not None, "the vocabulary looks at scales that say yes and no only"
        self.said: YesOrNo = said
        self._option = frozenset(map(fold, option))

    @property
    def is_called_no(self) -> bool:
        """Whether the option is called as one that is not chosen is written: ``Không``, ``No``."""
        return bool(self._option & NO_TICKS)

    def states(self, texts: Iterable[str]) -> bool:
        """Whether one of some texts says yes or no, and does not repeat the option."""
        said = {fold(text) for text in texts} - self._option
        return bool(said & (TICKS | NO_TICKS)) or any(self.find(text) is not None for text in said)

    def without_repeats(self) -> OptionAnswers:
        """The same where no cell repeats the option."""
        return OptionAnswers(self._scale, ())

    def read(self, text: str) -> Answer:
        """What a repaired text says of the option."""
        folded = fold(text)
        if self.find(text) is None:
            if folded in TICKS or folded in self._option:
                return Answer(self.said.yes)
            if folded in NO_TICKS:
                return Answer(self.said.no)
            if folded in EMPTY_BOXES:
                return Answer(UNTICKED)
        return super().read(text)


def settled(answers: np.ndarray, said: YesOrNo, others: np.ndarray, unmarked: int = BLANK) -> np.ndarray:
    """Empty boxes and blanks of one question put right: ``answers`` int8 [rows, options], ``said`` for each option, int [options]
    each. ``others`` [rows]: something else than these options was chosen; ``unmarked``: what a blank says where empty boxes are
    marked as such.

    An empty box says no where anything was chosen in its row, and otherwise that the question was left out. A blank beside
    choices says no only where the question never says no in words: there blanks are its way of saying so.

    >>> said = YesOrNo(np.array([0, 0]), np.array([1, 1]))
    >>> settled(np.array([[0, -1], [-1, -1], [0, -5]], np.int8), said, np.zeros(3, bool)).tolist()
    [[0, 1], [-1, -1], [0, -5]]
    """
    chosen = ((answers == said.yes).any(axis=1) | others)[:, None]
    boxes, blanks = answers == UNTICKED, answers == BLANK
    if boxes.any() or (answers == said.no).any():
        found = np.where(boxes, np.where(chosen, said.no, BLANK), answers)
        return np.where(blanks & boxes.any(), unmarked, found).astype(np.int8)
    return np.where(blanks & chosen, said.no, answers).astype(np.int8)
