"""Groups of respondents that judge the same units differently: by how much, and where by more than chance explains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import pandas as pd

from surveys.analysis.counted_units import FEWEST
from surveys.analysis.group_differences import group_differences
from surveys.definitions.instrument.records import Instrument
from surveys.handover.read_back import PrintedTable
from surveys.handover.rounding import decimal_texts
from surveys.reports.analysis_report.parts import (
    WORKED_OUT,
    Block,
    Heading,
    Inline,
    Number,
    NumberSource,
    Reference,
    ReportColumn,
    ReportFigure,
    ReportTable,
    Text,
)
from surveys.reports.analysis_report.quoting import QuotedRow
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.analysis_report.saying import Saying
from surveys.reports.analysis_report.told import joined
from surveys.reports.analysis_report.worked_out import counted, difference
from surveys.reports.block_averages import block_averages
from surveys.reports.unit_parts import interval, shown_level
from surveys.vocabulary.levels import ALL_GROUPS
from surveys.vocabulary.statuses import OK

#: Differences, sub-criteria and units that are named.
_LARGEST, _NAMED, _UNITS = 20, 5, 5
_TEXTS = frozenset({"node", "unit", "higher", "lower", "pair"})
_KEY = ["unit_code", "node_code", "group"]


def groups(round_: ReportedRound) -> Iterator[Block]:
    """The section about groups of respondents, of the blocks of which several were asked the same."""
    for block in round_.blocks:
        told = _Groups(round_, block)
        if told.alike:
            if len(round_.blocks) > 1:
                yield Heading(2, round_.names.block(block), f"groups-of-{block}")
            yield from told.blocks()


def asked_alike(instrument: Instrument, block: str) -> dict[str, dict[str, str]]:
    """Sub-criterion → group → the questions that it is asked there, of the groups that are asked the same as another one."""
    asked: dict[str, dict[str, str]] = {}
    forms = {form.code: form.group for form in instrument.questionnaires if form.block == block}
    for node, items in instrument.items_of_node.items():
        of_group: dict[str, list[str]] = {}
        for item in items:
            for group in dict.fromkeys(forms[form] for form in item.questionnaires if form in forms):
                of_group.setdefault(group, []).append(item.code)
        questions = {group: ";".join(codes) for group, codes in of_group.items()}
        shared = Counter(questions.values())
        alike = {group: codes for group, codes in questions.items() if shared[codes] > 1}
        if alike:
            asked[node] = alike
    return asked


@dataclass(frozen=True)
class _Groups:
    """The groups of a block."""

    round_: ReportedRound
    block: str

    @cached_property
    def say(self) -> Saying:
        return Saying("report.groups", self.round_.language)

    @cached_property
    def alike(self) -> Mapping[str, Mapping[str, str]]:
        """Sub-criterion → group → what it was asked, in the order of the tree, where two groups have results."""
        asked = asked_alike(self.round_.instrument, self.block)
        shown = {(row["node_code"], row["group"]) for row in self.rows.values()}
        held = {
            node.code: {
                group: codes for group, codes in asked[node.code].items() if (node.code, group) in shown
            }
            for node in self.round_.instrument.nodes
            if node.code in asked
        }
        return {node: of_group for node, of_group in held.items() if len(of_group) > 1}

    @cached_property
    def rows(self) -> Mapping[tuple[str, str, str], QuotedRow]:
        """(unit, node, group) → its printed result, where there is one of that group's own forms."""
        table = self.round_.quoted("council-groups")
        rows = table.by("block").get((self.block,), []) if table is not None else []
        return {
            (row["unit_code"], row["node_code"], row["group"]): row
            for row in rows
            if row["percent"] and row["status"] == OK
        }

    @cached_property
    def codes(self) -> Sequence[str]:
        """The groups that are compared, in the order of the instrument."""
        held = {group for of_group in self.alike.values() for group in of_group}
        return [group.code for group in self.round_.instrument.groups if group.code in held]

    def blocks(self) -> Iterator[Block]:
        """Means of the block by group; then single units."""
        block, table = self.round_.names.block(self.block), f"table-groups-{self.block}"
        has_means = any(self._mean(node, group).text for node, of in self.alike.items() for group in of)
        yield self.say.paragraph(
            "intro", block=block, groups=counted(len(self.codes), "groups_compared", self.block),
            nodes=counted(len(self.alike), "nodes_compared", self.block), table=Reference(table) if has_means else "",
        )  # fmt: skip
        yield from self._widest()
        figure = f"groups-{self.block}"
        if figure in self.round_.figures:
            yield ReportFigure(figure, self.say.text("figure", block=block))
        if has_means:
            yield self._means_table(table)
        yield from self._single_units()

    # --- means of the block ----------------------------------------------------------------------------------------------------

    @cached_property
    def means(self) -> Mapping[str, Mapping[str, Number]]:
        """Group → node → the mean of its results over the units."""
        output, parents = self.round_.output, {n.code: n.parent for n in self.round_.instrument.nodes}
        values: dict[str, dict[str, dict[str, str]]] = {group: {} for group in self.codes}
        table = self.round_.quoted("council-groups")
        for row in table.by("block").get((self.block,), []) if table is not None else []:
            if row["group"] in values:
                values[row["group"]].setdefault(row["unit_code"], {})[row["node_code"]] = row["percent"]
        found: dict[str, dict[str, Number]] = {}
        for group, of_units in values.items():
            nodes = dict.fromkeys(node for of_unit in of_units.values() for node in of_unit)
            averages = block_averages(of_units, parents, dict.fromkeys(nodes, output.percent_decimals))
            found[group] = {
                node: Number(
                    average.text,
                    NumberSource(WORKED_OUT, ("mean", "council-groups", self.block, node, group), "percent"),
                )
                for node, average in averages.items()
            }
        return found

    def _mean(self, node: str, group: str) -> Number:
        nothing = Number(
            "", NumberSource(WORKED_OUT, ("mean", "council-groups", self.block, node, group), "percent")
        )
        return self.means[group].get(node, nothing) if group in self.alike[node] else nothing

    def _ends(self, node: str) -> tuple[str, str] | None:
        """The groups with the highest and the lowest mean of those that were asked the same."""
        told: list[tuple[Decimal, str, str]] = []
        for codes in dict.fromkeys(self.alike[node].values()):
            alike = [
                group
                for group, own in self.alike[node].items()
                if own == codes and self._mean(node, group).text
            ]
            if len(alike) > 1:
                ordered = sorted(alike, key=lambda group: Decimal(self._mean(node, group).text))
                low, high = ordered[0], ordered[-1]
                apart = Decimal(self._mean(node, high).text) - Decimal(self._mean(node, low).text)
                told.append((apart, high, low))
        return max(told, key=lambda one: one[0])[1:] if told else None

    def _apart(self, node: str) -> Number:
        ends = self._ends(node)
        if ends is None:
            return Number(
                "",
                NumberSource(
                    WORKED_OUT, ("difference", "mean", "council-groups", self.block, node), "percent"
                ),
            )
        means = (self._mean(node, group) for group in ends)
        return difference(next(means), next(means), "mean", "council-groups", self.block, node, *ends)

    def _widest(self) -> Iterator[Block]:
        """Where the means of groups lie furthest apart."""
        apart = {node: self._apart(node) for node in self.alike}
        known = [node for node, number in apart.items() if number.text and Decimal(number.text) > 0]
        if not known:
            return
        yield self.say.paragraph("widest")
        for node in sorted(known, key=lambda node: -Decimal(apart[node].text))[:_NAMED]:
            ends = self._ends(node)
            if ends is not None:
                high, low = ends
                yield self.say.paragraph(
                    "widest.one", "bullet", node=self._node(node), apart=apart[node],
                    high=self.round_.names.group(high), high_percent=self._mean(node, high),
                    low=self.round_.names.group(low), low_percent=self._mean(node, low),
                )  # fmt: skip

    def _means_table(self, key: str) -> ReportTable:
        first, last = self.say.columns([("node", 0.4), ("apart", 0.12)], _TEXTS)
        own = (
            ReportColumn(self.round_.names.group(group), 0.48 / len(self.codes), True) for group in self.codes
        )
        rows = tuple(
            (
                _text(self._node(node)),
                *(_text(self._mean(node, group)) for group in self.codes),
                _text(self._apart(node)),
            )
            for node in self.alike
        )
        caption = self.say.text("caption", block=self.round_.names.block(self.block))
        return ReportTable(
            key,
            caption,
            (first, *own, last),
            rows,
            note=self.say.text("note", fewest=FEWEST),
            wide=len(self.codes) > 3,
        )

    # --- single units ----------------------------------------------------------------------------------------------------------

    @cached_property
    def compared(self) -> pd.DataFrame:
        """Every comparison of two groups about a unit."""
        scores = self.round_.tables.get("scores")
        if scores is None:
            return pd.DataFrame()
        asked = {
            (node, group): f"{node}:{codes}"
            for node, of_group in self.alike.items()
            for group, codes in of_group.items()
        }
        return group_differences(_cells(scores, self.block, asked, self.rows), self._level)

    @property
    def _level(self) -> float:
        return float(self.round_.results.settings.inference.level)

    def _single_units(self) -> Iterator[Block]:
        compared = self.compared
        tested = compared[compared["p_value"].notna()] if len(compared) else compared
        if not len(tested):
            yield self.say.paragraph("untested")
            return
        sure = tested[tested["p_adjusted"] < 1.0 - self._level]
        untested = len(compared) - len(tested)
        yield self.say.paragraph(
            "tested" if len(sure) else "tested.none",
            tests=counted(len(tested), "groups_tested", self.block),
            sure=counted(len(sure), "groups_apart", self.block),
            level=shown_level(self._level, self.round_.language),
            untested=counted(untested, "groups_untested", self.block) if untested else "",
        )
        if len(sure):
            yield self._pairs_table(tested, sure)
            yield from self._units(sure)
            yield self._largest(sure)

    def _pairs_table(self, tested: pd.DataFrame, sure: pd.DataFrame) -> ReportTable:
        """Of every pair of groups how often they were compared, and how often one was clearly above the other."""
        rows = []
        for (first, second), of_pair in tested.groupby(["group", "other"], sort=False):
            found = sure[(sure["group"] == first) & (sure["other"] == second)]["difference"]
            key = (self.block, str(first), str(second))
            numbers = (
                counted(len(of_pair), "pair_tested", *key),
                counted(int((found > 0).sum()), "pair_first_higher", *key),
                counted(int((found < 0).sum()), "pair_second_higher", *key),
                counted(len(of_pair) - len(found), "pair_within_noise", *key),
            )
            names = " – ".join(self.round_.names.group(str(group)) for group in (first, second))
            rows.append((_text(names), *map(_text, numbers)))
        shares = [("pair", 0.4), ("tests", 0.15), ("first", 0.15), ("second", 0.15), ("within", 0.15)]
        caption = self.say.text("pairs.caption", block=self.round_.names.block(self.block))
        return ReportTable(
            f"table-group-pairs-{self.block}", caption, self.say.columns(shares, _TEXTS), tuple(rows)
        )

    def _units(self, sure: pd.DataFrame) -> Iterator[Block]:
        """The units about which groups disagree most often."""
        often = sure.groupby("unit_code", sort=False).size().sort_values(ascending=False, kind="stable")
        named = [
            joined((f"{self.round_.names.unit(self.block, str(unit))} (",),
                   (counted(int(number), "groups_apart", self.block, str(unit)), ")"))
            for unit, number in often.head(_UNITS).items()
        ]  # fmt: skip
        yield self.say.paragraph(
            "units", units=self.say.listed(named), table=Reference(f"table-group-largest-{self.block}")
        )

    def _largest(self, sure: pd.DataFrame) -> ReportTable:
        """The largest differences that chance does not explain."""
        ordered = sure.assign(size=sure["difference"].abs()).sort_values(
            "size", ascending=False, kind="stable"
        )
        rows = tuple(
            self._line({str(k): v for k, v in row.items()})
            for row in ordered.head(_LARGEST).to_dict("records")
        )
        shares = [
            ("unit", 0.18),
            ("node", 0.28),
            ("higher", 0.17),
            ("lower", 0.17),
            ("difference", 0.09),
            ("interval", 0.11),
        ]
        caption = self.say.text(
            "largest.caption", block=self.round_.names.block(self.block),
            number=counted(len(rows), "groups_apart_listed", self.block),
        )  # fmt: skip
        level = shown_level(self._level, self.round_.language)
        return ReportTable(
            f"table-group-largest-{self.block}", caption, self.say.columns(shares, _TEXTS), rows,
            note=self.say.text("largest.note", level=level), wide=True,
        )  # fmt: skip

    def _line(self, row: Mapping[str, object]) -> tuple[Text, ...]:
        unit, node = str(row["unit_code"]), str(row["node_code"])
        groups, limits = (
            [str(row["group"]), str(row["other"])],
            [float(str(row[n])) for n in ("ci_low", "ci_high")],
        )
        if float(str(row["difference"])) < 0:
            groups, limits = groups[::-1], [-limit for limit in limits[::-1]]
        percents = [self.rows[unit, node, group].number("percent") for group in groups]
        of = ("council-groups", self.block, unit, node, *groups)
        texts = decimal_texts([100.0 * limit for limit in limits], self.round_.output.percent_decimals)
        low, high = (
            Number(text, NumberSource(WORKED_OUT, ("difference", *of), end))
            for text, end in zip(texts, ("ci_low", "ci_high"), strict=True)
        )
        named = [
            joined((f"{self.round_.names.group(group)} (",), (percent, ")"))
            for group, percent in zip(groups, percents, strict=True)
        ]
        apart = difference(percents[0], percents[1], *of)
        return (
            (self.round_.names.unit(self.block, unit),), (self._node(node),), *named, (apart,), interval(low, high),
        )  # fmt: skip

    def _node(self, code: str) -> str:
        return f"{code}. {self.round_.names.node(code)}"


def _text(part: Inline) -> Text:
    return (part,)


def _cells(
    scores: PrintedTable,
    block: str,
    asked: Mapping[tuple[str, str], str],
    shown: Mapping[tuple[str, str, str], QuotedRow],
) -> pd.DataFrame:
    """The results of groups that can be compared, with their standard errors, as numbers."""
    frame = scores.frame
    kept = frame[(frame["block"] == block) & (frame["group"] != ALL_GROUPS) & (frame["status"] == OK)]
    keys = list(kept[_KEY].itertuples(index=False, name=None))
    here = [(node, group) in asked and (unit, node, group) in shown for unit, node, group in keys]
    cells = kept[here]
    numbers = {name: pd.to_numeric(cells[name], errors="coerce") for name in ("score", "se", "df")}
    pairs = zip(cells["node_code"], cells["group"], strict=True)
    return cells[["block", *_KEY]].assign(asked=[asked[pair] for pair in pairs], **numbers)
