"""What tables are broken down by: attributes of the respondents, the unit, the group, and products of these."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product
from typing import NamedTuple

import numpy as np

from surveys.definitions.instrument.records import Instrument
from surveys.problems import Problems, nearest, shortened
from surveys.sampling.content_order import Codes
from surveys.vocabulary.composition import composed

UNIT, GROUP = "unit", "group"
#: Between the parts of a product, and between the categories of a cell of it.
TIMES = "*"


class ByVariable(NamedTuple):
    """A variable, or a product of several: ``parts`` in the order in which they were named."""

    parts: tuple[str, ...]

    @property
    def code(self) -> str:
        """As users write it.

        >>> ByVariable(("sex", "area")).code
        'sex*area'
        """
        return TIMES.join(self.parts)

    @property
    def margins(self) -> tuple[ByVariable, ...]:
        """The variables that leave one part out; none of a single variable."""
        fewer = combinations(self.parts, len(self.parts) - 1) if len(self.parts) > 1 else ()
        return tuple(map(ByVariable, fewer))


def attributes(instrument: Instrument) -> tuple[str, ...]:
    """Codes of the attributes that tables can be broken down by: those with declared categories (free text is told nowhere)."""
    return tuple(f.code for f in instrument.fields if f.role == "attribute" and f.categories)


def by_variables(given: str | Iterable[str], instrument: Instrument) -> tuple[ByVariable, ...]:
    """The variables named in ``given`` (``"sex,age_group*area"``, or one after the other), each once.

    Raises SurveyError with every name that is none, the nearest one and those that are accepted.

    >>> from surveys.definitions.instrument.reading import load_instrument
    >>> [by.code for by in by_variables("sex, age_group * sex,unit", load_instrument("ha-noi/2023"))]
    ['sex', 'age_group*sex', 'unit']
    """
    texts = [given] if isinstance(given, str) else list(given)
    names = [name for text in texts for name in text.split(",") if name.strip()]
    accepted, problems = (*attributes(instrument), UNIT, GROUP), Problems()
    found = []
    for name in names:
        parts = [composed(part).strip() for part in name.split(TIMES)]
        for part in parts:
            if part not in accepted:
                near = nearest(part[:200], accepted)
                problems.add("tables.unknown_by", value=shortened(part), nearest=near, accepted=accepted)
        found.append(ByVariable(tuple(dict.fromkeys(parts))))
    if not names:
        problems.add("tables.no_by", accepted=accepted)
    problems.raise_errors()
    return tuple({frozenset(by.parts): by for by in reversed(found)}.values())[::-1]


@dataclass(frozen=True, eq=False)
class Categories:
    """The categories of a variable among n rows, those that no row lies in left out.

    ``keys`` [J]: the code of each part; ``place`` int [n]: the category of a row, −1 where a part is not stated.
    """

    by: ByVariable
    keys: tuple[tuple[str, ...], ...]
    place: Codes

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """One text for each category.

        >>> Categories(ByVariable(("sex", "area")), (("male", "urban"),), np.array([0])).codes
        ('male*urban',)
        """
        return tuple(TIMES.join(key) for key in self.keys)

    @cached_property
    def letters(self) -> tuple[str, ...]:
        """A, B, C … of the categories; none of more than the alphabet has."""
        many = len(self) > MOST_LETTERS
        return ("",) * len(self) if many else tuple(chr(ord("A") + k) for k in range(len(self)))

    def part(self, name: str) -> list[str]:
        """The code of one part in every category [J]."""
        at = self.by.parts.index(name)
        return [key[at] for key in self.keys]


#: Pairs of more categories are not compared: that is what the joint ranges of ranks are for.
MOST_LETTERS = 26


def categories_of(
    by: ByVariable, codes: Mapping[str, Codes], names: Mapping[str, Sequence[str]]
) -> Categories:
    """The categories of a variable from the ``codes`` [n] of its parts (−1: not stated) among their ``names``."""
    parts = [codes[part] for part in by.parts]
    sizes = [len(names[part]) for part in by.parts]
    stated = np.all([part >= 0 for part in parts], axis=0)
    key = np.full(len(stated), -1)
    key[stated] = np.ravel_multi_index([part[stated] for part in parts], sizes)
    present = np.unique(key[stated])
    place = np.where(stated, np.searchsorted(present, key), -1)
    every = list(product(*(names[part] for part in by.parts)))
    return Categories(by, tuple(every[k] for k in present), place)


def with_margins(variables: Iterable[ByVariable]) -> Iterator[ByVariable]:
    """The variables with all that follow from them by adding up, each once, products first."""
    waiting, seen = sorted(variables, key=lambda by: -len(by.parts)), set()
    while waiting:
        by = waiting.pop(0)
        if frozenset(by.parts) not in seen:
            seen.add(frozenset(by.parts))
            yield by
            waiting += by.margins
