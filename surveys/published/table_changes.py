"""Change since last year: against an earlier table, or against what a table itself prints of last year."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from surveys.problems import Problems
from surveys.published.amounts import Amount
from surveys.published.published_table import PublishedRow, decimals
from surveys.published.table_layout import PREVIOUS
from surveys.published.table_tree import HALF, TableTree

Change = tuple[object, ...]  # unit, code, name, before, now, change


def table_changes(
    before: Sequence[PublishedRow], now: Sequence[PublishedRow], problems: Problems
) -> Iterator[Change]:
    """Change of every value that two tables print; what only one of them has is noted."""
    earlier, later = ({(row.unit, row.code): row for row in rows} for rows in (before, now))
    for kind, some, others in (("audit.only_now", later, earlier), ("audit.only_before", earlier, later)):
        missing = [" ".join(filter(None, key)) for key in some if key not in others]
        if missing:
            problems.add(kind, severity="warning", file=now[0].place.file, nodes=missing[:40])
    for key, row in later.items():
        old = earlier.get(key)
        if old is None:
            continue
        if old.maximum != row.maximum:
            row.place.note(
                "audit.maximum_changed", severity="warning", node=row.code, name=row.name, before=old.maximum,
                now=row.maximum,
            )  # fmt: skip
        was, value = (old.points, row.points) if row.in_points else (old.percent, row.percent)
        if was is not None and value is not None:
            yield (*key, row.name, float(was), float(value), float(value - was))


def printed_changes(now: Sequence[PublishedRow], tree: TableTree) -> Iterator[Change]:
    """Change of every value beside which the table prints that of last year; one beyond the maximum is noted."""
    for row in now:
        if row.previous is None or row.value is None:
            continue
        most = tree.maximum(row.code, row)
        if row.in_points and most is not None and not 0 <= row.previous <= most:
            row.note(
                "audit.out_of_range", PREVIOUS, severity="warning", node=row.code, name=row.name, value=row.previous,
                low=0, high=most,
            )  # fmt: skip
        yield (
            row.unit,
            row.code,
            row.name,
            float(row.previous),
            float(row.value),
            float(row.value - row.previous),
        )


def note_previous(now: Sequence[PublishedRow], before: Sequence[PublishedRow], tree: TableTree) -> None:
    """Note where last year's value is printed otherwise than last year's table has it."""
    earlier = {(row.unit, row.code): row for row in before}
    for row in now:
        old = earlier.get((row.unit, row.code))
        was = None if old is None else old.points if row.in_points else old.percent
        if was is None or row.previous is None:
            continue
        printed = Amount(row.previous, tree.half_unit(row.unit, row.code, PREVIOUS), row.in_points)
        if not printed.explains(Amount(was, HALF.scaleb(-decimals(was)), row.in_points)):
            row.note(
                "audit.previous_differs",
                PREVIOUS,
                node=row.code,
                name=row.name,
                printed=row.previous,
                before=was,
            )
