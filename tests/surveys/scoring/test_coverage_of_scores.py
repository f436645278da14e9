"""Every line of the table of coverage in docs/: no setting is significantly below 93 %."""

from __future__ import annotations

import numpy as np
import pytest

from surveys.definitions.study.records import Inference
from tests.surveys.scoring.coverage import (
    BEFORE,
    Counted,
    Group,
    Setting,
    below,
    counted,
    levels_of,
    settings,
)

KINDS = tuple(dict.fromkeys(setting.kind for setting in settings()))


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_no_setting_is_significantly_below_93_percent(kind: str) -> None:
    """One-sided 1 %, Holm within the kind (which is stricter than over all of them)."""
    mine = [setting for setting in settings() if setting.kind == kind]
    found = [counted(setting, Inference()) for setting in mine]
    assert all(one.draws >= 2_000 for one in found)
    assert [mine[k].name for k in below(found)] == []


@pytest.mark.long
def test_variances_of_their_own_are_found_wanting() -> None:
    """The simulation can fail: without moderation flat groups of 3 and 5 beside large ones are caught."""
    caught = [
        Setting("groups", (Group(3, 0.9), Group(40, 0.9), Group(60, 0.9)), 1),
        Setting("groups", (Group(5, 0.98), Group(40, 0.98), Group(60, 0.98)), 3),
    ]
    assert below([counted(setting, BEFORE) for setting in caught]) == [0, 1]


def test_shares_of_levels_have_the_score_they_are_made_for() -> None:
    score = np.array([0.5, 0.8, 0.98])
    assert levels_of(score) @ np.array([0.0, 0.25, 0.5, 0.75, 1.0]) == pytest.approx(score, rel=1e-12)


def test_what_is_below() -> None:
    """Of 2,400 draws at 93 %: 2,232 expected, standard deviation 12.5; the smallest of three is tested at a third of 1 %."""
    found = [Counted(held, 2_400, 0.1) for held in (2_300, 2_190, 2_201)]
    assert below(found) == [1]
    assert below([Counted(2_201, 2_400, 0.1)]) == [0]
