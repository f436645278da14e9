"""Likeness of names: counted in lists of pairs, and by the definition of Dice's coefficient."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise

import pytest

from surveys.returns.text.names import Likeness

SYLLABLES = (
    "an",
    "ba",
    "binh",
    "bo",
    "ca",
    "chau",
    "dai",
    "dong",
    "giang",
    "ha",
    "hoa",
    "hung",
    "lam",
    "long",
    "mai",
    "nam",
    "son",
)


def dice(one: str, other: str) -> float:
    """Twice the pairs of neighbouring letters that both have, by all pairs of both; a space stands around each name."""
    first, second = (Counter(pairwise(f" {name} ")) for name in (one, other))
    return round(2 * (first & second).total() / (first.total() + second.total()), 2)


@pytest.mark.parametrize("count", [1, 3, 12, 1000])
def test_the_likest_are_those_of_the_definition_ties_in_their_order(count: int) -> None:
    chosen = random.Random(5)
    known = list(
        dict.fromkeys(" ".join(chosen.choices(SYLLABLES, k=chosen.randint(1, 4))) for _ in range(300))
    )
    likeness = Likeness(known)
    for name in [*known[::40], "xa an binh", "hoa hoa hoa", "zzz", "a", ""]:
        scored = sorted(((other, dice(name, other)) for other in known), key=lambda pair: -pair[1])
        assert likeness.likest(name, count) == scored[:count]


def test_nothing_is_like_anything_where_nothing_is_known() -> None:
    assert Likeness([]).likest("an", 3) == []
