"""The tables of the page of a monitored round; every number stands in one of its CSV files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from surveys.fieldwork.monitoring.page_words import SIGNS, PageWords, Row, aim
from surveys.fieldwork.monitoring.watched_cells import worst_first
from surveys.reports.html.markup import key_of, span
from surveys.reports.html.tables import PageCell, PageHead, PageRow, PageTable
from surveys.vocabulary.levels import ALL_GROUPS
from surveys.vocabulary.statuses import CELL_REACHED, INCOMPLETE, LIKELY, SUPPRESSED

_CELLS, _DAYS = "monitor-cells", "monitor-days"
#: What becomes of the returned, with the colours of its bar.
_BECAME = {"valid": "f0", "review": "f1", "rejected": "f2", "left_out": "f3"}
#: Cells that the first table names at most.
_MOST = 25


class MonitorTables:
    """The tables of a round in one language."""

    def __init__(self, words: PageWords) -> None:
        self.words = words
        cells = words.tables["cells"]
        self.blocks = tuple(dict.fromkeys(row["block"] for row in cells))
        self.of_block: Mapping[str, Sequence[Row]] = {
            block: [row for row in cells if row["block"] == block] for block in self.blocks
        }

    # --- cells ----------------------------------------------------------------------------------------------------------

    def worst(self) -> PageTable | None:
        """Cells that are not sure to reach what is wanted of them, the worst first; None where there is none."""
        rows = [
            row
            for row in self.words.tables["cells"]
            if aim(row)[1] not in ("", CELL_REACHED, LIKELY, "unknown")
        ]
        order = worst_first([aim(row)[1] for row in rows])
        said = self.words.said
        shown = [rows[k] for k in order[:_MOST]]
        more = len(rows) - len(shown)
        return self._table(
            "worst",
            said("monitor.page.worst"),
            [
                self._head("cell", sort="text"), self._head("valid", "valid"), self._head("wanted", "planned minimum"),
                self._head("expected", "expected_low expected_high"), self._head("needed_per_day", "needed_per_day"),
                PageHead(said("monitor.page.column.outlook"), sort="text", css="w"),
            ],
            [PageRow(self._key(row), self.words.unit(row), tuple(self._worst(row)), said=self._group(row)) for row in shown],
            note=said("monitor.page.worst_more", more=more) if more else "",
        )  # fmt: skip

    def _worst(self, row: Row) -> Iterator[PageCell | str]:
        name, outlook = aim(row)
        yield self.words.read(row["valid"])
        yield self._aim(row, name)
        yield self._expected(row)
        yield self.words.read(row["needed_per_day"])
        yield PageCell(self.words.outlook(outlook), f"w {SIGNS[outlook][1]}")

    def overview(self, block: str) -> PageTable | None:
        """Units by groups: valid forms of those wanted, coloured and signed by what will be reached."""
        rows = self.of_block[block]
        order = {group.code: k for k, group in enumerate(self.words.study.instrument.groups)}
        groups = sorted({row["group"] for row in rows} - {ALL_GROUPS}, key=lambda g: order.get(g, len(order)))
        units: dict[str, dict[str, Row]] = {}
        for row in rows:
            units.setdefault(row["unit_code"], {})[row["group"]] = row
        said = self.words.said
        heads = [PageHead(said("monitor.page.column.unit"), sort="text")]
        heads += [PageHead(self.words.group(g), "valid", key_of((g,)), sort="number") for g in groups]
        lines = [
            PageRow(
                key_of((block, unit)),
                self.words.unit(next(iter(of_unit.values()))),
                tuple(self._glance(of_unit.get(group)) for group in groups),
            )
            for unit, of_unit in units.items()
        ]
        caption = said("monitor.page.overview", block=self.words.block(block))
        note = said("monitor.page.overview_note")
        return self._table(
            f"overview-{block}",
            caption,
            heads,
            lines,
            css="heat by-unit",
            note=note,
            legend=self.words.legend,
        )

    def _glance(self, row: Row | None) -> PageCell:
        if row is None:
            return PageCell("–")
        name, outlook = aim(row)
        wanted = f"/{self.words.read(row[name])}" if row[name] else ""
        sign, shade = SIGNS.get(outlook, ("", ""))
        return PageCell(f"{self.words.read(row['valid'])}{wanted} {sign}".strip(), shade)

    def counts(self, block: str) -> PageTable | None:
        """Forms of each cell: planned, issued, returned and what became of them."""
        names = self._counted(
            self.of_block[block], ("planned", "issued", "returned", *_BECAME, "outstanding")
        )
        heads = [self._head("cell", sort="text"), *(self._head(name, name) for name in names)]
        heads.append(PageHead(self.words.said("page.column.bars"), css="w"))
        lines = [
            self._of_cell(row, (*(self.words.read(row[name]) for name in names), self._bar(row)))
            for row in self.of_block[block]
        ]
        caption = self.words.said("monitor.page.counts", block=self.words.block(block))
        note = self.words.said("monitor.page.counts_note") if self.words.rates_several else ""
        return self._table(
            f"counts-{block}", caption, heads, lines, note=note, legend=self._became, is_folded=True
        )

    def outlook(self, block: str) -> PageTable | None:
        """What each cell will reach, and how precise its result is."""
        names = ("valid", "margin", "margin_end", "per_day", "per_day_recent")
        heads = [
            self._head("cell", sort="text"),
            *(self._head(name, name) for name in names),
            self._head("expected", "expected_low expected_high"),
            self._head("needed_per_day", "needed_per_day"),
            PageHead(self.words.said("monitor.page.column.outlook"), sort="text", css="w"),
        ]
        lines = [self._of_cell(row, tuple(self._reach(row, names))) for row in self.of_block[block]]
        caption = self.words.said("monitor.page.reach", block=self.words.block(block))
        note = self.words.said("monitor.page.reach_note")
        return self._table(f"reach-{block}", caption, heads, lines, note=note, is_folded=True)

    def _reach(self, row: Row, names: Sequence[str]) -> Iterator[PageCell | str]:
        marks = {INCOMPLETE: "*", SUPPRESSED: ""}
        for name in names:
            text = self.words.read(row[name])
            yield text + marks.get(row["margin_status"], "") if name == "margin" and row[name] else text
        yield self._expected(row)
        yield self.words.read(row["needed_per_day"])
        name, outlook = aim(row)
        shade = f" {SIGNS[outlook][1]}" if outlook else ""
        wanted = f" ({self._aim(row, name)})" if outlook else ""
        yield PageCell(f"{self.words.outlook(outlook)}{wanted}", f"w{shade}")

    # --- days, interviewers, modes, questionnaires ------------------------------------------------------------------------

    def days(self, block: str) -> PageTable | None:
        """Forms of a block by the day on which they came, by mode, and what had come so far; None where no form has come."""
        asked = self.words.study.instrument.questionnaire
        of_block = {code for code, form in asked.items() if form.block == block}
        mine = [row for row in self.words.tables["days"] if row["questionnaire"] in of_block]
        modes = sorted({row["mode"] for row in mine})
        found: dict[str, dict[str, int]] = {}
        for row in mine:
            of_day = found.setdefault(row["day"], dict.fromkeys((*modes, "forms", "returned", "valid"), 0))
            of_day[row["mode"]] += int(row["forms"])
            for name in ("forms", "returned", "valid"):
                of_day[name] += int(row[name])
        heads = [PageHead(self.words.said("page.column.day"))]
        heads += [PageHead(self.words.mode(mode)) for mode in modes if len(modes) > 1]
        heads += [self._plain(name) for name in ("forms", "forms_so_far", "valid_so_far")]
        total = {"forms": 0, "valid": 0}
        lines = []
        for day in sorted(found, key=lambda day: (not day, day)):
            for name in total:
                total[name] += found[day][name]
            numbers = [found[day][mode] for mode in modes if len(modes) > 1]
            numbers += [found[day]["forms"], total["forms"], total["valid"]]
            lines.append(PageRow("", self.words.day(day), tuple(self.words.read(str(n)) for n in numbers)))
        caption = self.words.said("monitor.page.days", block=self.words.block(block))
        note = self.words.said("monitor.page.days_note") if self.words.rates_several else ""
        return self._table(f"days-{block}", caption, heads, lines, source="", note=note, is_folded=True)

    def interviewers(self) -> PageTable | None:
        """Forms by interviewer, and who is far from the others; None where no form names one."""
        rows = self.words.tables["interviewers"]
        if not any(row["interviewer"] for row in rows):
            return None
        names = self._counted(
            rows, ("forms_issued", "not_returned", "forms", "judged", "rejected_forms", "rejected_expected")
        )
        heads = [self._head("interviewer", sort="text"), *(self._head(name, name) for name in names)]
        heads.append(PageHead(self.words.said("monitor.page.column.finding"), sort="text", css="w"))
        lines = [
            PageRow(
                key_of((row["interviewer"],)),
                row["interviewer"] or self.words.said("monitor.page.no_interviewer"),
                (*(self.words.read(row[name]) for name in names), self._finding(row)),
            )
            for row in rows
        ]
        caption, note = (
            self.words.said("monitor.page.interviewers"),
            self.words.said("monitor.page.interviewers_note"),
        )
        return self._table("interviewers", caption, heads, lines, source="monitor-interviewers", note=note)

    def _finding(self, row: Row) -> PageCell:
        if not row["finding"]:
            return PageCell("", "w")
        told = self.words.said(f"handover.rejected_share.{row['finding']}")
        return PageCell(told, f"w {'h0' if row['finding'] == 'more' else 'h3'}")

    def modes(self) -> PageTable | None:
        rows = self.words.tables["modes"]
        names = self._counted(rows, ("forms_issued", "not_returned", "forms", "returned", *_BECAME))
        lines = [(key_of((row["mode"],)), self.words.mode(row["mode"]), row) for row in rows]
        return self._summed("modes", "mode", names, lines)

    def questionnaires(self) -> PageTable | None:
        rows = self.words.tables["questionnaires"]
        names = self._counted(rows, ("forms_issued", "not_returned", "forms", "issued", "returned", *_BECAME))
        lines = [
            (key_of((row["questionnaire"],)), self.words.questionnaire(row["questionnaire"]), row)
            for row in rows
        ]
        return self._summed("questionnaires", "questionnaire", names, lines)

    def _summed(
        self, anchor: str, first: str, names: Sequence[str], rows: Sequence[tuple[str, str, Row]]
    ) -> PageTable | None:
        apart = self.words.rates_several
        called = {"issued": "evaluations_issued", "returned": "evaluations_returned"} if apart else {}
        heads = [
            self._head(first, sort="text"),
            *(self._head(called.get(name, name), name) for name in names),
        ]
        heads.append(PageHead(self.words.said("page.column.bars"), css="w"))
        lines = [
            PageRow(key, name, (*(self.words.read(row[n]) for n in names), self._bar(row)))
            for key, name, row in rows
        ]
        caption = self.words.said(f"monitor.page.{anchor}")
        note = self.words.said("monitor.page.evaluations") if apart else ""
        source = f"monitor-{anchor}"
        return self._table(anchor, caption, heads, lines, source=source, note=note, legend=self._became)

    # --- parts ------------------------------------------------------------------------------------------------------------

    def _head(self, name: str, columns: str = "", *, sort: str = "number") -> PageHead:
        return PageHead(
            self.words.said(f"monitor.page.column.{name}"),
            columns,
            sort="text" if sort == "text" else "number",
        )

    def _plain(self, name: str) -> PageHead:
        return PageHead(self.words.said(f"monitor.page.column.{name}"))

    @property
    def _became(self) -> tuple[tuple[str, str], ...]:
        return tuple((css, self.words.said(f"page.column.{name}")) for name, css in _BECAME.items())

    def _table(
        self, anchor: str, caption: str, heads: Sequence[PageHead], rows: Sequence[PageRow], **more: object
    ) -> PageTable | None:
        """A table under its caption; None without rows."""
        source = str(more.pop("source", _CELLS))
        if not rows:
            return None
        return PageTable(anchor, source, caption, tuple(heads), tuple(rows), **more)  # type: ignore[arg-type]

    def _of_cell(self, row: Row, cells: tuple[PageCell | str, ...]) -> PageRow:
        css = "total" if row["group"] == ALL_GROUPS else ""
        return PageRow(self._key(row), self.words.unit(row), cells, said=self._group(row), css=css)

    def _key(self, row: Row) -> str:
        return key_of((row["block"], row["unit_code"], row["group"]))

    def _group(self, row: Row) -> str:
        return self.words.group(row["group"])

    def _expected(self, row: Row) -> str:
        return span(row["expected_low"], row["expected_high"], self.words.language)

    def _aim(self, row: Row, name: str) -> str:
        """The number wanted; that it is the minimum is said."""
        number = self.words.read(row[name])
        return number if name == "planned" else self.words.said("monitor.page.at_least", number=number)

    def _counted(self, rows: Sequence[Row], names: Sequence[str]) -> list[str]:
        """Columns in which something stands; always those of what came back and was valid."""
        always = ("returned", "valid", "forms", "judged", "rejected_forms")
        return [name for name in names if name in always or any(row[name] not in ("", "0") for row in rows)]

    def _bar(self, row: Row) -> PageCell:
        """What became of the returned, of those issued or (more, or not known) returned."""
        counts = {name: int(row[name] or 0) for name in _BECAME}
        whole = max(int(row.get("issued") or 0), sum(counts.values()), 1)
        parts = [f"{css} {100 * counts[name] / whole:.2f}" for name, css in _BECAME.items() if counts[name]]
        return PageCell("", "stack", ",".join(parts))
