"""What tables show a line of: items with the shares of their answers, items and nodes that are scored with the value of each
respondent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from surveys.analysis.tabulated_rows import TabulatedRows
from surveys.definitions.instrument.records import NON_ANSWERS, NOT_ASKED, Item, Node
from surveys.scoring.combination_rules import COMBINATIONS, Part, rule_of
from surveys.scoring.quantities import Bools, Floats
from surveys.scoring.values import level_values

SHARE, SCORE, SATISFIED, NOT_ANSWERED = "share", "score", "satisfied", "not_answered"
#: Reasons for having no answer that are counted.
_COUNTED = {kind: code for kind, code in NON_ANSWERS.items() if code != NOT_ASKED}


@dataclass(frozen=True, eq=False)
class TableSubject:
    """An item or a node. ``given`` bool [n]: rows with a valid answer; ``valid`` bool [n]: those that enter the table;
    ``columns``: (statistic, code of the level) → value of each row [n], NaN where none enters; ``level`` int [n]: position of
    the answer of an item, −1 for none; ``counted``: reason → rows without an answer; ``items``: of which answers it is made."""

    node: str
    item: str
    given: Bools
    valid: Bools
    columns: Mapping[tuple[str, str], Floats]
    level: np.ndarray | None
    counted: Mapping[str, Bools]
    items: tuple[str, ...]

    @property
    def code(self) -> str:
        return self.item or self.node


@dataclass(frozen=True, eq=False)
class _Valued:
    """Value and satisfied share of each row [n], NaN where there is none; ``items``: what they rest on."""

    value: Floats
    satisfied: Floats
    items: tuple[str, ...]


class Subjects:
    """The subjects of some respondents: items first, then the nodes above them, both in the order of the instrument."""

    def __init__(self, of: TabulatedRows) -> None:
        self._of = of
        self._items = tuple(
            item for item in of.instrument.items if item.node and of.forms & set(item.questionnaires)
        )
        self._valued: dict[str, _Valued] = {}

    def __iter__(self) -> Iterator[TableSubject]:
        for item in self._items:
            subject = self._item(item)
            if subject.given.any():
                yield subject
        for node in self._of.instrument.nodes:
            found = self._node(node)
            if found is not None and found.items:
                yield self._subject_of(node, found)

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of all items and nodes that have a line."""
        return tuple(subject.code for subject in self)

    def _item(self, item: Item) -> TableSubject:
        instrument, answers = (
            self._of.instrument,
            self._of.answers[:, self._of.instrument.item_position[item.code]],
        )
        given = answers >= 0
        valid = self._of.enough(given)
        level = np.where(valid, answers, -1).astype(np.intp)
        columns: dict[tuple[str, str], Floats] = {}
        scale = instrument.scale[item.scale]
        if _is_scored(self._of, item):
            values, satisfied = level_values(instrument, item)
            valued = _Valued(_of_levels(values, level), _of_levels(satisfied, level), (item.code,))
            self._valued[item.code] = valued
            columns |= _scored(valued)
        for k, one in enumerate(scale.levels):
            columns[SHARE, one.code] = np.where(valid, (level == k).astype(float), np.nan)
        counted = {kind: answers == code for kind, code in _COUNTED.items()}
        return TableSubject(item.node, item.code, given, valid, columns, level, counted, (item.code,))

    def _node(self, node: Node) -> _Valued | None:
        """The value of a node: that of its items or children, by the weights with which the index combines them."""
        if node.code not in self._valued:
            instrument, rule = self._of.instrument, rule_of(self._of.instrument, node)
            if not rule.scored or (node.blocks and self._of.block not in node.blocks):
                return None
            parts: list[tuple[Part, _Valued]] = []
            for part in self._parts(node, pooled=rule.pooled):
                found = self._valued.get(part.code) if isinstance(part, Item) else self._node(part)
                if found is not None and found.items:
                    parts.append((part, found))
            weights = [
                (part.max_points or 0.0)
                if rule.points and isinstance(part, Node)
                else rule.weight(instrument, part)
                for part, _ in parts
            ]
            offset, slope = rule.affine(node)
            value = _mean([found.value for _, found in parts], weights, len(self._of.unit))
            satisfied = _mean([found.satisfied for _, found in parts], weights, len(self._of.unit))
            items = tuple(dict.fromkeys(code for _, found in parts for code in found.items))
            self._valued[node.code] = _Valued(offset + slope * value, satisfied, items)
        return self._valued[node.code]

    def _parts(self, node: Node, *, pooled: bool) -> list[Part]:
        """Items or children of a node; all items below a pooled one."""
        instrument = self._of.instrument
        own: list[Part] = list(instrument.items_of_node.get(node.code, ()))
        for child in instrument.scored_children(node.code, self._of.block):
            own += self._parts(child, pooled=True) if pooled else [child]
        return own

    def _subject_of(self, node: Node, found: _Valued) -> TableSubject:
        valid = ~np.isnan(found.value)
        return TableSubject(node.code, "", valid, valid, _scored(found), None, {}, found.items)


def _is_scored(of: TabulatedRows, item: Item) -> bool:
    return COMBINATIONS[of.instrument.node[item.node].rule].scored


def _scored(found: _Valued) -> dict[tuple[str, str], Floats]:
    """Score and, where the scales have satisfied levels, the satisfied share."""
    rated = {(SATISFIED, ""): found.satisfied} if not np.isnan(found.satisfied).all() else {}
    return {(SCORE, ""): found.value, **rated}


def _of_levels(values: Floats, level: np.ndarray) -> Floats:
    """The value of each row's level; NaN for none."""
    return np.asarray(np.append(values, np.nan)[level])


def _mean(columns: list[Floats], weights: list[float], n: int) -> Floats:
    """Σ w y/Σ w over the columns that have a value in a row [n]; NaN where none has."""
    total, size = np.zeros(n), np.zeros(n)
    for column, weight in zip(columns, weights, strict=True):
        there = ~np.isnan(column)
        total += np.where(there, weight * column, 0.0)
        size += np.where(there, weight, 0.0)
    return np.asarray(np.divide(total, size, out=np.full(n, np.nan), where=size > 0))
