"""Filters: questions that are asked only of those who answered another one so."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np

from surveys.definitions.instrument.records import BLANK, NOT_ASKED, Instrument, Item


def mark_not_asked(instrument: Instrument, items: Iterable[Item], answers: np.ndarray) -> None:
    """Turn blanks into "not asked" where the filter of an item was answered otherwise; ``answers`` int8 [..., items of the
    instrument] is changed."""
    for item in items:
        if item.asked_when:
            column = answers[..., instrument.item_position[item.code]]
            column[(column == BLANK) & is_filtered_out(instrument, item.asked_when, answers)] = NOT_ASKED


def is_filtered_out(
    instrument: Instrument, asked_when: tuple[str, Collection[str]], answers: np.ndarray
) -> np.ndarray:
    """Where a filter item was answered by none of the levels that open it, or was itself left without an answer behind a filter
    that was; ``answers`` int8 [..., items of the instrument]."""
    code, levels = asked_when
    closes = np.array([level.code not in levels for level in instrument.scale_of(code).levels])
    given = answers[..., instrument.item_position[code]]
    closed = np.asarray((given >= 0) & closes[np.maximum(given, 0)])
    above = instrument.item[code].asked_when
    if above and above[0] != code:
        closed |= (given < 0) & is_filtered_out(instrument, above, answers)
    return closed
