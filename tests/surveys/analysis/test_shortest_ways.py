"""The shortest way is the one that a search through all choices finds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from surveys.analysis.shortest_ways import shortest_way

Choice = tuple[tuple[int, int], ...]
GAINS = st.lists(st.lists(st.integers(-2, 12), max_size=3), max_size=5)


def every_choice(gains: Sequence[Sequence[int]]) -> Iterator[Choice]:
    """Each choice of at most one gain above 0 per sub-criterion."""
    options = [[None, *(k for k, gain in enumerate(made) if gain > 0)] for made in gains]
    for chosen in product(*options):
        yield tuple((place, k) for place, k in enumerate(chosen) if k is not None)


def best_by_search(gains: Sequence[Sequence[int]], wanted: int) -> Choice | None:
    def gained(choice: Choice) -> int:
        return sum(gains[place][k] for place, k in choice)

    enough = [choice for choice in every_choice(gains) if gained(choice) >= wanted]
    if not enough:
        return None
    return min(enough, key=lambda c: (len(c), gained(c), [place for place, _ in reversed(c)]))


@given(GAINS, st.integers(-1, 45))
def test_it_is_what_a_search_through_all_choices_finds(gains: list[list[int]], wanted: int) -> None:
    found, expected = shortest_way(gains, wanted), best_by_search(gains, wanted)
    if expected is None or wanted <= 0:
        assert found == (None if expected is None else ())
        return
    assert found is not None
    assert [place for place, _ in found] == [place for place, _ in expected]
    assert sum(gains[p][k] for p, k in found) == sum(gains[p][k] for p, k in expected)


def test_printed_points_of_a_whole_index() -> None:
    """Of 54 sub-criteria two make 1.0001 points, and no two others do."""
    gains = [[1000 + 7 * k] for k in range(52)] + [[4873], [5128]]
    assert shortest_way(gains, 10_000) == ((52, 0), (53, 0))
    assert len(shortest_way(gains, 10_002) or ()) == 3


def test_many_units_take_no_time() -> None:
    gains = [[1000 + 37 * k, 1500 + 41 * k, 2000 + 43 * k] for k in range(60)]
    way = shortest_way(gains, 60_000)
    assert way is not None
    assert sum(gains[p][k] for p, k in way) == 60_000
