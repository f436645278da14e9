"""A bounded campaign of random damage with fixed seeds; ``damage.py`` beside it runs longer ones."""

from __future__ import annotations

import pytest

from tests.surveys.returns.readers import damage
from tests.surveys.returns.readers.damage import WRITERS, campaign


@pytest.mark.long
@pytest.mark.parametrize("kind", WRITERS)
def test_damage_ends_in_an_error_or_in_what_the_file_still_holds(kind, tmp_path):
    wrong = [line for line in campaign(2023, range(15), tmp_path, (kind,)) if line]
    assert wrong == []


def test_the_campaign_sees_a_form_that_was_lost(tmp_path, monkeypatch):
    """The judge itself is tried: a reading that drops the last form is found."""

    def losing(path):
        found = read(path)
        return damage.Outcome(found.errors, found.codes[:-1], found.answers[:-1], found.told)

    read = damage.outcome
    monkeypatch.setattr(damage, "outcome", losing)
    assert any(campaign(2023, range(15), tmp_path, ("csv",)))
