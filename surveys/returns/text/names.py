"""Names that stand for something: looked up exactly after folding, and reported when they stand for two things."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from functools import lru_cache
from itertools import pairwise
from typing import Generic, TypeVar

from surveys.vocabulary.folding import MEMORY, fold, fold_name, without_marks

_COMPARED = 500  # letters of a name that likeness goes by; no real name is longer
Key = TypeVar("Key", bound=Hashable)


class Names(Generic[Key]):
    """Many names for each thing. A lookup tries the name with its punctuation first, then letters and digits alone;
    it gives every thing the name stands for, so that more than one is an ambiguity its caller must report.

    >>> names = Names([("2.4.1a", 1), ("Thang điểm <5", 2), ("Thang điểm >5", 3)])
    >>> names.find("2_4_1A"), names.find("thang  điểm >5"), names.find("Thang điểm 5"), names.find("khác")
    ((1,), (3,), (2, 3), ())
    """

    def __init__(self, pairs: Iterable[tuple[str, Key]] = ()) -> None:
        self._written: dict[str, dict[Key, None]] = {}
        self._letters: dict[str, dict[Key, None]] = {}
        self._given: dict[str, None] = {}
        self._unmarked: dict[str, str] = {}  # unmarked → as written; made when likeness is first asked for
        for name, key in pairs:
            self.add(name, key)

    def add(self, name: str, key: Key) -> None:
        """Let ``name`` stand for ``key`` too; an empty name stands for nothing."""
        if folded := fold(name):
            self._written.setdefault(folded, {})[key] = None
            self._letters.setdefault(fold_name(name), {})[key] = None
            self._given[name] = None
            self._unmarked.clear()

    def find(self, name: str) -> tuple[Key, ...]:
        """Everything ``name`` stands for; empty when nothing."""
        written = self._written.get(fold(name))
        if written is None:
            letters = fold_name(name)
            written = self._letters.get(letters, {}) if letters else {}
        return tuple(written)

    def nearest(self, name: str) -> str:
        """The known name most like ``name``, or empty; only for messages."""
        if not self._unmarked:
            for given in self._given:
                self._unmarked.setdefault(without_marks(given), given)
        ranked = likest(name, self._unmarked, 1)
        return self._unmarked[ranked[0][0]] if ranked and ranked[0][1] >= 0.5 else ""


def likest(name: str, known: Iterable[str], count: int) -> list[tuple[str, float]]:
    """The ``count`` unmarked names of ``known`` most like ``name``, with their likeness in [0, 1]: shared pairs of letters
    (Dice's coefficient of bigrams), ties in the order of ``known``.

    >>> likest("So Noi vu", ["so noi vu", "so ngoai vu", "so y te"], 2)
    [('so noi vu', 1.0), ('so ngoai vu', 0.73)]
    """
    wanted = _pairs(without_marks(name[:_COMPARED]))
    scored = [(other, round(_dice(wanted, _pairs(other)), 2)) for other in known]
    return sorted(scored, key=lambda pair: -pair[1])[:count]


@lru_cache(maxsize=MEMORY)
@lru_cache(maxsize=2_000)
def _pairs(text: str) -> frozenset[tuple[str, int]]:
    """Pairs of neighbouring letters, numbered when they repeat."""
    seen: dict[str, int] = {}
    padded = f" {text} "
    found = []
    for first, second in pairwise(padded):
        pair = first + second
        seen[pair] = seen.get(pair, 0) + 1
        found.append((pair, seen[pair]))
    return frozenset(found)


def _dice(first: frozenset[tuple[str, int]], second: frozenset[tuple[str, int]]) -> float:
    return 2 * len(first & second) / (len(first) + len(second))
