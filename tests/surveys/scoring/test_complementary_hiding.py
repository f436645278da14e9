"""Complementary hiding, attacked by a solver that knows nothing of it: least squares, and whole numbers tried one by one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from surveys.scoring.complementary_hiding import complement, determined, relations_of

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def two_way(rows: int, columns: int) -> Floats:
    """Relations of a table with totals of rows and columns and a grand total, cells in reading order."""
    place = np.arange((rows + 1) * (columns + 1)).reshape(rows + 1, columns + 1)
    relations = []
    for line in (*place, *place.T):
        relation = np.zeros(place.size)
        relation[line[:-1]], relation[line[-1]] = 1.0, -1.0
        relations.append(relation)
    return np.array(relations)


def with_totals(cells: Floats) -> Floats:
    """A table [r, c] with its totals, as one row of cells."""
    wide = np.column_stack([cells, cells.sum(axis=1)])
    return np.vstack([wide, wide.sum(axis=0)]).ravel()


def solved(relations: Floats, table: Floats, hidden: Bools) -> Bools:
    """Hidden cells that least squares finds: those in which two solutions, far apart where the equations allow, agree."""
    unknown = np.flatnonzero(hidden)
    known = -relations[:, ~hidden] @ table[~hidden]
    rng = np.random.default_rng(7)
    found = []
    for _ in range(3):
        start = rng.normal(size=len(unknown)) * 100.0
        rest = known - relations[:, unknown] @ start
        found.append(start + np.linalg.lstsq(relations[:, unknown], rest, rcond=None)[0])
    out = np.zeros(len(hidden), dtype=bool)
    out[unknown] = np.ptp(found, axis=0) < 1e-6
    return out


def costs_of(table: Floats, rows: int, columns: int) -> Floats:
    """Totals cost more than cells, the grand total most; of one kind the smaller costs less."""
    kind = np.zeros((rows + 1, columns + 1))
    kind[-1] += 1e6
    kind[:, -1] += 1e6
    return kind.ravel() + table


def test_one_hidden_cell_of_a_table_with_totals_needs_a_rectangle() -> None:
    """Where no total is hidden, each row and column with a hidden cell must hold two: four corners of a rectangle. The cheapest
    neighbour, 3, is taken first; of the rectangles through 2 and 3, 2 · 3 · 4 · 50 costs less than 2 · 3 · 30 · 40."""
    cells = np.array([[2.0, 3.0, 7.0], [4.0, 50.0, 9.0], [30.0, 40.0, 60.0]])
    table = with_totals(cells)
    hidden = table == 2.0
    extra = complement(two_way(3, 3), hidden, costs_of(table, 3, 3))
    assert table[extra].tolist() == [3.0, 4.0, 50.0]
    assert not solved(two_way(3, 3), table, hidden | extra).any()


@pytest.mark.parametrize("seed", range(12))
def test_random_tables_hold_against_least_squares(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(2, 6, 2)
    cells = rng.poisson(rng.choice([3.0, 8.0, 25.0], (rows, columns))).astype(float) + 1
    table, relations = with_totals(cells), two_way(rows, columns)
    inner = np.pad(np.ones((rows, columns), dtype=bool), ((0, 1), (0, 1))).ravel()
    hidden = inner & (table < 5)
    assert (determined(relations, hidden) == solved(relations, table, hidden)).all()
    costs = costs_of(table, rows, columns)
    extra = complement(relations, hidden, costs)
    assert not solved(relations, table, hidden | extra).any()
    for cell in np.flatnonzero(extra):  # each of them is needed
        fewer = hidden | extra
        fewer[cell] = False
        assert solved(relations, table, fewer).any()
    again = complement(relations, hidden, costs)
    assert (extra == again).all()


def test_cells_that_must_be_printed_are_never_hidden() -> None:
    table = with_totals(np.array([[2.0, 9.0, 8.0], [7.0, 6.0, 20.0]]))
    hidden = table == 2.0
    costs = np.full(12, 1.0)
    costs[[3, 7, 8, 9, 10, 11]] = np.inf
    extra = complement(two_way(2, 3), hidden, costs)
    assert np.isfinite(costs[extra]).all()
    assert not solved(two_way(2, 3), table, hidden | extra).any()
    costs[1:] = np.inf
    with pytest.raises(ValueError, match=r"cells \[0\]"):
        complement(two_way(2, 3), hidden, costs)


def test_relations_with_weights_and_of_several_levels() -> None:
    """Two parents, 0.3a + 0.7b and (c + d)/2, and the mean of the parents: hiding a hides b too, or its parent and so on."""
    parts = np.eye(4)
    parents = np.array([[0.3, 0.7, 0, 0], [0, 0, 0.5, 0.5]])
    combinations = np.vstack([parts, parents, parents.mean(axis=0)])
    relations = relations_of(combinations)
    assert relations.shape == (3, 7)
    hidden = np.arange(7) == 0
    assert determined(relations, hidden).tolist() == hidden.tolist()
    extra = complement(relations, hidden, np.arange(7.0))
    assert extra.tolist() == [False, True, False, False, False, False, False]
    # where b must be printed, its parent goes, and with it another cell that would give the parent back
    extra = complement(relations, hidden, np.array([0, np.inf, 1, 2, 3, 4, 5.0]))
    table = combinations @ np.array([0.2, 0.9, 0.5, 0.6])
    assert extra[4]
    assert not solved(relations, table, hidden | extra).any()


def test_a_cell_that_can_hardly_move_counts_as_determined() -> None:
    """x + 10⁻⁶ y = c: y lies between 0 and 1, so that x is known to six digits."""
    relations = np.array([[1.0, 1e-6, -1.0]])
    both = np.array([True, True, False])
    assert determined(relations, both).tolist() == [False, False, False]
    assert determined(relations, both, tolerance=1e-4).tolist() == [True, False, False]


def test_the_rank_test_against_all_whole_tables() -> None:
    """Every 2 × 3 table of counts up to 4 with the same printed cells is tried: the cells that are the same in all of them are
    those found. (Counts near 0 may be fixed because none is negative; the rank test does not look at that.)"""
    table = with_totals(np.array([[1.0, 2.0, 3.0], [2.0, 3.0, 1.0]]))
    relations = two_way(2, 3)
    cells = np.array(list(itertools.product(range(5), repeat=6)), dtype=float).reshape(-1, 2, 3)
    wide = np.concatenate([cells, cells.sum(axis=2, keepdims=True)], axis=2)
    every = np.concatenate([wide, wide.sum(axis=1, keepdims=True)], axis=1).reshape(-1, 12)
    for places in ([0], [0, 1], [0, 1, 4, 5], [0, 2, 5, 6], [0, 1, 2], [0, 3, 4, 7]):
        hidden = np.isin(np.arange(12), places)
        fits = every[(every[:, ~hidden] == table[~hidden]).all(axis=1)]
        fixed = hidden & (np.ptp(fits, axis=0) == 0)
        assert fixed.tolist() == determined(relations, hidden).tolist()
