"""What one unit is told of its results, as parts of a report: sentences, and tables of fields, losses, forms and changes.

The sheets of the hand-over and the analysis report are made of the same parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache

from surveys.analysis.counted_units import FEWEST
from surveys.handover.official_columns import COLUMNS
from surveys.handover.rounding import exact_texts, plain_texts
from surveys.handover.words import engine_words
from surveys.problems import Language, phrase
from surveys.reports.analysis_report.parts import (
    Inline,
    Number,
    NumberSource,
    Paragraph,
    ReportColumn,
    ReportTable,
    Text,
)
from surveys.reports.analysis_report.told import joined, told
from surveys.reports.analysis_report.worked_out import counted
from surveys.reports.unit_changes import Change, UnitChanges
from surveys.reports.unit_figures import GroupForms, Loss, NodeFigures, UnitFigures
from surveys.vocabulary.statuses import OK

#: Counts of forms that are always told; the others only where something was counted.
_ALWAYS = ("issued", "returned", "valid", "review", "rejected")
#: Losses that are told in a sentence.
_TOLD = 3
#: Columns of a table behind the names of nodes, with their shares of its width in thousandths.
_Columns = Mapping[str, int]
_POINTS: _Columns = {"max_points": 81, "points": 106, "interval": 213, "percent": 88, "average": 112}
_HALVES: _Columns = {
    "max_points": 88, "self_assessed": 106, "council_points": 106, "survey_points": 100, "points": 106, "interval": 112,
    "average": 106,
}  # fmt: skip
_IN_BRIEF: _Columns = {"max_points": 70, "points": 90, "interval": 230, "average": 90}
_PERCENTS: _Columns = {"percent": 125, "interval": 213, "average": 150}
_LOST: _Columns = {"max_points": 113, "points": 125, "lost": 125, "share": 188}
_LOWEST: _Columns = {"percent": 150, "average": 175}
_CHANGED: _Columns = {"old": 113, "new": 113, "change": 188, "verdict": 250}
_COUNT = 125


@dataclass(frozen=True)
class UnitParts:
    """The parts about one unit, in a language. ``level``: of the intervals; ``decimals``: of percentages; ``tells_ties``: it is
    said that others have the same rank, which is nothing for a sheet that goes to the unit alone."""

    figures: UnitFigures
    language: Language
    level: float
    decimals: int
    tells_ties: bool = False

    # --- sentences ---------------------------------------------------------------------------------------------------------

    @property
    def result(self) -> Text:
        """Its result with interval and average, its rank with the ranks that cannot be excluded, its class."""
        sentences = (self._reached(), self._halves_reached(), self._place(), self._class_told())
        return joined(*sentences, by=" ")

    def _reached(self) -> Text:
        total, unit = self.figures.total, self.figures.name
        if not total.value:
            return self._told("unit.none", unit=unit, why=self.why)
        names = ("points", "max_points", "percent", "low", "high", "average")
        numbers = {name: self.figures.of_node(total, name) for name in names}
        return self._told(
            f"unit.reached.{total.measure}",
            unit=unit,
            level=shown_level(self.level, self.language),
            **numbers,
        )

    @property
    def why(self) -> str:
        """Why there is no result, or no rank: the status in words and what is said of it."""
        said = (self._status(self.figures.league["status"]), self.figures.league["note"])
        return "; ".join(filter(None, said))

    def _halves_reached(self) -> Text:
        return self._told("unit.halves", **self._of_halves()) if self.figures.has_council else ()

    def _of_halves(self) -> dict[str, Number]:
        """The points of both halves, where there are any, with the maximum of each."""
        names = ("self_assessed", "council_points", "survey_points")
        points = {name: self.figures.of_node(self.figures.total, name) for name in names}
        return points | {name: self.figures.of_maxima(name) for name in ("council_max", "survey_max")}

    def _place(self) -> Text:
        figures = self.figures
        if not figures.league["rank"]:
            return self._told("unit.unranked", why=self.why) if figures.total.value else ()
        if figures.ranked < 2:
            return self._told("unit.only")
        ranks = {name: figures.of_league(name) for name in ("rank", "rank_low", "rank_high")}
        ranked = counted(figures.ranked, "ranked", figures.block)
        sure = "sure" if ranks["rank_low"].text == ranks["rank_high"].text != "" else "set"
        is_tied = self.tells_ties and figures.sharing > 1
        sharing = counted(figures.sharing, "sharing", figures.block, ranks["rank"].text) if is_tied else ""
        return self._told(f"unit.rank.{sure}", ranked=ranked, sharing=sharing, **ranks)

    def _class_told(self) -> Text:
        named = self._class()
        return self._told("unit.class", named=named) if named else ()

    @property
    def since(self) -> Text:
        """What changed since the earlier round, in one or two sentences; nothing where none was asked for."""
        changes = self.figures.changes
        if changes is None:
            return ()
        if changes.refused:
            return self._told("sheet.changes.refused", why=changes.refused)
        if not changes.shown:
            return self._told("unit.since.none")
        total, *others = changes.shown
        lowest = [
            change for change in others if change.verdict in ("up", "down") and self._is_leaf(change.code)
        ]
        listed = joined(*(joined((f"{c.code} (",), (c.change,), (")",)) for c in lowest), by="; ")
        first = self._told(
            f"unit.since.{total.verdict}",
            old=total.old, new=total.new, change=total.change, low=total.low, high=total.high, why=total.why,
        )  # fmt: skip
        return joined(first, self._told("unit.since.lowest", changes=listed) if lowest else (), by=" ")

    @property
    def remark(self) -> Text:
        """What is to be known of its total, where it has one."""
        total = self.figures.total
        said = "; ".join(filter(None, (self._status(total.status), total.note)))
        return self._told("unit.remark", remark=said) if said and total.value else ()

    def _is_leaf(self, code: str) -> bool:
        return any(node.code == code and node.is_leaf for node in self.figures.nodes)

    @property
    def forms_told(self) -> Text:
        """How many forms about it are valid of those that came back, of each group."""
        if not self.figures.forms:
            return self._told("sheet.forms.none")
        of_groups = (
            self._told("unit.forms.group", group=group.name, **self._returned(group))
            for group in self.figures.forms
        )
        return self._told("unit.forms", groups=joined(*of_groups, by="; "), **self._returned(None))

    def _returned(self, group: GroupForms | None) -> dict[str, Number]:
        return {name: self.figures.of_forms(name, group) for name in ("valid", "returned")}

    @property
    def most_lost(self) -> Text:
        """Where most was lost, in a sentence."""
        losses = self.figures.losses[:_TOLD]
        if not losses:
            return self._told("sheet.losses.none") if self.figures.total.value else ()
        kind = "points" if self.figures.has_points else "percent"
        listed = (
            self._told(
                f"unit.loss.{kind}",
                node=self._named(loss.node),
                lost=self.figures.of_loss(loss, "lost"),
                share=self.figures.of_loss(loss, "share"),
                percent=self.figures.of_node(loss.node, "percent"),
            )
            for loss in losses
        )
        return self._told(f"unit.losses.{kind}", losses=joined(*listed, by="; "))

    # --- facts, one a line -------------------------------------------------------------------------------------------------

    @property
    def facts(self) -> dict[str, Text]:
        """Result, interval, average, rank and status: what each is called → what it is; those that there are."""
        total, league = self.figures.total, self.figures.league
        facts: dict[str, Text] = {
            self._said("sheet.block"): (self.figures.block_name,),
            self._said("sheet.total.name"): self._total(total),
            self._said("sheet.interval.name", level=shown_level(self.level, self.language)): self._limits(
                total
            ),
            self._said("sheet.halves.name"): self._halves(),
            self._said("sheet.average.name"): self._average(total),
            self._said("sheet.rank.name"): self._rank(self.figures.ranked),
            self._said("sheet.survey_rank.name"): self._survey_rank(),
            self._said("sheet.class.name"): self._class(),
            self._said("sheet.status.name"): (self._status(league["status"]),),
            self._said("sheet.note.name"): (league["note"],),
        }
        return {name: text for name, text in facts.items() if any(text)}

    def _total(self, total: NodeFigures) -> Text:
        if not total.value:
            return self._told("sheet.total.none", status=self._status(total.status))
        numbers = {"points": "points", "most": "max_points", "percent": "percent"}
        shown = {name: self.figures.of_node(total, column) for name, column in numbers.items()}
        return self._told(f"sheet.total.{total.measure}", **shown)

    def _limits(self, total: NodeFigures) -> Text:
        if not (total.low and total.high):
            return ()
        limits = {name: self.figures.of_node(total, name) for name in ("low", "high")}
        return self._told(f"sheet.interval.{total.measure}", **limits)

    def _halves(self) -> Text:
        """The council's points and the survey's, where the index has both."""
        return self._told("sheet.halves.told", **self._of_halves()) if self.figures.has_council else ()

    def _average(self, total: NodeFigures) -> Text:
        if not total.average:
            return self._told("sheet.average.none", fewest=FEWEST)
        average = self.figures.of_node(total, "average")
        units = counted(self.figures.averaged, "averaged", self.figures.block, total.code)
        return self._told(f"sheet.average.{total.measure}", average=average, units=units)

    def _rank(self, ranked: int, part: str = "") -> Text:
        """Rank and set of ranks, of the total or of a ``part`` of it."""
        if not self.figures.league[f"{part}rank"]:
            return self._told("sheet.rank.none")
        limits = {name: self.figures.of_league(f"{part}rank_{name}") for name in ("low", "high")}
        of = counted(ranked, f"{part}ranked", self.figures.block)
        return self._told("sheet.rank.told", rank=self.figures.of_league(f"{part}rank"), ranked=of, **limits)

    def _survey_rank(self) -> Text:
        return self._rank(self.figures.ranked_by_survey, "survey_") if self.figures.has_council else ()

    def _class(self) -> Text:
        """Its class, with the probability in percent that it belongs there."""
        league = self.figures.league
        if not league.get("class"):
            return ()
        chance = league["probability_class"]
        (percent,) = exact_texts([100 * Decimal(chance)], self.decimals) if chance else ("",)
        place = self.figures.of_league("probability_class").source
        number = Number(percent, NumberSource(place.table, place.key, f"{place.column}%"))
        return self._told("sheet.class.told", name=self.figures.class_name, percent=number)

    # --- tables ------------------------------------------------------------------------------------------------------------

    @property
    def fields(self) -> ReportTable:
        """The total and the nodes next to it."""
        note = self._told("sheet.nodes.note", fewest=FEWEST)
        return self._results("unit-fields", [node for node in self.figures.nodes if node.depth < 2], note)

    @property
    def fields_in_brief(self) -> ReportTable:
        """The same in small letters, without the halves and without a note."""
        nodes = [node for node in self.figures.nodes if node.depth < 2]
        columns = _IN_BRIEF if self.figures.has_points else _PERCENTS
        return replace(self._results("unit-fields", nodes, (), columns), dense=True)

    @property
    def every_node(self) -> ReportTable:
        """The whole tree."""
        return self._results("unit-nodes", self.figures.nodes, ())

    @property
    def losses(self) -> ReportTable:
        """The sub-criteria in which most was lost."""
        columns = _LOST if self.figures.has_points else _LOWEST
        rows = [
            (_text(self._named(loss.node)), *(_text(self._of_loss(loss, name)) for name in columns))
            for loss in self.figures.losses
        ]
        return self._table("unit-losses", columns, rows)

    @property
    def forms(self) -> ReportTable:
        """Evaluations of each group and of all of them."""
        groups = self.figures.forms
        summed = {name: sum(group.counts[name] for group in groups) for name in groups[0].counts}
        counted = [name for name in summed if name in _ALWAYS or summed[name]]
        lines: list[tuple[str, GroupForms | None]] = [(group.name, group) for group in groups]
        lines.append((self._said("sheet.forms.all"), None))
        rows = tuple(
            (_text(name), *(_text(self.figures.of_forms(column, group)) for column in counted))
            for name, group in lines
        )
        first = ReportColumn(COLUMNS["group"].heading(self.language), 1 - _COUNT * len(counted) / 1000)
        heads = (ReportColumn(COLUMNS[name].heading(self.language), _COUNT / 1000, True) for name in counted)
        note = self._told("sheet.forms.note")
        return ReportTable(self._key("unit-forms"), (), (first, *heads), rows, frozenset({len(groups)}), note)

    def changed(self, changes: UnitChanges) -> ReportTable:
        """Every change that is told by itself."""
        rows: list[tuple[Text, ...]] = [
            ((self._named(c),), (c.old,), (c.new,), self._amount(c), (self._verdict(c),))
            for c in changes.shown
        ]
        left = changes.not_compared or ""
        note = self._told("sheet.changes.note", others=changes.others, left=left)
        return self._table("unit-changes", _CHANGED, rows, note=note)

    def moved(self, changes: UnitChanges) -> Text:
        """How its rank changed; nothing where it has none."""
        if changes.ranks is None:
            return ()
        ranks = changes.ranks
        told_of = {name: ranks[f"rank_{name}"] for name in ("old", "new")}
        limits = {name: ranks[f"rank_change_{name}"] for name in ("low", "high")}
        return self._told("sheet.changes.rank", **told_of, **limits)

    @property
    def remarks(self) -> Iterator[Paragraph]:
        """What is said of the lowest nodes, and of those above them that show nothing, behind their codes."""
        found: dict[str, list[str]] = {}
        for node in self.figures.nodes[1:]:
            text = node.note or self._status(node.status)
            if text and (node.is_leaf or not node.value):
                found.setdefault(text, []).append(node.code)
        if found:
            yield Paragraph(self._told("sheet.nodes.remarks"), "note")
        for text, codes in found.items():
            yield Paragraph((f"{', '.join(codes)}: {text}.",), "note")

    @property
    def _columns(self) -> _Columns:
        return _HALVES if self.figures.has_council else _POINTS if self.figures.has_points else _PERCENTS

    # --- pieces ------------------------------------------------------------------------------------------------------------

    def _results(
        self, key: str, nodes: Sequence[NodeFigures], note: Text, columns: _Columns | None = None
    ) -> ReportTable:
        columns = columns or self._columns
        rows = [
            (_text(self._named(node)), *(self._of_node(node, name) for name in columns)) for node in nodes
        ]
        shallow = max(node.depth for node in nodes) < 2
        bold = (k for k, node in enumerate(nodes) if node.depth < (1 if shallow else 2))
        return self._table(key, columns, rows, bold, note)

    def _table(
        self,
        key: str,
        columns: _Columns,
        rows: Iterable[Sequence[Text]],
        bold: Iterable[int] = (),
        note: Text = (),
    ) -> ReportTable:
        """A small table of nodes, whose names take what the other columns leave."""
        heads = _heads(tuple(columns.items()), self.language)
        return ReportTable(self._key(key), (), heads, tuple(map(tuple, rows)), frozenset(bold), note)

    def _key(self, what: str) -> str:
        return f"{what}-{self.figures.block}-{self.figures.code}"

    def _named(self, node: NodeFigures | Change) -> str:
        """A node by its code and its name, the total by its name."""
        return node.name if node.code == self.figures.total.code else f"{node.code}. {node.name}"

    def _of_node(self, node: NodeFigures, column: str) -> Text:
        if column != "interval":
            return (self.figures.of_node(node, column),)
        return interval(*(self.figures.of_node(node, name) for name in ("low", "high")))

    def _of_loss(self, loss: Loss, column: str) -> Number:
        if column in ("lost", "share"):
            return self.figures.of_loss(loss, column)
        return self.figures.of_node(loss.node, column)

    def _amount(self, change: Change) -> Text:
        if not (change.change.text and change.low.text):
            return (change.change,)
        return joined((change.change,), (" (",), interval(change.low, change.high), (")",))

    def _verdict(self, change: Change) -> str:
        if change.verdict == "untold" and change.why:
            return change.why
        return self._said(f"sheet.verdict.{change.verdict}")

    def _status(self, status: str) -> str:
        return "" if status == OK else engine_words("status", self.language).get(status, status)

    def _said(self, code: str, **params: object) -> str:
        return phrase(code, self.language, **params)

    def _told(self, code: str, **params: object) -> Text:
        return told(code, self.language, **params)


@cache
def _heads(columns: tuple[tuple[str, int], ...], language: Language) -> tuple[ReportColumn, ...]:
    """The columns of a table of nodes, whose names take what the others leave."""
    shares = {"node": 1000 - sum(share for _, share in columns), **dict(columns)}
    return tuple(
        ReportColumn(phrase(f"sheet.column.{name}", language), share / 1000, name not in ("node", "verdict"))
        for name, share in shares.items()
    )


def shown_level(level: float, language: Language) -> str:
    """The level of intervals in percent.

    >>> shown_level(0.95, "vi"), shown_level(0.999, "vi")
    ('95', '99,9')
    """
    (text,) = plain_texts([100 * level])
    return text.replace(".", ",") if language == "vi" else text


def interval(low: Number, high: Number) -> Text:
    """The limits of an interval; a number that is none where one of them is missing."""
    return (low, " – ", high) if low.text and high.text else (Number("", low.source),)


def _text(part: Inline) -> Text:
    return (part,)
