"""Filters: questions that are asked only of those who answered another one so."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np

from surveys.definitions.instrument.records import (
    BLANK,
    DONT_KNOW,
    NOT_APPLICABLE,
    NOT_ASKED,
    REFUSED,
    Instrument,
    Item,
)

#: Answers to a filter that open nothing, though no level says so.
DECLINED = (DONT_KNOW, REFUSED, NOT_APPLICABLE)


def mark_not_asked(instrument: Instrument, items: Iterable[Item], answers: np.ndarray) -> None:
    """Turn blanks into "not asked" where the filter of an item was answered otherwise, be it by "don't know" or a refusal;
    ``answers`` int8 [..., items of the instrument] is changed."""
    for item in items:
        if item.asked_when:
            column = answers[..., instrument.item_position[item.code]]
            shut = _shut(instrument, item.asked_when, answers, DECLINED)
            column[(column == BLANK) & shut] = NOT_ASKED


def is_filtered_out(
    instrument: Instrument, asked_when: tuple[str, Collection[str]], answers: np.ndarray
) -> np.ndarray:
    """Where a filter item was answered by a level, and by none of those that open it, or was itself left without an answer behind
    a filter that was; ``answers`` int8 [..., items of the instrument]."""
    return _shut(instrument, asked_when, answers, ())


def _shut(
    instrument: Instrument,
    asked_when: tuple[str, Collection[str]],
    answers: np.ndarray,
    reasons: Collection[int],
) -> np.ndarray:
    """Where a filter does not let through; ``reasons``: those to give no answer that do not either."""
    code, levels = asked_when
    closes = np.array([level.code not in levels for level in instrument.scale_of(code).levels])
    given = answers[..., instrument.item_position[code]]
    shut = np.asarray((given >= 0) & closes[np.maximum(given, 0)]) | np.isin(given, tuple(reasons))
    above = instrument.item[code].asked_when
    if above and above[0] != code:
        shut |= (given < 0) & _shut(instrument, above, answers, reasons)
    return shut
