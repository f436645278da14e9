"""Names that stand for something: looked up exactly after folding, and reported when they stand for two things."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Generic, TypeVar

import numpy as np

from surveys.vocabulary.folding import MEMORY, fold, fold_name, without_marks

_ROUNDED = 0.011  # likeness is given with two digits: what may be equal then is looked at
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
        self._compared: tuple[Mapping[str, str], Likeness] | None = None
        for name, key in pairs:
            self.add(name, key)

    def add(self, name: str, key: Key) -> None:
        """Let ``name`` stand for ``key`` too; an empty name stands for nothing."""
        self._compared = None
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
        unmarked, likeness = self._likeness
        best = likeness.likest(name, 1)
        return unmarked[best[0][0]] if best and best[0][1] >= 0.5 else ""

    @property
    def _likeness(self) -> tuple[Mapping[str, str], Likeness]:
        """Unmarked name → name, and their likeness; made again when a name came since."""
        if self._compared is None:
            unmarked = {without_marks(given): given for given in reversed(self._given)}
            self._compared = unmarked, Likeness(reversed(unmarked))
        return self._compared


class Likeness:
    """How alike a name and many known ones are: shared pairs of letters (Dice's coefficient of bigrams, numbered when they
    repeat), in [0, 1]. The names that hold a pair are listed once, so that a name is compared with all by counting in lists.

    >>> Likeness(["so noi vu", "so ngoai vu", "so y te"]).likest("So Noi vu", 2)
    [('so noi vu', 1.0), ('so ngoai vu', 0.73)]
    """

    def __init__(self, known: Iterable[str]) -> None:
        self._known = list(known)
        holders: dict[tuple[str, int], list[int]] = {}
        sizes = []
        for k, name in enumerate(self._known):
            pairs = _pairs(name)
            sizes.append(len(pairs))
            for pair in pairs:
                holders.setdefault(pair, []).append(k)
        self._sizes = np.array(sizes, dtype=np.int64)
        self._holders = {pair: np.array(places, dtype=np.intp) for pair, places in holders.items()}

    def likest(self, name: str, count: int) -> list[tuple[str, float]]:
        """The ``count`` unmarked names most like ``name``, ties in the order in which they were given."""
        wanted = _pairs(without_marks(name[:_COMPARED]))
        found = [self._holders[pair] for pair in wanted if pair in self._holders]
        size = len(self._known)
        shared = (
            np.bincount(np.concatenate(found), minlength=size) if found else np.zeros(size, dtype=np.int64)
        )
        likeness = 2 * shared / (len(wanted) + self._sizes)
        if size > count:
            least = np.partition(likeness, size - count)[size - count]
            near = np.flatnonzero(likeness >= least - _ROUNDED)
        else:
            near = np.arange(size)
        scored = [(self._known[k], round(float(likeness[k]), 2)) for k in near.tolist()]
        return sorted(scored, key=lambda pair: -pair[1])[:count]


@lru_cache(maxsize=MEMORY)
def _pairs(text: str) -> frozenset[tuple[str, int]]:
    """Pairs of neighbouring letters, numbered when they repeat."""
    times = Counter(first + second for first, second in pairwise(f" {text} "))
    return frozenset((pair, k) for pair, count in times.items() for k in range(count))
