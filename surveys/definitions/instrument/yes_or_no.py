"""Which level of a scale says yes: an option of a question with several answers was chosen, or it was not.

What a level is called tells it, never its value: a scale of options has none, or the larger one means something else.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from surveys.definitions.instrument.records import Level, Scale
from surveys.vocabulary.folding import fold_name

#: First words of what a level is called, or of a cell, that say yes or no.
YES = frozenset(
    {
        "có",
        "co",
        "yes",
        "y",
        "true",
        "đúng",
        "chọn",
        "chon",
        "đã",
        "checked",
        "selected",
        "chosen",
        "ticked",
        "x",
        "v",
    }
)
NO = frozenset(
    {"không", "khong", "no", "n", "false", "sai", "chưa", "chua", "not", "unchecked", "unselected"}
)
_CODES = {"1": True, "0": False}


class YesOrNo(NamedTuple):
    """Positions of the level that says yes and of the one that says no (of several scales at once: int [scales] each)."""

    yes: Any
    no: Any


def says(text: str) -> bool | None:
    """Whether the first word of a text says yes or no; None where it says neither.

    >>> says("Có sử dụng"), says("Chưa chọn"), says("Hài lòng")
    (True, False, None)
    """
    first = fold_name(text).partition(" ")[0]
    return True if first in YES else False if first in NO else None


def yes_or_no(scale: Scale) -> YesOrNo | None:
    """The levels of a scale with two that say yes and no: as it declares (``chosen``), by what they are called, or by the codes 1
    and 0 of levels that are called nothing of the kind; None where this tells neither.

    >>> of = lambda *labels: yes_or_no(Scale("s", tuple(Level(str(k), (0.0,), text, "") for k, text in enumerate(labels))))
    >>> of("Có", "Không"), of("Loa", "Đài"), of("Hài lòng", "Không hài lòng")
    (YesOrNo(yes=0, no=1), YesOrNo(yes=1, no=0), None)
    """
    if len(scale.levels) != 2:
        return None
    told: list[bool | None] = [level.chosen for level in scale.levels]
    if not any(told):
        told = [_agreed(map(says, _names(level))) for level in scale.levels]
    if told == [None, None]:
        told = [_CODES.get(level.code) for level in scale.levels]
    return YesOrNo(told.index(True), told.index(False)) if {*told} == {True, False} else None


def _names(level: Level) -> Iterable[str]:
    return filter(None, (level.label_vi, level.label_en, *level.aliases))


def _agreed(said: Iterable[bool | None]) -> bool | None:
    """What several names say together; nothing where they contradict one another."""
    told = {answer for answer in said if answer is not None}
    return told.pop() if len(told) == 1 else None
