"""What figures are drawn from: the tables of a round as printed, and what the round calls things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from surveys.handover.read_back import PrintedTable
from surveys.handover.rounding import plain_texts
from surveys.problems import Language
from surveys.reports.analysis_report.parts import Number, NumberSource
from surveys.reports.analysis_report.quoting import Quoted, QuotedRow
from surveys.reports.analysis_report.reported_round import RoundNames
from surveys.vocabulary.levels import ALL_GROUPS

_NOWHERE = NumberSource("", (), "")


@dataclass(frozen=True)
class DrawnRound:
    """``tables`` by their official names; ``level`` of the intervals; ``decimals`` of percentages; ``rounds``: what the earlier
    round and this one are called where changes are shown, as in their table where it is empty."""

    names: RoundNames
    tables: Mapping[str, PrintedTable]
    level: float
    decimals: int
    rounds: tuple[str, str] | None = None

    @property
    def language(self) -> Language:
        return self.names.language

    @property
    def level_shown(self) -> str:
        """The level of the intervals in percent."""
        (text,) = plain_texts([round(100 * self.level, 6)])
        return self.shown(text)

    def shown(self, text: str) -> str:
        """A printed number as people read it."""
        return shown(text, self.language)

    @cached_property
    def _by_block(self) -> dict[str, Mapping[tuple[str, ...], Sequence[QuotedRow]]]:
        return {}

    def of_block(self, table: str, block: str) -> Sequence[QuotedRow]:
        """The rows of a block in a table; none where the round has no such table."""
        if table not in self.tables:
            return ()
        if table not in self._by_block:
            self._by_block[table] = Quoted(self.tables[table]).by("block")
        return self._by_block[table].get((block,), ())

    @cached_property
    def blocks(self) -> tuple[str, ...]:
        """The blocks that have units, in the order of the instrument."""
        held = dict.fromkeys(self.tables["council-units"].frame["block"])
        declared = [block.code for block in self.names.instrument.blocks if block.code in held]
        return tuple(dict.fromkeys([*declared, *held]))

    def children(self, block: str) -> dict[str, list[str]]:
        """Node → the nodes below it that a block has; the roots stand below the empty code."""
        of_block: dict[str, list[str]] = {}
        for node in self.names.instrument.nodes:
            if not node.blocks or block in node.blocks:
                of_block.setdefault(node.parent, []).append(node.code)
        return of_block

    def root(self, block: str) -> str:
        """The node over all others."""
        return next(iter(self.children(block).get("", ())), "")


def is_over_groups(row: QuotedRow) -> bool:
    """Whether a row is about all groups together."""
    return row["group"] == ALL_GROUPS


def value(number: Number) -> float:
    """A printed number as a float; NaN where there is none."""
    return float(number.text) if number.text else float("nan")


def shown(text: str, language: Language) -> str:
    """A printed number as people read it.

    >>> shown("93.08", "vi")
    '93,08'
    """
    return Number(text, _NOWHERE).shown(language)
