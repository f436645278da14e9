"""Fonts that say how the texts of a workbook are encoded: ``.VnTime`` and its kin hold TCVN3, ``VNI-Times`` and its kin VNI.

Texts alone tell an old font only when enough of them stand together; the font of a cell tells it for one word. Fonts are seen
through openpyxl, which is optional: without it, and for workbooks beyond bounds, the texts are all there is to go by.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from surveys.problems import Problem
from surveys.returns.files.archives import Archive
from surveys.returns.files.sheets import Sheet, first_line
from surveys.returns.text.legacy import from_tcvn3, from_vni, is_unicode, may_be_old_font
from surveys.returns.text.repair import Conversions

STYLES = "xl/styles.xml"
MOST_BYTES = 200_000_000  # of a workbook once unpacked; openpyxl needs many times as much memory
MOST_STYLES = 5_000_000  # bytes of its styles
MOST_CELLS = 2_000_000
_OLD = re.compile(rb"""<(?:\w{1,20}:)?name [^>]{0,100}?val=["'](?:\.Vn|VNI-)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Typed:
    """One text of a sheet, at (row, column) from 0, and the font it is shown in."""

    row: int
    column: int
    text: str
    font: str


def in_unicode(archive: Archive, sheets: Sequence[Sheet]) -> list[Sheet]:
    """The sheets of a workbook with the texts of its old fonts as Unicode; ``fonts`` counts them by column. Where old fonts are
    named but could not be seen, the sheets say so in ``notes``."""
    foreign = [sheet for sheet in sheets if _in_doubt(sheet)] if _names_old_fonts(archive) else []
    reason, typed = "", {}
    if foreign:
        try:
            reason = _beyond_bounds(archive, foreign)
            typed = {} if reason else _typed(archive, foreign)
        except Exception as error:  # openpyxl rejects workbooks that other programs read
            reason = first_line(error)
    return [
        _noted(sheet, reason) if sheet in foreign and reason else _converted(sheet, typed.get(sheet.name, []))
        for sheet in sheets
    ]


def encoding_of(font: str) -> tuple[str, Callable[[str], str]] | None:
    """Name and conversion of the encoding that a font stands for; the fonts ``.Vn…H`` show capitals. None for any other font.

    >>> name, convert = encoding_of(".VnTimeH")
    >>> name, convert("së néi vô")
    ('tcvn3', 'SỞ NỘI VỤ')
    >>> encoding_of("VNI-Times")[0], encoding_of("Times New Roman")
    ('vni', None)
    """
    folded = font.casefold()
    if folded.startswith(".vn"):
        capitals = font.endswith("H")
        return "tcvn3", lambda text: from_tcvn3(text).upper() if capitals else from_tcvn3(text)
    return ("vni", from_vni) if folded.startswith("vni-") else None


def _in_doubt(sheet: Sheet) -> bool:
    """Whether some text that is not ASCII holds no letter that only Unicode has."""
    return any(
        isinstance(cell, str) and not cell.isascii() and not is_unicode(cell) for cell in sheet.cells.ravel()
    )


def _names_old_fonts(archive: Archive) -> bool:
    return STYLES in archive.names and _OLD.search(archive.part(STYLES)[:MOST_STYLES]) is not None


def _beyond_bounds(archive: Archive, sheets: Sequence[Sheet]) -> str:
    """Why the fonts of a workbook are not looked at; empty when they are."""
    cells = sum(sheet.cells.size for sheet in sheets)
    within = archive.size <= MOST_BYTES and len(archive.part(STYLES)) <= MOST_STYLES and cells <= MOST_CELLS
    return "" if within else f"{cells} cells, {archive.size} bytes"


def _typed(archive: Archive, sheets: Sequence[Sheet]) -> dict[str, list[Typed]]:
    """Every text of the sheets that is not ASCII, with its font, by the name of the sheet."""
    import openpyxl  # type: ignore[import-untyped]

    book = openpyxl.load_workbook(io.BytesIO(archive.source.raw), read_only=True, data_only=True)
    found: dict[str, list[Typed]] = {}
    for sheet in sheets:
        page: Any = book[sheet.name]
        page.reset_dimensions()
        cells = (cell for row in page.iter_rows() for cell in row)
        foreign = (cell for cell in cells if isinstance(cell.value, str) and not cell.value.isascii())
        found[sheet.name] = [typed for cell in foreign if (typed := _as_typed(sheet, cell))]
    return found


def _as_typed(sheet: Sheet, cell: Any) -> Typed | None:
    row, column = cell.row - 1, cell.column - 1
    if row >= sheet.cells.shape[0] or column >= sheet.cells.shape[1]:
        return None
    text = sheet.cells[row, column]
    return Typed(row, column, text, cell.font.name or "") if isinstance(text, str) else None


def _converted(sheet: Sheet, typed: Sequence[Typed]) -> Sheet:
    """Texts of old fonts as Unicode."""
    misnamed = _misnamed(typed)
    cells, fonts = sheet.cells.copy(), dict[int, Conversions]()
    for found in typed:
        known = encoding_of(found.font)
        if known and (found.column, found.font) not in misnamed:
            name, convert = known
            cells[found.row, found.column] = convert(found.text)
            counts = fonts.setdefault(found.column, {})
            counts[name] = counts.get(name, 0) + 1
    return replace(sheet, cells=cells, fonts=fonts) if fonts else sheet


def _misnamed(typed: Sequence[Typed]) -> set[tuple[int, str]]:
    """Columns and fonts that hold Unicode under the name of an old font: those with a letter that only Unicode has, and where
    there are any, the columns whose letters fit both."""
    unicode = {(t.column, t.font) for t in typed if is_unicode(t.text)}
    old = {(t.column, t.font) for t in typed if may_be_old_font([t.text])}
    fonts = {font for _, font in unicode}
    return unicode | {(t.column, t.font) for t in typed if t.font in fonts and (t.column, t.font) not in old}


def _noted(sheet: Sheet, reason: str) -> Sheet:
    note = Problem("returns.fonts_unseen", "warning", sheet.file, sheet.name, None, "", (("reason", reason),))
    return replace(sheet, notes=(note,))
