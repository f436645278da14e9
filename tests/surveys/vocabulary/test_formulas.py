"""The guard against formulas: nothing runs, and every text comes back as it was."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from surveys.vocabulary.formula_guard import guarded, unguarded


@given(st.text() | st.text("'=+-@\t\r\n a1"))
@example("'=1+1")
@example("''=1+1")
@example("' =1+1")
@example("\n'=1+1")
def test_every_text_comes_back_as_it_was(text: str) -> None:
    assert unguarded(guarded(text)) == text


@given(st.text("'=+-@\t\r\n a1"))
def test_nothing_that_is_guarded_begins_like_a_formula(text: str) -> None:
    assert not guarded(text).lstrip().startswith(("=", "+", "-", "@"))
    assert not guarded(text).startswith(("\t", "\r"))


@pytest.mark.parametrize("text", ["Sở Y tế", "'quoted'", "o'clock", "", "'", "1-1", "a=b"])
def test_a_text_that_no_program_runs_stays(text: str) -> None:
    assert guarded(text) == unguarded(text) == text


def test_texts_with_an_apostrophe_of_their_own_stay_apart() -> None:
    assert guarded("'=1+1") != guarded("=1+1")
