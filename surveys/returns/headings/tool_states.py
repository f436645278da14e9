"""What collecting tools say about a submission: the columns in which each product says it, and what its words mean for a form.

It is written in ``tool_states.toml`` beside this file, with its sources.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any, NamedTuple

from surveys.returns.headings.columns import Column
from surveys.vocabulary.folding import fold, fold_name

_QUOTED = re.compile(r"""['"]([^'"]+)['"]""")


@dataclass(frozen=True, slots=True)
class Word:
    """What a product may write, and what becomes of the form."""

    state: str
    says: tuple[str, ...]
    vi: str
    en: str


@dataclass(frozen=True)
class ToolColumn:
    """A column in which a product says what a submission is."""

    product: str
    headings: tuple[str, ...]
    source: str
    words: tuple[Word, ...]
    otherwise: str = ""
    unless: tuple[str, ...] = ()

    @cached_property
    def state_of(self) -> Mapping[str, str]:
        """Folded word → state."""
        return {fold(said): word.state for word in self.words for said in word.says}

    def state(self, text: str) -> str:
        """What becomes of a form of which the column says ``text``; ``""`` where nobody knows the word. Kobo's interface for
        programs puts the word into a record.

        >>> column = tool_columns("kobo")[0]
        >>> column.state("On Hold"), column.state("{'uid': 'validation_status_not_approved'}"), column.state("?")
        ('review', 'left_out', '')
        """
        said = (fold(text), *map(fold, _QUOTED.findall(text) if text.startswith("{") else ()))
        return next((self.state_of[word] for word in said if word in self.state_of), self.otherwise)

    @property
    def reads_blanks(self) -> bool:
        """Whether an empty cell says something."""
        return "" in self.state_of


@cache
def _document() -> Mapping[str, Any]:
    text = (resources.files("surveys.returns.headings") / "tool_states.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def tool_columns(product: str = "") -> tuple[ToolColumn, ...]:
    """The columns of a product, or of all of them."""
    return tuple(_column(raw) for raw in _document()["columns"] if product in ("", raw["product"]))


def _column(raw: Mapping[str, Any]) -> ToolColumn:
    words = tuple(Word(**{**word, "says": tuple(word["says"])}) for word in raw["words"])
    lists = {name: tuple(raw[name]) for name in ("headings", "unless") if name in raw}
    return ToolColumn(**{**raw, **lists, "words": words})


def product_of(headings: Iterable[str]) -> str:
    """The product whose own headings stand beside one another, or ``""``.

    >>> product_of(["KEY", "SubmissionDate", "formdef_version", "q1"]), product_of(["Status", "q1"])
    ('surveycto', '')
    """
    known = set(map(fold_name, headings))
    fitting = (p["name"] for p in _document()["products"] if known.issuperset(map(fold_name, p["beside"])))
    return next(fitting, "")


class Said(NamedTuple):
    """What is known of the product that wrote a table (``""`` for none), and the columns in which it speaks of submissions."""

    product: str = ""
    columns: tuple[tuple[ToolColumn, Column], ...] = ()


#: What is known of a table of which nothing tells a product.
UNKNOWN = Said()


def said_by_tool(columns: Iterable[Column], product: str = "") -> Said:
    """What a ``product`` says of submissions; without one, that whose headings these are."""
    known = {
        fold_name(name): column
        for column in reversed(tuple(columns))
        for name in (*column.names[::-1], column.heading)
    }
    found = product or product_of(known)
    said: dict[int, tuple[ToolColumn, Column]] = {}
    for of_tool in tool_columns(found) if found else ():
        if known.keys().isdisjoint(map(fold_name, of_tool.unless)):
            there = (known[name] for name in map(fold_name, of_tool.headings) if name in known)
            said |= {id(column): (of_tool, column) for column in there}
    return Said(found, tuple(said.values()))


def title_of(product: str) -> str:
    """The name that users know a product by.

    >>> title_of("kobo")
    'KoboToolbox'
    """
    return str(_document()["titles"].get(product, product))


@cache
def words_for(product: str, kind: str) -> frozenset[str]:
    """Folded texts that a product writes for a question that was ``not_shown``, or that was ``seen`` and left unanswered.

    >>> words_for("limesurvey", "not_shown"), words_for("", "seen")
    (frozenset({'n/a'}), frozenset())
    """
    told = (word for word in _document()["cells"] if word["product"] == product and word["kind"] == kind)
    return frozenset(fold(text) for word in told for text in word["says"])
