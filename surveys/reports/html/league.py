"""The league of a block: every unit with its result, interval, rank and set of ranks; and how groups of respondents differ."""

from __future__ import annotations

from collections.abc import Iterator

from surveys.reports.analysis_report.quoting import QuotedRow
from surveys.reports.html.markup import key_of
from surveys.reports.html.page_round import GROUPS, UNITS, PageRound, limits, mark, unit_anchor
from surveys.reports.html.tables import PageCell, PageHead, PageRow, PageTable


def league(page: PageRound, block: str) -> PageTable:
    """The units of a block in the order of their ranks."""
    units = page.units[block]
    low, high = limits(row.get(name) for row in units for name in ("percent", "ci_low", "ci_high"))
    return PageTable(
        anchor=f"league-{block}",
        source=UNITS,
        caption=page.said("page.league.caption", block=page.round_.names.block(block)),
        heads=tuple(_heads(page, low, high)),
        rows=tuple(
            PageRow(
                key_of(row.key),
                page.name(row),
                tuple(_cells(page, row, len(units))),
                unit_anchor(block, row["unit_code"]),
                page.status(row),
            )
            for row in units
        ),
        css="league",
        style=f"--lo:{low};--hi:{high}",
        note=page.said("page.league.note"),
    )


def _heads(page: PageRound, low: int, high: int) -> Iterator[PageHead]:
    yield PageHead(page.said("page.column.unit"), sort="text")
    yield PageHead(page.said("page.column.rank"), "rank", sort="number")
    yield PageHead(page.said("page.column.ranks"), "rank_low rank_high", sort="number")
    if page.has_points:
        yield PageHead(page.said("sheet.column.points"), "points", sort="number")
    yield PageHead(page.said("sheet.column.percent"), "percent", sort="number")
    axis = page.said("page.axis", low=low, high=high)
    yield PageHead(
        page.said("sheet.interval.name", level=page.level), "ci_low ci_high", about=axis, sort="number"
    )
    if page.has_council:
        yield PageHead(page.said("sheet.column.council_points"), "council_points", sort="number")
        yield PageHead(page.said("sheet.column.survey_points"), "survey_points", sort="number")
        yield PageHead(page.said("page.column.survey_rank"), "survey_rank", sort="number")
        yield PageHead(
            page.said("page.column.survey_ranks"), "survey_rank_low survey_rank_high", sort="number"
        )
    if page.round_.results.kind.classes:
        yield PageHead(page.said("sheet.class.name"), sort="text", css="w")


def _cells(page: PageRound, row: QuotedRow, units: int) -> Iterator[PageCell | str]:
    yield page.read(row["rank"])
    yield _ranks(page, row, units)
    if page.has_points:
        yield page.read(row["points"])
    yield page.read(row["percent"])
    yield PageCell(
        page.span(row, "ci_low", "ci_high"), "ci", mark(row["percent"], row["ci_low"], row["ci_high"])
    )
    if page.has_council:
        yield page.read(row["council_points"])
        yield page.read(row["survey_points"])
        yield page.read(row["survey_rank"])
        yield _ranks(page, row, units, "survey_")
    if page.round_.results.kind.classes:
        yield PageCell(page.round_.results.class_names.get(row["class"], row["class"]), "w")


def _ranks(page: PageRound, row: QuotedRow, units: int, part: str = "") -> PageCell:
    """A set of ranks, drawn between the first and the last of the block."""
    low, high = row[f"{part}rank_low"], row[f"{part}rank_high"]
    drawn = mark(row[f"{part}rank"], low, high)
    style = f"--lo:1;--hi:{max(units, 2)};{drawn}" if drawn else ""
    return PageCell(page.span(row, f"{part}rank_low", f"{part}rank_high"), "ci ranks", style)


def groups(page: PageRound, block: str) -> PageTable | None:
    """The results of each unit by the group that gave them; None where one group only gave any."""
    rows = page.round_.quoted(GROUPS)
    roots = page.roots(block)
    if rows is None or not roots:
        return None
    found = rows.by("block", "node_code")
    of_total = {(row["unit_code"], row["group"]): row for row in found.get((block, roots[0]), ())}
    held = {group for _, group in of_total}
    order = [group.code for group in page.round_.instrument.groups if group.code in held]
    if len(order) < 2:
        return None
    low, high = limits(row.get(n) for row in of_total.values() for n in ("percent", "ci_low", "ci_high"))
    return PageTable(
        anchor=f"groups-{block}",
        source=GROUPS,
        caption=page.said("page.groups.caption", block=page.round_.names.block(block)),
        heads=(
            PageHead(page.said("page.column.unit"), sort="text"),
            *(
                PageHead(page.round_.names.group(group), "percent ci_low ci_high", group, sort="number")
                for group in order
            ),
        ),
        rows=tuple(
            PageRow(
                key_of((block, unit["unit_code"], roots[0])),
                page.name(unit),
                tuple(_of_group(page, of_total.get((unit["unit_code"], group))) for group in order),
                unit_anchor(block, unit["unit_code"]),
            )
            for unit in page.units[block]
        ),
        css="groups",
        style=f"--lo:{low};--hi:{high}",
        note=page.said("page.groups.note", level=page.level, axis=page.said("page.axis", low=low, high=high)),
    )


def _of_group(page: PageRound, row: QuotedRow | None) -> PageCell | str:
    if row is None:
        return page.read("")
    if not row["percent"]:
        return PageCell(page.absent(row) or page.read(""), "w")
    limits_told = f" ({page.span(row, 'ci_low', 'ci_high')})" if row["ci_low"] and row["ci_high"] else ""
    return PageCell(
        page.read(row["percent"]) + limits_told, "ci", mark(row["percent"], row["ci_low"], row["ci_high"])
    )
