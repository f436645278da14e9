"""Names that stand for something: looked up exactly after folding, and reported when they stand for two things."""

from __future__ import annotations

from collections import Counter
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
        for name, key in pairs:
            self.add(name, key)

    def add(self, name: str, key: Key) -> None:
        """Let ``name`` stand for ``key`` too; an empty name stands for nothing."""
        if folded := fold(name):
            self._written.setdefault(folded, {})[key] = None
            self._given[name] = None
        if letters := fold_name(name):
            self._letters.setdefault(letters, {})[key] = None

    def find(self, name: str) -> tuple[Key, ...]:
        """Everything ``name`` stands for; empty when nothing."""
        return tuple(self._written.get(fold(name)) or self._letters.get(fold_name(name), {}))

    def nearest(self, name: str) -> str:
        """The known name most like ``name``, or empty; only for messages."""
        unmarked = {without_marks(given): given for given in reversed(self._given)}
        best = likest(name, reversed(unmarked), 1)
        return unmarked[best[0][0]] if best and best[0][1] >= 0.5 else ""


def likest(name: str, known: Iterable[str], count: int) -> list[tuple[str, float]]:
    """The ``count`` unmarked names of ``known`` most like ``name``, with their likeness in [0, 1]: shared pairs of letters
    (Dice's coefficient of bigrams), ties in the order of ``known``.

    >>> likest("So Noi vu", ["so noi vu", "so ngoai vu", "so y te"], 2)
    [('so noi vu', 1.0), ('so ngoai vu', 0.73)]
    """
    wanted = _pairs(without_marks(name[:_COMPARED]))
    scored = []
    for other in known:
        pairs = _pairs(other)
        scored.append((other, round(2 * len(wanted & pairs) / (len(wanted) + len(pairs)), 2)))
    return sorted(scored, key=lambda pair: -pair[1])[:count]


@lru_cache(maxsize=MEMORY)
def _pairs(text: str) -> frozenset[tuple[str, int]]:
    """Pairs of neighbouring letters, numbered when they repeat."""
    times = Counter(first + second for first, second in pairwise(f" {text} "))
    return frozenset((pair, k) for pair, count in times.items() for k in range(count))
