"""The blocks of a round in one table: how many units, who may come first, what is lowest, where points are lost, what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from surveys.analysis.counted_units import FEWEST
from surveys.reports.analysis_report.block_means import BlockMean, block_means
from surveys.reports.analysis_report.parts import ReportColumn, ReportTable, Text
from surveys.reports.analysis_report.quoting import QuotedRow
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.analysis_report.saying import Saying
from surveys.reports.analysis_report.sections.sure_changes import sure_changes
from surveys.reports.analysis_report.told import joined
from surveys.reports.analysis_report.worked_out import counted
from surveys.vocabulary.levels import ITEM_LEVEL
from surveys.vocabulary.measures import POINTS

#: Rows of the table, and the columns of one on many blocks with their widths.
_ROWS = ("mean", "leading", "lowest", "most_lost", "changed")
_OF_MANY = (("mean", 0.26), ("leading", 0.5))
#: Blocks that stand side by side, and the width of what their rows are called.
_SIDE_BY_SIDE, _LABEL = 2, 0.16
#: Units that are named; fields and sub-criteria, of blocks side by side one less.
_LEADING, _FOLLOWING, _LOWEST = 4, 2, 2
#: Fewer nodes next to the root say too little of where a block is weak.
_FEW_FIELDS = 3
_RESULT = (("percent", "percent"), ("low", "ci_low"), ("high", "ci_high"))


def blocks_at_a_glance(round_: ReportedRound) -> ReportTable:
    """What is found in each block: side by side, of many blocks a line each."""
    say = Saying("report.summary", round_.language)
    found, blocks = _Found.of(round_, say), round_.blocks
    caption = say.text("table")
    note = say.text("table_note", level=_level(round_))
    names = [round_.names.block(block) for block in blocks]
    if len(blocks) > _SIDE_BY_SIDE:
        first = 1.0 - sum(share for _, share in _OF_MANY)
        columns = [(say.words("column.block"), first)]
        columns += [(say.words(f"column.{what}"), share) for what, share in _OF_MANY]
        lines = [
            (name, [found.text(what, block) for what, _ in _OF_MANY])
            for name, block in zip(names, blocks, strict=True)
        ]
    else:
        width = (1.0 - _LABEL) / len(blocks)
        headings = names if len(blocks) > 1 else [say.words("column.result")]
        columns = [(say.words("column.content"), _LABEL), *((name, width) for name in headings)]
        lines = [
            (say.words(f"column.{what}"), [found.text(what, block) for block in blocks]) for what in _ROWS
        ]
    rows = tuple(((label,), *cells) for label, cells in lines if any(cells))
    return ReportTable(
        "table-summary", caption, tuple(ReportColumn(*column) for column in columns), rows, note=note
    )


@dataclass(frozen=True)
class _Found:
    """What is told of the blocks of a round: their leagues, the means of their nodes and of what is lost there."""

    round_: ReportedRound
    say: Saying
    leagues: Mapping[tuple[str, ...], Sequence[QuotedRow]]
    means: Mapping[str, Mapping[str, BlockMean]]
    lost: Mapping[str, Mapping[str, BlockMean]]

    @classmethod
    def of(cls, round_: ReportedRound, say: Saying) -> _Found:
        league = round_.quoted("council-units")
        means = block_means(round_.tables["council-scores"], round_.instrument, "percent")
        return cls(round_, say, league.by("block") if league else {}, means, _losses(round_))

    def text(self, what: str, block: str) -> Text:
        """The cell of a row for a block; empty where there is nothing to tell."""
        tell = {
            "mean": self._mean,
            "leading": self._leading,
            "lowest": self._lowest,
            "most_lost": self._most_lost,
            "changed": self._changed,
        }
        return tell[what](block)

    @property
    def _most(self) -> int:
        """How many fields or sub-criteria are named."""
        return _LOWEST - (len(self.round_.blocks) > 1)

    def _ranked(self, block: str) -> list[QuotedRow]:
        ranked = (row for row in self.leagues.get((block,), ()) if row["rank"])
        return sorted(ranked, key=lambda row: int(row["rank"]))

    def _mean(self, block: str) -> Text:
        mean = self.means.get(block, {}).get(self._root(block))
        if mean is None or not mean.number.text:
            return self.say.text("no_mean", fewest=str(FEWEST))
        return self.say.text("mean", mean=mean.number, averaged=counted(mean.units, "averaged", block))

    def _leading(self, block: str) -> Text:
        """Who leads: a unit by itself only where its set of ranks leaves no other."""
        ranked, say = self._ranked(block), self.say
        if not ranked:
            return say.text("none_ranked")
        first = [row for row in ranked if row["rank_low"] == "1"]
        if len(ranked) > 1 and len(first) > 1:
            names = say.listed(
                [self._with_ranks(row) for row in first], _LEADING - (len(self.round_.blocks) > 1)
            )
            return say.text("leading", units=counted(len(first), "leading", block), names=names)
        if len(ranked) == 1 or not first:
            return say.text("only_one" if len(ranked) == 1 else "untold_ranks", **self._result(ranked[0]))
        following = say.listed([self._with_ranks(row) for row in ranked[1 : 1 + _FOLLOWING]])
        code = "first" if first[0]["rank_high"] == "1" else "first_of_ranked"
        return say.text(code, following=following, **self._result(first[0]))

    def _result(self, row: QuotedRow) -> dict[str, object]:
        """A unit with its result and its interval."""
        return {"unit": row["unit_name"], **{name: row.number(column) for name, column in _RESULT}}

    def _with_ranks(self, row: QuotedRow) -> Text:
        """A unit with its result and its set of ranks."""
        percent, low, high = (row.number(name) for name in ("percent", "rank_low", "rank_high"))
        if low.text == high.text:
            return self.say.text("unit_one_rank", name=row["unit_name"], percent=percent, rank=low)
        return self.say.text("unit", name=row["unit_name"], percent=percent, rank_low=low, rank_high=high)

    def _root(self, block: str) -> str:
        return next((node.code for node in self.round_.instrument.scored_children("", block)), "")

    def _lowest(self, block: str) -> Text:
        """The fields of the lowest means; where there are few fields, what stands below them."""
        children, means = self.round_.instrument.scored_children, self.means.get(block, {})
        fields = [node.code for node in children(self._root(block), block)]
        if len(fields) < _FEW_FIELDS:
            fields = [node.code for code in fields for node in children(code, block)] or fields
        told = [(code, means[code]) for code in fields if code in means and means[code].number.text]
        if len(told) <= _LOWEST:
            return ()
        told.sort(key=lambda pair: Decimal(pair[1].number.text))
        return self._of_nodes("node_percent", told[: self._most])

    def _most_lost(self, block: str) -> Text:
        """The sub-criteria at which a unit loses most points on average."""
        lost = [pair for pair in self.lost.get(block, {}).items() if pair[1].number.text.strip("0.")]
        lost.sort(key=lambda pair: -Decimal(pair[1].number.text))
        return self._of_nodes("node_points", lost[: self._most])

    def _of_nodes(self, code: str, nodes: Sequence[tuple[str, BlockMean]]) -> Text:
        names = self.round_.names
        said = (
            self.say.text(code, node=f"{node}. {names.node(node)}", mean=mean.number) for node, mean in nodes
        )
        return joined(*said, by="; ")

    def _changed(self, block: str) -> Text:
        return sure_changes(self.round_, block)


def _level(round_: ReportedRound) -> str:
    """The level of the intervals, in percent."""
    level = f"{100 * round_.results.settings.inference.level:g}"
    return level.replace(".", ",") if round_.language == "vi" else level


def _losses(round_: ReportedRound) -> dict[str, dict[str, BlockMean]]:
    """Block → the lowest nodes whose losses are points → what a unit loses there on average."""
    table = round_.tables.get("gaps")
    if table is None:
        return {}
    is_node = (table.frame["node_level"] != ITEM_LEVEL).to_numpy()
    nodes = replace(table, frame=table.frame[is_node], lines=table.lines[is_node])
    in_points = nodes.frame[nodes.frame["measure"] == POINTS]
    pointed = set(zip(in_points["block"], in_points["node_code"], strict=True))
    return {
        block: {
            code: mean
            for code, mean in of_block.items()
            if (block, code) in pointed and not round_.instrument.scored_children(code, block)
        }
        for block, of_block in block_means(nodes, round_.instrument, "lost").items()
    }
