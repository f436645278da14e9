"""Tables of a code book: their columns by name, codes and words side by side."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from surveys.problems import Language, phrase
from surveys.reports.analysis_report.parts import ReportColumn, ReportTable, Text
from surveys.reports.analysis_report.told import told

#: A column: its name in the wording, and its share of the width.
Column = tuple[str, float]
#: Columns that hold numbers.
_NUMBERS = frozenset({"number", "questions", "points", "weight"})


def table(
    name: str, columns: Iterable[Column], rows: Iterable[tuple[Text, ...]], language: Language, **more: object
) -> Iterator[ReportTable]:
    """The table ``table-‹name›``, captioned by ``codebook.table.‹first word of the name›``; none where it has no rows. ``more``:
    the rows in ``bold``, and what its caption names.
    """
    lines = tuple(rows)
    if not lines:
        return
    said = {key: value for key, value in more.items() if key != "bold"}
    caption = told(f"codebook.table.{name.partition(' ')[0]}", language, **said)
    bold = more.get("bold", ())
    assert isinstance(bold, Collection)
    made = tuple(
        ReportColumn(phrase(f"codebook.column.{column}", language), share, column in _NUMBERS)
        for column, share in columns
    )
    yield ReportTable(f"table-{name.replace(' ', '-')}", caption, made, lines, frozenset(bold), dense=True)


def listed(values: Iterable[str]) -> str:
    """Values as a list in a cell, each with its own commas.

    >>> listed(["KĐY", "", "không, đồng ý"])
    'KĐY; không, đồng ý'
    """
    return "; ".join(filter(None, values))
