"""A round as the page looks at it: its units in the order of the league, its nodes by level, where each unit is on the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil, floor

from surveys.handover.rounding import plain_texts
from surveys.handover.words import engine_words
from surveys.problems import Language, phrase
from surveys.reports.analysis_report.quoting import QuotedRow
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.html.markup import read, span
from surveys.vocabulary.statuses import OK

#: Results of units and nodes from which on they are drawn on demand and not written out.
MOST_RESULTS = 16_000
UNITS, SCORES, GROUPS = "council-units", "council-scores", "council-groups"


@dataclass(frozen=True)
class PageRound:
    """A round on its page, in the language of the page."""

    round_: ReportedRound

    @property
    def language(self) -> Language:
        return self.round_.language

    def said(self, code: str, **params: object) -> str:
        """A phrase in the language of the page; no line ends before a percent sign."""
        return phrase(code, self.language, **params).replace(" %", "\N{NO-BREAK SPACE}%")

    def read(self, text: str, *, sign: bool = False) -> str:
        """A printed number as people read it."""
        return read(text, self.language, sign=sign)

    def span(self, row: QuotedRow, low: str, high: str) -> str:
        """Two limits as people read them."""
        return span(row.get(low), row.get(high), self.language)

    @cached_property
    def level(self) -> str:
        """The level of the intervals in percent."""
        (text,) = plain_texts([100.0 * self.round_.results.settings.inference.level])
        return self.read(text)

    @property
    def has_points(self) -> bool:
        return self.round_.results.kind.points

    @property
    def has_council(self) -> bool:
        return self.round_.results.kind.council

    @cached_property
    def is_large(self) -> bool:
        """Whether the results of its units are drawn on demand."""
        return len(self.round_.tables[SCORES]) > MOST_RESULTS

    @cached_property
    def units(self) -> Mapping[str, Sequence[QuotedRow]]:
        """Block → its units, those with a rank first, in its order."""
        rows = self.round_.quoted(UNITS)
        found = rows.by("block") if rows is not None else {}
        return {key[0]: sorted(of_block, key=_by_rank) for key, of_block in found.items()}

    @cached_property
    def scores(self) -> Mapping[tuple[str, ...], Sequence[QuotedRow]]:
        """(block, unit) → its nodes in the order of the tree."""
        rows = self.round_.quoted(SCORES)
        return rows.by("block", "unit_code") if rows is not None else {}

    @cached_property
    def statuses(self) -> Mapping[str, str]:
        """Status of a result → its word."""
        return engine_words("status", self.language)

    def status(self, row: QuotedRow) -> str:
        """The status of a result in words where it is not simply there."""
        return "" if row["status"] == OK else self.statuses[row["status"]]

    def absent(self, row: QuotedRow) -> str:
        """What stands in place of a number that is not there: its status, or nothing."""
        return self.status(row) if row["status"] != OK else ""

    def name(self, row: QuotedRow) -> str:
        """The name of the unit of a row."""
        return self.round_.names.unit(row["block"], row["unit_code"])

    def nodes(self, block: str) -> Sequence[str]:
        """The nodes with results in a block, in the order of the tree."""
        return self._nodes[block]

    @cached_property
    def _nodes(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, set[str]] = {block: set() for block in self.round_.blocks}
        frame = self.round_.tables[SCORES].frame
        for block, node in set(zip(frame["block"], frame["node_code"], strict=True)):
            found[block].add(node)
        order = [node.code for node in self.round_.instrument.nodes]
        return {block: [code for code in order if code in held] for block, held in found.items()}

    def roots(self, block: str) -> Sequence[str]:
        """The nodes of a block above which there is none."""
        return self.children(block, "")

    def children(self, block: str, node: str) -> Sequence[str]:
        """The nodes of a block right below one (empty: above which there is none)."""
        held = set(self.nodes(block))
        return [n.code for n in self.round_.instrument.children.get(node, ()) if n.code in held]

    def leaves(self, block: str, node: str) -> Sequence[str]:
        """The lowest nodes of a block below one; none where it is one itself."""
        below = self.children(block, node)
        return [leaf for child in below for leaf in (self.leaves(block, child) or [child])]

    def depth(self, node: str) -> int:
        return len(self.round_.instrument.line[node]) - 1


def unit_anchor(block: str, unit: str) -> str:
    """Where a unit is on the page; no code holds the mark between."""
    return f"u/{block}/{unit}"


def limits(texts: Iterable[str]) -> tuple[int, int]:
    """Whole numbers around printed ones, between which their marks are drawn.

    >>> limits(["93.08", "", "81.40"]), limits([])
    ((81, 94), (0, 100))
    """
    numbers = [float(text) for text in texts if text]
    if not numbers:
        return 0, 100
    low, high = floor(min(numbers)), ceil(max(numbers))
    return low, max(high, low + 1)


def mark(value: str, low: str = "", high: str = "") -> str:
    """The style of a mark: a dot at its value, a line between its limits where it has both; empty where there is no value."""
    if not value:
        return ""
    return f"--v:{value}" + (f";--a:{low};--b:{high}" if low and high else "")


def _by_rank(row: QuotedRow) -> float:
    return float(row.get("rank") or "inf")
