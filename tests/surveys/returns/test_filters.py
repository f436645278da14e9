"""Blanks behind a filter are not asked unless the filter opens; who answers against it keeps the answer."""

from __future__ import annotations

import numpy as np
import pytest

from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.instrument.records import BLANK, DONT_KNOW, NOT_APPLICABLE, NOT_ASKED, REFUSED
from surveys.returns.answers.filters import is_filtered_out, mark_not_asked

YES, NO = 1, 0


@pytest.mark.parametrize(
    ("filter_answer", "blank", "contradicts"),
    [
        (YES, BLANK, False),
        (NO, NOT_ASKED, True),
        (DONT_KNOW, NOT_ASKED, False),
        (REFUSED, NOT_ASKED, False),
        (NOT_APPLICABLE, NOT_ASKED, False),
        (BLANK, BLANK, False),
    ],
)
def test_what_a_blank_behind_a_filter_is(filter_answer: int, blank: int, contradicts: bool) -> None:
    instrument = load_instrument("ha-noi/2023")
    position = instrument.item_position
    assert [level.label_vi for level in instrument.scale_of("S0").levels] == ["Không", "Có"]
    answers = np.full((1, len(instrument.items)), BLANK, np.int8)
    answers[0, position["S0"]], answers[0, position["8.1.1b"]] = filter_answer, 3
    mark_not_asked(instrument, instrument.items, answers)
    condition = instrument.item["8.1.1a"].asked_when
    assert condition is not None
    assert answers[0, position["8.1.1a"]] == blank
    assert answers[0, position["8.1.1b"]] == 3
    assert is_filtered_out(instrument, condition, answers).tolist() == [contradicts]
