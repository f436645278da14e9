"""The first of many faults of one kind, and how many more there are: nobody reads the same fault a thousand times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from surveys.problems import Problem

#: Faults of one kind that are told; the rest are counted.
SHOWN = 20


def first_of_each(
    problems: Iterable[Problem], kind: Callable[[Problem], Hashable], place: Callable[[Problem], Problem]
) -> Iterator[Problem]:
    """The first faults of each ``kind``, all of the kind None; then, at the ``place`` made of a fault of the kind, how many more.

    >>> faults = [Problem("verify.blank", file="a.csv", row=row) for row in range(2, 32)]
    >>> *told, last = first_of_each(faults, lambda p: p.code, lambda p: Problem(p.code, file=p.file))
    >>> len(told), last.code, last.params
    (20, 'verify.further', (('number', '10'),))
    """
    number: Counter[Hashable] = Counter()
    more: dict[Hashable, Problem] = {}
    for problem in problems:
        its = kind(problem)
        number[its] += its is not None
        if number[its] <= SHOWN:
            yield problem
        else:
            more[its] = problem
    for its, problem in more.items():
        params = (("number", str(number[its] - SHOWN)),)
        yield replace(place(problem), code="verify.further", params=params)


def bounded(problems: Iterable[Problem], **place: Any) -> Iterator[Problem]:
    """The first faults of one ``place`` (file, sheet), and how many more there are."""
    return first_of_each(problems, lambda _: "", lambda _: Problem("verify.further", **place))
