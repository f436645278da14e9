"""How the forms came in: from those issued to those that count, by block, group and questionnaire; and on which days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from surveys.reports.analysis_report.parts import WORKED_OUT
from surveys.reports.analysis_report.quoting import QuotedRow
from surveys.reports.analysis_report.sections.conduct import mode_name
from surveys.reports.html.markup import key_of
from surveys.reports.html.page_round import PageRound
from surveys.reports.html.tables import PageCell, PageHead, PageRow, PageTable
from surveys.vocabulary.columns import FUNNEL_COLUMNS
from surveys.vocabulary.dates import written_date

_COUNTS = FUNNEL_COLUMNS[4:]
#: What becomes of the returned, with the colours of its bar.
_BECAME = {"valid": "f0", "review": "f1", "rejected": "f2", "left_out": "f3"}


def funnel(page: PageRound, block: str) -> PageTable | None:
    """The evaluations of a block by group and questionnaire, added up over its units; None where there are none."""
    rows = page.round_.quoted("funnel")
    found = rows.by("block", "group", "questionnaire") if rows is not None else {}
    names = page.round_.names
    lines = []
    for (_, group, questionnaire), cells in found.items():
        if cells[0]["block"] == block:
            counts = {name: sum(int(cell[name] or 0) for cell in cells) for name in _COUNTS}
            key = key_of(("sum", "funnel", block, group, questionnaire))
            name = f"{names.group(group)} ({names.questionnaire(questionnaire)})"
            lines.append(PageRow(key, name, tuple(_counted(page, counts))))
    if not lines:
        return None
    return PageTable(
        anchor=f"funnel-{block}",
        source=WORKED_OUT,
        caption=page.said("page.funnel.caption", block=names.block(block)),
        heads=(
            PageHead(page.said("page.column.group"), sort="text"),
            *(PageHead(page.said(f"page.column.{name}"), name, sort="number") for name in _COUNTS),
            PageHead(page.said("page.column.bars"), css="w"),
        ),
        rows=tuple(lines),
        css="funnel",
        legend=tuple((css, page.said(f"page.column.{name}")) for name, css in _BECAME.items()),
        note=page.said("page.funnel.note"),
    )


def _counted(page: PageRound, counts: Mapping[str, int]) -> Iterator[PageCell | str]:
    known = {name: str(count) for name, count in counts.items() if count or name != "issued"}
    yield from (page.read(known.get(name, "")) for name in _COUNTS)
    whole = max(counts["issued"], sum(counts[name] for name in _BECAME), 1)
    parts = [f"{css} {100 * counts[name] / whole:.2f}" for name, css in _BECAME.items() if counts[name]]
    yield PageCell("", "stack", ",".join(parts))


def days(page: PageRound, block: str) -> PageTable | None:
    """Forms of a block by the day on which they came in, a column for each questionnaire and way of asking; None where no day is
    known."""
    found: dict[str, dict[tuple[str, str], QuotedRow]] = {}
    for row in page.round_.quoted("days") or ():
        asked = page.round_.instrument.questionnaire.get(row["questionnaire"])
        if asked is not None and asked.block == block:
            found.setdefault(row["day"], {})[row["questionnaire"], row["mode"]] = row
    if not any(found):
        return None
    columns = sorted({column for of_day in found.values() for column in of_day})
    most = max(int(row["returned"]) for of_day in found.values() for row in of_day.values())
    return PageTable(
        anchor=f"days-{block}",
        source="days",
        caption=page.said("page.days.caption", block=page.round_.names.block(block)),
        heads=(
            PageHead(page.said("page.column.day")),
            *(PageHead(_series(page, *column), "returned valid", key_of(column)) for column in columns),
        ),
        rows=tuple(_day(page, day, columns, found[day]) for day in sorted(found, key=_dated_first)),
        css="days",
        style=f"--lo:0;--hi:{max(most, 1)}",
        order="column",
        note=page.said("page.days.note"),
        is_folded=True,
    )


def _dated_first(day: str) -> tuple[bool, str]:
    return not day, day


def _series(page: PageRound, questionnaire: str, mode: str) -> str:
    name = page.round_.names.questionnaire(questionnaire)
    return f"{name} ({mode_name(mode, page.round_)})" if mode else name


def _day(
    page: PageRound,
    day: str,
    columns: Sequence[tuple[str, str]],
    of_day: Mapping[tuple[str, str], QuotedRow],
) -> PageRow:
    cells = []
    for column in columns:
        row = of_day.get(column)
        if row is None:
            cells.append(PageCell(page.read("")))
        else:
            told = f"{page.read(row['returned'])} ({page.read(row['valid'])})"
            cells.append(PageCell(told, "bar", f"--v:{row['returned']};--w:{row['valid']}"))
    name = written_date(day, page.language) if day else page.said("page.days.unknown")
    return PageRow(key_of((day,)), name, tuple(cells))
