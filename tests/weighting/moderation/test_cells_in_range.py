"""Moderated variances of cells in [0, 1]: flat cells, cells that cannot be compared, and the expectation they rest on."""

import numpy as np
import pytest
from scipy import integrate, stats

from weighting import DesignError
from weighting.moderation.cells_in_range import moderated
from weighting.moderation.squeezed import squeezed


def test_cells_that_vary_are_squeezed_on_the_scale_of_their_largest_variance() -> None:
    p, nu = np.array([0.8, 0.9, 0.6, 0.7, 0.95]), np.array([9.0, 14.0, 4.0, 11.0, 29.0])
    s2 = np.array([0.05, 0.07, 0.02, 0.15, 0.01])
    slow = squeezed(s2 / (p * (1 - p)), nu)
    found = moderated(p, s2, nu + 1, nu)
    assert found.variance == pytest.approx(slow.variance * p * (1 - p), rel=1e-12)
    assert found.borrowed == pytest.approx(slow.borrowed, rel=1e-12)
    assert found.df == pytest.approx(slow.df, rel=1e-12)


def test_a_flat_cell_gets_what_is_expected_of_p_given_all_cells() -> None:
    """φ E[p(1 − p) | data] by integration over the beta distribution of p, whose moments are worked out by hand."""
    p, s2 = np.array([0.8, 0.6, 0.9, 1.0]), np.array([0.05, 0.1, 0.04, 0.0])
    n = np.array([20.0, 30.0, 20.0, 5.0])
    found = moderated(p, s2, n, n - 1)
    m = ((n * p).sum() + 0.5) / (n.sum() + 1)
    between = p.var(ddof=1) - (s2 / n).mean()
    T = m * (1 - m) / between - 1
    assert 1 < T < n.sum() - 5
    posterior = stats.beta(m * T + 5 * 1.0, (1 - m) * T)
    expected = integrate.quad(lambda x: x * (1 - x) * posterior.pdf(x), 0, 1, limit=400)[0]
    assert found.flat.tolist() == [False, False, False, True]
    assert found.variance[3] == pytest.approx(found.ratio * expected, rel=1e-6)
    assert found.borrowed[3] == 1.0


def test_zeros_do_not_drag_the_prior_down() -> None:
    """The plain recipe gives a flat cell 0.3 % of its variance where a tenth of the cells is flat; here it keeps its size."""
    rng = np.random.default_rng(4)
    answers = rng.choice([0.0, 0.25, 0.5, 0.75, 1.0], p=[0.01, 0.02, 0.07, 0.3, 0.6], size=(200, 5))
    p, s2 = answers.mean(axis=1), answers.var(axis=1, ddof=1)
    true = 0.0385
    flat = s2 == 0
    assert 0.05 < flat.mean() < 0.2
    assert squeezed(s2, 4).variance[flat].max() < 0.1 * true
    found = moderated(p, s2, 5, 4).variance[flat]
    assert 0.5 * true < found.min()
    assert found.max() < 1.5 * true


def test_without_any_cell_that_varies_the_ratio_is_the_largest() -> None:
    found = moderated([1.0, 1.0, 1.0], [0.0, 0.0, 0.0], 8, 7)
    assert (found.ratio, found.prior_df) == (1.0, 0.0)
    assert (found.variance > 0).all()
    assert found.df.tolist() == [7.0, 7.0, 7.0]


def test_one_unit_alone_keeps_its_own_variance_and_a_flat_one_gets_that_of_jeffreys() -> None:
    assert moderated([0.8], [0.05], [9], [8]).variance.tolist() == [pytest.approx(0.05)]
    alone = moderated([1.0], [0.0], [9], [8])
    posterior = stats.beta(9.5, 0.5)
    expected = integrate.quad(lambda x: x * (1 - x) * posterior.pdf(x), 0, 1)[0]
    assert alone.variance[0] == pytest.approx(expected, rel=1e-6)


def test_cells_without_answers_are_left_out() -> None:
    with_gap = moderated([0.8, np.nan, 0.9, 1.0], [0.05, 0.0, 0.04, 0.0], [10, 1, 10, 5], [9, 0, 9, 4])
    without = moderated([0.8, 0.9, 1.0], [0.05, 0.04, 0.0], [10, 10, 5], [9, 9, 4])
    assert with_gap.variance[[0, 2, 3]].tolist() == without.variance.tolist()
    assert np.isnan(with_gap.variance[1])
    assert not with_gap.flat[1]


def test_the_order_of_cells_does_not_matter() -> None:
    p, s2, n = np.array([0.8, 1.0, 0.9, 0.7]), np.array([0.05, 0.0, 0.04, 0.1]), np.array([10, 5, 20, 8])
    order = [2, 0, 3, 1]
    first, second = moderated(p, s2, n, n - 1), moderated(p[order], s2[order], n[order], n[order] - 1)
    assert second.variance == pytest.approx(first.variance[order], rel=1e-13)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (([1.2], [0.1], [5], [4]), "means"),
        (([0.5], [-0.1], [5], [4]), "variances"),
        (([0.5], [0.1], [0], [4]), "sizes"),
        (([0.5], [0.1], [5], [-4]), "df"),
        (([0.5, 0.5], [0.1], [5, 5, 5], [4]), "shapes"),
    ],
)
def test_faults_are_named(arguments: tuple[list[float], ...], said: str) -> None:
    with pytest.raises(DesignError, match=said):
        moderated(*arguments)
