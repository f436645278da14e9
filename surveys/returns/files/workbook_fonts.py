"""Fonts that say how the texts of a workbook are encoded: ``.VnTime`` and its kin hold TCVN3, ``VNI-Times`` and its kin VNI.

Texts alone tell an old font only when enough of them stand together; the font of a cell tells it for one word. Fonts are seen
through openpyxl, which is optional: without it, and for workbooks beyond bounds, the texts are all there is to go by.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from surveys.returns.files.archives import Archive
from surveys.returns.files.sheets import Page, first_line
from surveys.vocabulary.composition import composed
from surveys.vocabulary.legacy_encodings import from_tcvn3, from_vni, is_unicode, may_be_old_font

STYLES = "xl/styles.xml"
MOST_BYTES = 200_000_000  # of a workbook once unpacked; openpyxl needs many times as much memory
MOST_STYLES = 5_000_000  # bytes of its styles
MOST_CELLS = 2_000_000
_OLD = re.compile(rb"""<(?:\w{1,20}:)?name [^>]{0,100}?val=["'](?:\.Vn|VNI-)""", re.IGNORECASE)

#: (row, column) from 0 → the font in which a text is shown.
Fonts = Mapping[tuple[int, int], str]


def in_unicode(archive: Archive, sheets: Sequence[Page]) -> list[Page]:
    """The sheets of a workbook with the texts of its old fonts as Unicode; ``fonts`` counts them by column. Where old fonts are
    named but could not be seen, the sheets say so in ``notes``."""
    foreign = [sheet for sheet in sheets if _in_doubt(sheet)] if _names_old_fonts(archive) else []
    reason, fonts = "", {}
    if foreign:
        try:
            reason = _beyond_bounds(archive, foreign)
            fonts = {} if reason else _fonts(archive, foreign)
        except Exception as error:  # openpyxl rejects workbooks that other programs read
            reason = first_line(error)
    return [
        replace(sheet, notes=(archive.source.note("returns.fonts_unseen", sheet.name, reason=reason),))
        if sheet in foreign and reason
        else _converted(sheet, fonts.get(sheet.name, {}))
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


def _in_doubt(sheet: Page) -> bool:
    """Whether some text that is not ASCII holds no letter that only Unicode has."""
    return any(
        isinstance(cell, str) and not cell.isascii() and not is_unicode(cell)
        for cell in chain.from_iterable(sheet.rows)
    )


def _names_old_fonts(archive: Archive) -> bool:
    return STYLES in archive.names and _OLD.search(archive.part(STYLES)[:MOST_STYLES]) is not None


def _beyond_bounds(archive: Archive, sheets: Sequence[Page]) -> str:
    """Why the fonts of a workbook are not looked at; empty when they are."""
    cells = sum(map(len, chain.from_iterable(sheet.rows for sheet in sheets)))
    within = archive.size <= MOST_BYTES and len(archive.part(STYLES)) <= MOST_STYLES and cells <= MOST_CELLS
    return "" if within else f"{cells} cells, {archive.size} bytes"


def _fonts(archive: Archive, sheets: Sequence[Page]) -> dict[str, Fonts]:
    """The fonts of the texts of the sheets that are not ASCII, by the name of the sheet."""
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(archive.source.raw), read_only=True, data_only=True)
    found: dict[str, Fonts] = {}
    for sheet in sheets:
        page: Any = next(page for page in book.worksheets if composed(page.title) == sheet.name)
        page.reset_dimensions()
        cells = (cell for row in page.iter_rows() for cell in row)
        foreign = (cell for cell in cells if isinstance(cell.value, str) and not cell.value.isascii())
        found[sheet.name] = {(cell.row - 1, cell.column - 1): cell.font.name or "" for cell in foreign}
    return found


def _converted(sheet: Page, fonts: Fonts) -> Page:
    """Texts of old fonts as Unicode."""
    if not fonts:
        return sheet
    rows = len(sheet.rows)
    seen = {
        (row, column): (text, font)
        for (row, column), font in fonts.items()
        if row < rows and column < len(sheet.rows[row]) and isinstance(text := sheet.rows[row][column], str)
    }
    misnamed = _misnamed((column, font, text) for (_, column), (text, font) in seen.items())
    cells, counts = [list(row) for row in sheet.rows], dict[int, Counter[str]]()
    for (row, column), (text, font) in seen.items():
        known = encoding_of(font)
        if known and (column, font) not in misnamed:
            name, convert = known
            cells[row][column] = convert(text)
            counts.setdefault(column, Counter())[name] += 1
    return replace(sheet, rows=cells, fonts=counts) if counts else sheet


def _misnamed(texts: Iterable[tuple[int, str, str]]) -> set[tuple[int, str]]:
    """Columns and fonts, of (column, font, text), that hold Unicode under the name of an old font: those with a letter that only
    Unicode has, and where there are any, the columns whose letters fit both."""
    together: dict[tuple[int, str], list[str]] = {}
    for column, font, text in texts:
        together.setdefault((column, font), []).append(text)
    unicode = {key for key, found in together.items() if any(map(is_unicode, found))}
    fonts = {font for _, font in unicode}
    return unicode | {
        key for key, found in together.items() if key[1] in fonts and not may_be_old_font(found)
    }
