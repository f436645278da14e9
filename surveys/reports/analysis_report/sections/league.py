"""The overall results of each block and its ranks, never without what the error of the survey leaves open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from math import ceil

from surveys.handover.words import engine_words, label_of
from surveys.reports.analysis_report.parts import (
    NONE,
    Block,
    Heading,
    Number,
    Paragraph,
    Reference,
    ReportFigure,
    ReportTable,
    Text,
)
from surveys.reports.analysis_report.quoting import QuotedRow
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.analysis_report.saying import Saying
from surveys.reports.analysis_report.told import joined, shown
from surveys.reports.analysis_report.worked_out import counted, difference, share_of
from surveys.reports.unit_figures import notes_for_units
from surveys.reports.unit_parts import interval, shown_level
from surveys.vocabulary.statuses import OK

#: Units that are named one by one in a sentence.
NAMED = 10
#: Probabilities from which a unit counts as certain, and as possible.
_SURE, _POSSIBLE = 0.95, 0.05
#: How one and how several units at a place are told.
_ONLY, _FIRST, _LAST = ("only_one", "only_one"), ("first_one", "first_many"), ("last_one", "last_many")
#: Ranked units from which the best quarter is told.
_QUARTERED = 4
_TEXTS = frozenset({"unit", "class", "group", "status", "result", "why", "units"})
#: Columns of the league with their share of the width in thousandths.
_LEAGUE = {
    "rank": 60, "unit": 240, "council_points": 95, "survey_points": 95, "points": 95, "percent": 85, "interval": 200,
    "rank_set": 95, "class": 100, "group": 160, "status": 110,
}  # fmt: skip


def league(round_: ReportedRound) -> Iterator[Block]:
    """The section about the results as a whole: of every block what it says, its league, and who is not ranked."""
    for block in round_.blocks:
        if len(round_.blocks) > 1:
            yield Heading(2, round_.names.block(block), f"league-of-{block}")
        yield from _League(round_, block).blocks()


@dataclass(frozen=True)
class _League:
    """The units of a block in order."""

    round_: ReportedRound
    block: str

    @cached_property
    def say(self) -> Saying:
        return Saying("report.league", self.round_.language)

    @cached_property
    def rows(self) -> Sequence[QuotedRow]:
        """The units of the block, as in the file."""
        table = self.round_.quoted("council-units")
        return table.by("block").get((self.block,), []) if table is not None else []

    @cached_property
    def ranked(self) -> Sequence[QuotedRow]:
        """The units that have a rank, the best first."""
        return sorted((row for row in self.rows if row["rank"]), key=lambda row: int(row["rank"]))

    @cached_property
    def beside(self) -> Mapping[str, QuotedRow]:
        """Unit → what the league says that the council's table does not: its probability to be among the best, its group."""
        table = self.round_.quoted("index-units" if self.round_.results.kind.council else "units")
        rows = table.by("block").get((self.block,), []) if table is not None else []
        return {row["unit_code"]: row for row in rows}

    @cached_property
    def measure(self) -> str:
        return "points" if self.round_.results.kind.points else "percent"

    def blocks(self) -> Iterator[Block]:
        """What is told of the block."""
        names = {
            "block": self.round_.names.block(self.block),
            "units": counted(len(self.rows), "units", self.block),
        }
        ranked = counted(len(self.ranked), "ranked", self.block)
        if not self.ranked:
            yield self.say.paragraph("nobody", **names)
        elif len(self.rows) == 1:
            yield Paragraph(
                joined(self.say.text("alone", **names), self._reached(_ONLY, self.ranked[:1]), by=" ")
            )
        else:
            table = Reference(f"table-league-{self.block}")
            yield self.say.paragraph("units", ranked=ranked, table=table, **names)
            yield from (
                self._order() if len(self.ranked) > 1 else [Paragraph(self._reached(_ONLY, self.ranked[:1]))]
            )
        yield from self._classes()
        yield from self._provisional()
        if self.ranked:
            yield from self._figure_and_table()
        yield from self._quarters()
        yield from self._not_ranked()

    # --- who stands where ----------------------------------------------------------------------------------------------------

    def _order(self) -> Iterator[Block]:
        best = [row for row in self.ranked if row["rank"] == "1"]
        worst = [row for row in self.ranked if row["rank"] == self.ranked[-1]["rank"]]
        yield Paragraph(joined(self._reached(_FIRST, best), self._open("first", self._among(1)), by=" "))
        if best[0]["rank"] != worst[0]["rank"]:
            highest, lowest = (rows[0].number(self.measure) for rows in (best, worst))
            apart = difference(highest, lowest, "council-units", self.block)
            said = self._reached(_LAST, worst), self.say.text(f"apart.{self.measure}", apart=apart)
            yield Paragraph(joined(*said, self._open("last", self._among_last()), by=" "))
        if self.round_.results.kind.council:
            yield from self._halves()
        yield from self._ties()
        if self.ranked[0]["rank_low"]:
            yield self._beyond_noise()
        yield from self._best_quarter()

    def _halves(self) -> Iterator[Block]:
        """Who is highest and lowest in each half."""
        told: dict[str, Text | Number] = {}
        for half, column in (("council", "council_points"), ("survey", "survey_percent")):
            known = sorted((row for row in self.ranked if row[column]), key=lambda row: Decimal(row[column]))
            if not known:
                return
            for end, row in (("first", known[-1]), ("last", known[0])):
                alike = [(one["unit_name"],) for one in known if one[column] == row[column]]
                told[f"{half}_{end}"] = self.say.listed(alike, NAMED)
                told[f"{half}_{end}_value"] = row.number(column)
        yield self.say.paragraph("halves", **told)

    def _reached(self, which: tuple[str, str], rows: Sequence[QuotedRow]) -> Text:
        """Who stands there, with the result; ``which``: the phrases for one unit and for several."""
        row = rows[0]
        low, high = ("points_low", "points_high") if self.measure == "points" else ("ci_low", "ci_high")
        numbers = {name: row.number(name) for name in ("points", "max_points", "percent")}
        return self.say.text(
            f"{which[len(rows) > 1]}.{self.measure}",
            units=self.say.listed([(one["unit_name"],) for one in rows], NAMED),
            level=shown_level(self.round_.results.settings.inference.level, self.round_.language),
            low=row.number(low) if len(rows) == 1 else "",
            high=row.number(high) if len(rows) == 1 else "",
            **numbers,
        )

    def _among(self, rank: int) -> Sequence[QuotedRow]:
        """Units of which it cannot be excluded that they have this rank or a better one."""
        return [row for row in self.ranked if row["rank_low"] and int(row["rank_low"]) <= rank]

    def _among_last(self) -> Sequence[QuotedRow]:
        """Units of which it cannot be excluded that they are the last ones."""
        known = [row for row in self.ranked if row["rank_high"]]
        last = max((int(row["rank_high"]) for row in known), default=0)
        return [row for row in known if int(row["rank_high"]) == last]

    def _open(self, which: str, rows: Sequence[QuotedRow]) -> Text:
        """How many others the error of the survey leaves there."""
        if not rows:
            return ()
        if len(rows) == 1:
            return self.say.text(f"{which}.sure")
        return self.say.text(f"{which}.open", units=counted(len(rows), f"{which}_open", self.block))

    def _ties(self) -> Iterator[Block]:
        of_rank: dict[str, list[QuotedRow]] = {}
        for row in self.ranked:
            of_rank.setdefault(row["rank"], []).append(row)
        tied = [
            self.say.text("tied.rank", rank=rows[0].number("rank"), units=self._names(rows))
            for rows in of_rank.values()
            if len(rows) > 1
        ]
        if len(tied) > NAMED:
            yield self.say.paragraph("tied.many", ranks=counted(len(tied), "tied_ranks", self.block))
        elif tied:
            yield self.say.paragraph("tied", ranks=joined(*tied, by="; "))

    def _beyond_noise(self) -> Paragraph:
        """How many pairs of units are told apart: whoever is certainly before a unit raises its best rank by one."""
        k, apart = len(self.ranked), sum(int(row["rank_low"]) - 1 for row in self.ranked)
        pairs, told = (
            counted(k * (k - 1) // 2, "pairs", self.block),
            counted(apart, "pairs_apart", self.block),
        )
        share = share_of(told, pairs, self.round_.output.percent_decimals, "pairs_apart", self.block)
        if apart in (0, k * (k - 1) // 2):
            return self.say.paragraph("pairs.all" if apart else "pairs.none", pairs=pairs)
        kept = sum(row["rank_low"] == row["rank_high"] for row in self.ranked)
        sure = counted(kept, "sure_ranks", self.block) if kept else ""
        return self.say.paragraph("pairs", pairs=pairs, apart=told, share=share, sure=sure)

    def _best_quarter(self) -> Iterator[Block]:
        """Who is certainly among the best quarter, and who may be."""
        chance = {row["unit_code"]: row.get("probability_top_quarter") for row in self.beside.values()}
        known = [
            (row, float(chance[row["unit_code"]])) for row in self.ranked if chance.get(row["unit_code"])
        ]
        if len(self.ranked) < _QUARTERED or not known:
            return
        sure = [row for row, probability in known if probability >= _SURE]
        possible = [row for row, probability in known if _POSSIBLE <= probability < _SURE]
        size = counted(ceil(len(self.ranked) / 4), "quarter", self.block)
        yield self.say.paragraph(
            "quarter.told" if sure else "quarter.nobody",
            size=size,
            sure=self._names(sure),
            certain=counted(len(sure), "sure_of_quarter", self.block),
            possible=self._names(possible),
            others=counted(len(possible), "maybe_of_quarter", self.block) if possible else "",
        )

    def _names(self, rows: Sequence[QuotedRow]) -> Text:
        return self.say.listed([(row["unit_name"],) for row in rows], NAMED)

    # --- classes and groups --------------------------------------------------------------------------------------------------

    def _classes(self) -> Iterator[Block]:
        """How many units each class has, and of which the class is not certain."""
        classes = self.round_.results.settings.classes
        classed = [row for row in self.rows if row.get("class")]
        if not classed:
            return
        held = Counter(row["class"] for row in classed)
        counts = [
            self.say.text(
                "class.one",
                named=label_of(one, self.round_.language),
                units=counted(held[one.code], "class", self.block, one.code),
            )
            for one in classes
            if held[one.code]
        ]
        decimals = self.round_.output.percent_decimals
        unsure = [
            joined(
                (f"{row['unit_name']} (",),
                (row.percent("probability_class", decimals), "\N{NO-BREAK SPACE}%)"),
            )
            for row in classed
            if row["probability_class"] and float(row["probability_class"]) < _SURE
        ]
        yield self.say.paragraph("class.counts", classes=joined(*counts, by="; "))
        if unsure:
            units = counted(len(unsure), "class_unsure", self.block)
            yield self.say.paragraph("class_unsure", units=units, listed=self.say.listed(unsure, NAMED))

    def _quarters(self) -> Iterator[Block]:
        """The groups of units by their place, as an instrument may declare them."""
        members: dict[str, list[str]] = {}
        for row in self.ranked:
            group = self.beside[row["unit_code"]].get("unit_group") if row["unit_code"] in self.beside else ""
            if group:
                members.setdefault(group, []).append(row["unit_name"])
        if not members:
            return
        rows = tuple(
            (
                (label_of(group, self.round_.language) or group.code,),
                (counted(len(members.get(group.code, ())), "unit_group", self.block, group.code),),
                (", ".join(members.get(group.code, ())),),
            )
            for group in self.round_.instrument.unit_groups
        )
        key = f"table-unit-groups-{self.block}"
        yield self.say.paragraph("groups", table=Reference(key))
        columns = self.say.columns([("group", 0.2), ("number", 0.12), ("units", 0.68)], _TEXTS)
        caption = self.say.text("groups.caption", block=self.round_.names.block(self.block))
        yield ReportTable(key, caption, columns, rows, note=self.say.text("groups.note"))

    # --- figure and tables ---------------------------------------------------------------------------------------------------

    def _figure_and_table(self) -> Iterator[Block]:
        figure, block = f"league-{self.block}", self.round_.names.block(self.block)
        if figure in self.round_.figures:
            yield ReportFigure(figure, self.say.text("figure", block=block))
        names = [name for name in _LEAGUE if self._has(name)]
        whole = sum(_LEAGUE[name] for name in names)
        columns = self.say.columns([(name, _LEAGUE[name] / whole) for name in names], _TEXTS)
        rows = tuple(tuple(self._cell(row, name) for name in names) for row in self.ranked)
        most = self.ranked[0].number("max_points")
        caption = self.say.text("caption", block=block, most=most)
        note = joined(
            self.say.text("note"),
            *([self.say.text("note.council")] if "council_points" in names else []),
            by=" ",
        )
        yield ReportTable(
            f"table-league-{self.block}", caption, columns, rows, note=note, wide=len(names) > 8
        )

    def _has(self, column: str) -> bool:
        if column == "status":
            return any(row["status"] != OK for row in self.ranked)
        return bool(shown(self._cell(self.ranked[0], column), self.round_.language).strip(NONE))

    def _cell(self, row: QuotedRow, column: str) -> Text:
        low, high = ("points_low", "points_high") if self.measure == "points" else ("ci_low", "ci_high")
        if column == "unit":
            return (row["unit_name"],)
        if column == "interval":
            return interval(row.number(low), row.number(high))
        if column == "rank_set":
            return interval(row.number("rank_low"), row.number("rank_high"))
        if column in ("class", "group", "status"):
            return (self._word(row, column),)
        return (row.number(column),)

    def _word(self, row: QuotedRow, column: str) -> str:
        if column == "status":
            return "" if row["status"] == OK else engine_words("status", self.round_.language)[row["status"]]
        if column == "class":
            return self.round_.results.class_names.get(row.get("class"), row.get("class"))
        beside = self.beside.get(row["unit_code"])
        named = {
            group.code: label_of(group, self.round_.language) for group in self.round_.instrument.unit_groups
        }
        group = beside.get("unit_group") if beside is not None else ""
        return named.get(group, "") or group

    def _provisional(self) -> Iterator[Block]:
        """Ranked units about whose total something is to be known."""
        notes = self._notes
        said = [
            (f"{row['unit_name']} ({notes[row['unit_code']]})",)
            for row in self.ranked
            if row["status"] != OK and notes.get(row["unit_code"])
        ]
        if said:
            yield self.say.paragraph("provisional", units=self.say.listed(said, NAMED))

    @cached_property
    def _notes(self) -> dict[str, str]:
        """Unit → what is said of its total."""
        told, table = notes_for_units(self.round_.results), self.round_.results.scores
        root = {node.code for node in self.round_.instrument.children.get("", ())}
        texts = table.texts()
        names = ("block", "unit_code", "node_code", "note")
        return {
            unit: told(note)
            for block, unit, node, note in zip(*(texts[name] for name in names), strict=True)
            if block == self.block and node in root
        }

    def _not_ranked(self) -> Iterator[Block]:
        """Every unit without a rank, with its reason."""
        left = [row for row in self.rows if not row["rank"]]
        if not left:
            return
        words = engine_words("status", self.round_.language)
        rows = tuple(
            (
                (row["unit_name"],),
                (words.get(row["status"], row["status"]),),
                (self._notes.get(row["unit_code"], ""),),
            )
            for row in left
        )
        key = f"table-unranked-{self.block}"
        unranked = counted(len(left), "unranked", self.block)
        yield self.say.paragraph("unranked", units=unranked, table=Reference(key))
        columns = self.say.columns([("unit", 0.32), ("status", 0.2), ("why", 0.48)], _TEXTS)
        caption = self.say.text("unranked.caption", block=self.round_.names.block(self.block))
        yield ReportTable(key, caption, columns, rows)
