"""What changed since the earlier round: the totals of all units, and of one unit its total and fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from surveys.reports.analysis_report.quoting import QuotedRow
from surveys.reports.html.markup import key_of
from surveys.reports.html.page_round import PageRound, limits, mark, unit_anchor
from surveys.reports.html.tables import PageCell, PageHead, PageRow, PageTable
from surveys.vocabulary.levels import ALL_GROUPS, SURVEY

_LEVEL = 0.05


class Since:
    """The changes of a round, read once."""

    def __init__(self, page: PageRound) -> None:
        self.page = page
        self.decimals = page.round_.output.percent_decimals

    @cached_property
    def _rows(self) -> Mapping[tuple[str, ...], Sequence[QuotedRow]]:
        rows = self.page.round_.quoted("changes")
        found = rows.by("group", "part", "block", "unit_code") if rows is not None else {}
        return {key[2:]: of_unit for key, of_unit in found.items() if key[:2] == (ALL_GROUPS, SURVEY)}

    def of_block(self, block: str) -> PageTable | None:
        """The totals of the units of a block; None where nothing is compared."""
        page = self.page
        roots = page.roots(block)
        totals = {
            unit["unit_code"]: next(
                (
                    row
                    for row in self._rows.get((block, unit["unit_code"]), ())
                    if row["node_code"] in roots[:1]
                ),
                None,
            )
            for unit in page.units[block]
        }
        rows = tuple(
            PageRow(
                key_of(row.key),
                page.name(unit),
                tuple(self._cells(row, with_rank=True)),
                unit_anchor(block, unit["unit_code"]),
            )
            for unit in page.units[block]
            if (row := totals[unit["unit_code"]]) is not None
        )
        if not rows:
            return None
        caption = page.said(
            "page.changes.caption", block=page.round_.names.block(block), earlier=page.round_.previous
        )
        return self._table(f"changes-{block}", caption, rows, page.said("page.column.unit"), with_rank=True)

    def of_unit(self, block: str, unit: str) -> PageTable | None:
        """The total of a unit and the nodes below it; None where nothing is compared."""
        page = self.page
        roots = page.roots(block)
        top = {*roots, *(child for root in roots for child in page.children(block, root))}
        names = page.round_.names
        rows = tuple(
            PageRow(
                key_of(row.key),
                f"{row['node_code']} {names.node(row['node_code'])}",
                tuple(self._cells(row, with_rank=False)),
            )
            for row in self._rows.get((block, unit), ())
            if row["node_code"] in top
        )
        if not rows:
            return None
        caption = page.said("page.changes.unit", unit=names.unit(block, unit), earlier=page.round_.previous)
        return self._table(f"changes-{block}-{unit}", caption, rows, page.said("sheet.column.node"))

    def _table(
        self, anchor: str, caption: str, rows: tuple[PageRow, ...], first: str, *, with_rank: bool = False
    ) -> PageTable:
        page = self.page
        heads = [
            PageHead(first, sort="text"),
            PageHead(page.said("sheet.column.old"), "score_old%", sort="number"),
            PageHead(page.said("sheet.column.new"), "score_new%", sort="number"),
            PageHead(page.said("page.column.change"), "change%", sort="number"),
            PageHead(page.said("sheet.interval.name", level=page.level), "ci_low% ci_high%", sort="number"),
            PageHead(page.said("sheet.column.verdict"), sort="text", css="w"),
        ]
        if with_rank:
            heads.append(PageHead(page.said("page.column.rank_old"), "rank_old", sort="number"))
            heads.append(PageHead(page.said("page.column.rank_new"), "rank_new", sort="number"))
        low, high = limits([*self._shown(rows), "0"])
        style = f"--lo:{low};--hi:{high};--z:0"
        note = page.said("page.changes.note")
        return PageTable(anchor, "changes", caption, tuple(heads), rows, "changes", style, note=note)

    def _shown(self, rows: Sequence[PageRow]) -> Iterator[str]:
        """The numbers of the marks of a table."""
        for row in rows:
            for cell in row.cells:
                if isinstance(cell, PageCell) and cell.style:
                    yield from (part.partition(":")[2] for part in cell.style.split(";"))

    def _cells(self, row: QuotedRow, *, with_rank: bool) -> Iterator[PageCell | str]:
        page = self.page
        percent = {
            name: row.percent(name, self.decimals).text
            for name in ("score_old", "score_new", "change", "ci_low", "ci_high")
        }
        yield page.read(percent["score_old"])
        yield page.read(percent["score_new"])
        yield page.read(percent["change"], sign=True)
        low, high = percent["ci_low"], percent["ci_high"]
        told = page.said("page.between", low=page.read(low, sign=True), high=page.read(high, sign=True))
        yield PageCell(told if low and high else page.read(""), "ci", mark(percent["change"], low, high))
        yield PageCell(page.said(f"sheet.verdict.{verdict(row)}"), "w")
        if with_rank:
            yield page.read(row["rank_old"])
            yield page.read(row["rank_new"])


def verdict(row: QuotedRow) -> str:
    """Whether a change is more than chance explains: up, down, chance, or untold."""
    if not (row["change"] and row["p_adjusted"]):
        return "untold"
    if float(row["p_adjusted"]) > _LEVEL:
        return "chance"
    return "down" if row["change"].startswith("-") else "up"
