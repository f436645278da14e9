"""Points that units lost: by field in a block, and the sub-criteria in which one unit lost most, with the agencies in charge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from surveys.analysis.lost_sums import FIELD
from surveys.reports.analysis_report.quoting import QuotedRow
from surveys.reports.html.markup import key_of
from surveys.reports.html.page_round import PageRound, unit_anchor
from surveys.reports.html.tables import PageCell, PageHead, PageRow, PageTable
from surveys.vocabulary.levels import ITEM_LEVEL

#: Sub-criteria told of one unit.
_MOST = 5


class Lost:
    """The points lost in a round, read once."""

    def __init__(self, page: PageRound) -> None:
        self.page = page

    @cached_property
    def _sums(self) -> Mapping[tuple[str, ...], Sequence[QuotedRow]]:
        rows = self.page.round_.quoted("gap-sums")
        return rows.by("block", "sum_by") if rows is not None else {}

    @cached_property
    def _nodes(self) -> Mapping[tuple[str, ...], Sequence[QuotedRow]]:
        rows = self.page.round_.quoted("gaps")
        return rows.by("block", "unit_code") if rows is not None else {}

    def by_field(self, block: str) -> PageTable | None:
        """Units by fields; None where the points of the index are not added up."""
        page = self.page
        found = {(row["unit_code"], row["sum_code"]): row for row in self._sums.get((block, FIELD), ())}
        held = {code for _, code in found}
        fields = [node.code for node in page.round_.instrument.nodes if node.code in held]
        if not fields:
            return None
        return PageTable(
            anchor=f"lost-{block}",
            source="gap-sums",
            caption=page.said("page.lost.caption", block=page.round_.names.block(block)),
            heads=(
                PageHead(page.said("page.column.unit"), sort="text"),
                *(
                    PageHead(field, "lost", f"{FIELD}|{field}", page.round_.names.node(field), "number", True)
                    for field in fields
                ),
            ),
            rows=tuple(
                PageRow(
                    key_of((block, unit["unit_code"])),
                    page.name(unit),
                    tuple(self._lost(found.get((unit["unit_code"], field))) for field in fields),
                    unit_anchor(block, unit["unit_code"]),
                )
                for unit in page.units[block]
            ),
            css="lost",
            names=tuple((field, page.round_.names.node(field)) for field in fields),
        )

    def _lost(self, row: QuotedRow | None) -> PageCell | str:
        if row is None:
            return self.page.read("")
        return self.page.read(row["lost"]) if row["lost"] else PageCell(self.page.absent(row) or "–", "w")

    def of_unit(self, block: str, unit: str) -> PageTable | None:
        """The sub-criteria in which a unit lost most; None where it lost nothing."""
        page = self.page
        most = sorted(filter(_is_told, self._nodes.get((block, unit), ())), key=lambda row: int(row["order"]))
        if not most:
            return None
        has_agencies = any(map(_agencies, most))
        return PageTable(
            anchor=f"lost-{block}-{unit}",
            source="gaps",
            caption=page.said("page.lost.unit", unit=page.round_.names.unit(block, unit)),
            heads=(
                PageHead(page.said("sheet.column.node"), sort="text"),
                PageHead(page.said("sheet.column.max_points"), "maximum", sort="number"),
                PageHead(page.said("sheet.column.points"), "value", sort="number"),
                PageHead(page.said("sheet.column.lost"), "lost", sort="number"),
                PageHead(page.said("sheet.column.share"), "share_of_loss", sort="number"),
                *([PageHead(page.said("page.column.agency"), sort="text", css="w")] if has_agencies else []),
            ),
            rows=tuple(
                PageRow(
                    key_of(row.key),
                    f"{row['node_code']} {page.round_.names.node(row['node_code'])}",
                    (
                        page.read(row["maximum"]),
                        page.read(row["value"]),
                        page.read(row["lost"]),
                        page.read(row["share_of_loss"]),
                        *([PageCell(_agencies(row), "w")] if has_agencies else []),
                    ),
                )
                for row in most
            ),
            css="of-unit",
        )


def _is_told(row: QuotedRow) -> bool:
    """Whether it is one of the sub-criteria in which a unit lost most."""
    is_among = row["node_level"] != ITEM_LEVEL and row["order"] and int(row["order"]) <= _MOST
    return bool(is_among and row["lost"].strip("0."))


def _agencies(row: QuotedRow) -> str:
    """The agency in the lead and those that take part."""
    return "; ".join(filter(None, (row["lead_agency"], row["coordinating_agencies"])))
