"""Tables of the page: heads, rows and cells as content, which the template writes out, or which wait as JSON to be drawn."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

#: Rows of a table from which on it is drawn on demand.
MOST_ROWS = 300
#: Rows up to which a table is not divided between printed pages.
_ON_ONE_PAGE = 14
#: Kinds of tables that are written out however long they are.
WRITTEN = ("league", "told")
#: What stands in a table cell: plain text is escaped by the template.
Words = str | Markup


@dataclass(frozen=True, slots=True)
class PageHead:
    """The head of a column. ``columns``: of the official table, divided by spaces; ``key``: values of the key that the rows lack;
    ``about``: what stands small below, where ``text`` ``is_code`` its whole name, which is seen in the list
    of names; ``css``: ``w`` where its cells hold words; ``sort``: how the rows are put in order by it, empty: they are not."""

    text: Words
    columns: str = ""
    key: str = ""
    about: str = ""
    sort: Literal["", "text", "number"] = ""
    is_code: bool = False
    css: str = ""


@dataclass(frozen=True, slots=True)
class PageCell:
    """A cell. ``css``: classes; ``style``: numbers for a mark beside its text, empty: there is no mark; of a ``stack``
    the class and width of each part, ``s0 12.5,s6 87.5``; ``place``: where the number stands, if not where row and head say."""

    text: Words
    css: str = ""
    style: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class PageRow:
    """A row under its ``name``, a link to ``anchor`` where there is one. ``said``: what stands small below the name."""

    key: str
    name: Words
    cells: tuple[PageCell | str, ...]
    anchor: str = ""
    said: str = ""
    css: str = ""


@dataclass(frozen=True)
class PageTable:
    """A table with its caption. ``anchor``: its id; ``source``: its official table, empty where its cells say where each number
    stands; ``order``: which part of a key that is divided goes first; ``style``: limits of the marks; ``legend``: what colours
    mean; ``names``: codes of its heads in words; ``is_folded``: it is opened by its caption."""

    anchor: str
    source: str
    caption: Words
    heads: tuple[PageHead, ...]
    rows: tuple[PageRow, ...]
    css: str = ""
    style: str = ""
    order: Literal["row", "column"] = "row"
    note: Words = ""
    legend: tuple[tuple[str, str], ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    is_folded: bool = False

    @property
    def is_on_demand(self) -> bool:
        """Whether its rows wait as JSON. Those of a league and of the report itself never do."""
        return len(self.rows) > MOST_ROWS and self.css not in WRITTEN

    @property
    def is_short(self) -> bool:
        """Whether it is kept on one page in print."""
        return len(self.rows) <= _ON_ONE_PAGE

    @property
    def json(self) -> Markup:
        """Its rows as they wait."""
        return rows_json(self)


def rows_json(table: PageTable) -> Markup:
    """The rows of a table that is drawn on demand: ``[[key, name, anchor, said, cell, …], …]``, a cell its text or
    ``[text, css, style, place]``.

    >>> rows_json(PageTable("t", "", "T", (PageHead("a"),), (PageRow("so|a", "</script>", ("9,5", PageCell("–", "none"))),)))
    Markup('[["so|a","\\\\u003c/script>","","","9,5",["–","none","",""]]]')
    """
    rows = [[row.key, row.name, row.anchor, row.said, *map(_cell, row.cells)] for row in table.rows]
    return json_html(rows)


def json_html(content: object) -> Markup:
    """JSON that may stand in a ``<script>``: it holds no ``<``, so that it can neither end one nor open a comment."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))


def _cell(cell: PageCell | str) -> object:
    return cell if isinstance(cell, str) else [cell.text, cell.css, cell.style, cell.place]
