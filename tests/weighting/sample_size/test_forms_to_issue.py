"""Forms to issue: what comes back is enough, as often as wanted."""

import numpy as np
import pytest
from scipy import stats

from weighting import DesignError, forms_to_issue, whole_where_near


@pytest.mark.parametrize("share", [0.3, 0.76, 0.95, 1.0])
@pytest.mark.parametrize("assurance", [0.5, 0.9, 0.99])
def test_the_fewest_forms_of_which_enough_come_back(share: float, assurance: float) -> None:
    needed = np.array([1, 7, 30, 278])
    issued = forms_to_issue(needed, response=share, assurance=assurance)
    assert np.all(stats.binom.sf(needed - 1, issued, share) >= assurance - 1e-9)
    assert np.all(stats.binom.sf(needed - 1, issued - 1, share) < assurance)


def test_expected_returns_and_populations() -> None:
    assert forms_to_issue([400, 100, 0], 0.8).tolist() == [500, 125, 0]
    assert forms_to_issue([400, 100, 0], 0.8, population=[450, 450, 0]).tolist() == [450, 125, 0]
    assert forms_to_issue(7, 0.7).item() == 10
    assert forms_to_issue([400, 0], 0.8, population=[450, 450], assurance=0.9).tolist() == [450, 0]


def test_everybody_from_a_declared_share_on() -> None:
    assert whole_where_near([79, 80, 120, 5], [100, 100, 100, np.inf], 0.8).tolist() == [79, 100, 100, 5]
    assert whole_where_near([70, 100], [100, 100]).tolist() == [70, 100]


def test_what_cannot_be_is_told_at_once() -> None:
    with pytest.raises(DesignError) as told:
        forms_to_issue(2.5, response=80, valid=0, assurance=1.5)
    assert len(told.value.problems) == 4
    with pytest.raises(DesignError, match="whole_from"):
        whole_where_near(5, 10, 0.0)
