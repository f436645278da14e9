"""Units by fields and by sub-criteria, the cells shaded by their percentages: where a block is strong, who is weak in what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor

from surveys.reports.analysis_report.quoting import QuotedRow
from surveys.reports.html.markup import key_of
from surveys.reports.html.page_round import SCORES, PageRound, unit_anchor
from surveys.reports.html.tables import PageCell, PageHead, PageRow, PageTable

#: Shades, the lowest first: ``page.css`` has as many.
SHADES = 5
#: Columns of a table that a page of A4 holds.
_COLUMNS = 12


@dataclass(frozen=True, slots=True)
class Shading:
    """Equal steps from the lowest to the highest percentage that is shown."""

    start: int
    step: int

    @classmethod
    def of(cls, texts: Sequence[str]) -> Shading:
        """The steps that hold printed percentages.

        >>> Shading.of(["51.20", "", "93.08"])
        Shading(start=51, step=9)
        """
        numbers = [float(text) for text in texts if text] or [0.0, 100.0]
        start = floor(min(numbers))
        return cls(start, max(1, ceil((max(numbers) - start) / SHADES)))

    def of_text(self, text: str) -> int:
        """The shade of a printed percentage.

        >>> [Shading(50, 10).of_text(text) for text in ("50.00", "59.99", "60.00", "100.00")]
        [0, 0, 1, 4]
        """
        return min(SHADES - 1, int((float(text) - self.start) / self.step))

    def legend(self) -> Iterator[tuple[str, str]]:
        """Class and range of each shade, in percent."""
        for shade in range(SHADES):
            low = self.start + shade * self.step
            yield f"h{shade}", f"{low}–{low + self.step}\N{NO-BREAK SPACE}%"


def heat_maps(page: PageRound, block: str) -> Iterator[PageTable]:
    """Units by the nodes below the total, then by the lowest nodes below each of these; of many units only the former."""
    roots = page.roots(block)
    fields = page.children(block, roots[0]) if len(roots) == 1 else roots
    wide = {field: () if page.is_large else page.leaves(block, field) for field in fields}
    shown = {*fields, *(leaf for leaves in wide.values() for leaf in leaves)}
    cells = {
        unit["unit_code"]: {
            row["node_code"]: row
            for row in page.scores[block, unit["unit_code"]]
            if row["node_code"] in shown
        }
        for unit in page.units[block]
    }
    shading = Shading.of([row["percent"] for of_unit in cells.values() for row in of_unit.values()])
    name = page.round_.names.block(block)
    if fields:
        caption = page.said("page.heat.fields", block=name)
        yield _table(page, block, (f"heat-{block}", caption, tuple(fields)), cells, shading)
    for field, leaves in wide.items():
        parts = even_parts(leaves, _COLUMNS)
        for part, nodes in enumerate(parts, start=1):
            told = page.said(
                "page.heat.leaves",
                node=f"{field} {page.round_.names.node(field)}",
                block=name,
                part=f"{part}/{len(parts)}" if len(parts) > 1 else "",
            )
            yield _table(page, block, (f"heat-{block}-{field}-{part}", told, tuple(nodes)), cells, shading)


def even_parts(nodes: Sequence[str], most: int) -> list[Sequence[str]]:
    """Nodes in as few parts as there may be, of nearly the same length.

    >>> even_parts("abcdefg", 3)
    ['abc', 'de', 'fg']
    """
    parts = ceil(len(nodes) / most)
    sizes = [len(nodes) // parts + (k < len(nodes) % parts) for k in range(parts)]
    return [nodes[sum(sizes[:k]) : sum(sizes[: k + 1])] for k in range(parts)]


def _table(
    page: PageRound,
    block: str,
    what: tuple[str, str, tuple[str, ...]],
    cells: Mapping[str, Mapping[str, QuotedRow]],
    shading: Shading,
) -> PageTable:
    anchor, caption, nodes = what
    names = page.round_.names
    return PageTable(
        anchor=anchor,
        source=SCORES,
        caption=caption,
        heads=(
            PageHead(page.said("page.column.unit"), sort="text"),
            *(PageHead(node, "percent", node, names.node(node), "number", True) for node in nodes),
        ),
        rows=tuple(
            PageRow(
                key_of((block, unit["unit_code"])),
                page.name(unit),
                tuple(_cell(page, cells[unit["unit_code"]].get(node), shading) for node in nodes),
                unit_anchor(block, unit["unit_code"]),
            )
            for unit in page.units[block]
        ),
        css="heat",
        legend=tuple(shading.legend()),
        names=tuple((node, names.node(node)) for node in nodes),
    )


def _cell(page: PageRound, row: QuotedRow | None, shading: Shading) -> PageCell | str:
    if row is None:
        return page.read("")
    if not row["percent"]:
        return PageCell(page.absent(row) or page.read(""), "w")
    return PageCell(page.read(row["percent"]), f"h{shading.of_text(row['percent'])}")
