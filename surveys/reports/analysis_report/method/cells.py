"""Cells, columns and lists of the tables of a method."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from surveys.problems import Language, phrase
from surveys.reports.analysis_report.parts import NONE, Inline, ReportColumn, ReportTable, Text
from surveys.reports.analysis_report.told import told

_PERCENT = "\N{NO-BREAK SPACE}%"
#: A column of a table: its name in the wording, its share of the width, and whether it holds numbers.
Plan = tuple[str, float, bool]


def table(
    name: str, plan: Sequence[Plan], rows: Iterable[tuple[Text, ...]], language: Language, **more: object
) -> Iterator[ReportTable]:
    """The table ``table-method-‹name›``; none where it has no rows. ``more``: further fields of the table."""
    columns = tuple(
        ReportColumn(phrase(f"report.method.column.{column}", language), share, numeric)
        for column, share, numeric in plan
    )
    lines = tuple(rows)
    if lines:
        caption = told(f"report.method.table.{name}", language)
        yield ReportTable(f"table-method-{name}", caption, columns, lines, **more)  # type: ignore[arg-type]


def cell(*parts: Inline) -> Text:
    """A cell of these parts; a dash where there are none. No line ends before a percent sign.

    >>> cell("5 %"), cell("")
    (('5\\xa0%',), ('–',))
    """
    kept = (part.replace(" %", _PERCENT) if isinstance(part, str) else part for part in parts)
    return tuple(filter(None, kept)) or (NONE,)


def sentence(text: str) -> Text:
    """A cell of words, with a capital at their beginning.

    >>> sentence("không"), sentence("")
    (('Không',), ('–',))
    """
    return cell(text[:1].upper() + text[1:])


def plain(number: float) -> str:
    """A number of a definition without needless digits.

    >>> plain(2.0), plain(1 / 3), plain(0.25)
    ('2', '0.3333', '0.25')
    """
    return f"{number:.4g}"
