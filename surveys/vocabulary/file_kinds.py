"""Kinds of files by their first bytes, and what each is called in messages (names that both languages share)."""

from __future__ import annotations

from collections.abc import Mapping

#: A zip archive: a workbook, a document, or files packed together.
ARCHIVE = "archive"
#: First bytes → kind, of the kinds that hold tables.
_TABLES: Mapping[bytes, str] = {
    b"PK": ARCHIVE,
    b"\xd0\xcf\x11\xe0": "xls",
    b"$FL2": "sav",
    b"$FL3": "sav",
    b"PAR1": "parquet",
    b"<stata_dta>": "dta",
    **{bytes([release, order, 1]): "dta" for release in b"qrs" for order in (1, 2)},
}
#: First bytes → name, of the kinds that are not read: other statistical programs, documents, pictures, archives.
_OTHERS: Mapping[bytes, str] = {
    b"\0" * 12 + b"\xc2\xea\x81\x60": "SAS (.sas7bdat)",
    b"HEADER RECORD*******LIB": "SAS (.xpt)",
    b"RDX": "R (.RData)",
    b"SQLite format 3": "SQLite",
    b"\0\x01\0\0Standard": "Microsoft Access",
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"{\\rtf": "RTF",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7-Zip",
    b"\x1f\x8b": "gzip",
}
_PAGES = (b"<!doctype", b"<html", b"<table")
_NAMES: Mapping[str, str] = {
    "xls": "Microsoft Office 97–2003 (.xls, .doc) / Office + password", "sav": "SPSS (.sav)", "por": "SPSS (.por)",
    "dta": "Stata (.dta)", "parquet": "Parquet", "text": "text",
}  # fmt: skip
#: What stands in an archive → what it is.
_PARTS: Mapping[bytes, str] = {
    b"xl/": "Excel (.xlsx)",
    b"word/": "Word (.docx)",
    b"ppt/": "PowerPoint (.pptx)",
    b"opendocument.spreadsheet": "OpenDocument (.ods)",
    b"opendocument.text": "OpenDocument (.odt)",
    b"Index/": "Apple Numbers/Pages",
}


def kind_by_beginning(head: bytes) -> str:
    """The kind of a file by its first bytes: a kind that may hold tables, ``text``, or empty for any other.

    >>> kind_by_beginning(b"PK\\x03\\x04"), kind_by_beginning(b"x;y"), kind_by_beginning(b"%PDF-1.4")
    ('archive', 'text', '')
    """
    known = next((kind for beginning, kind in _TABLES.items() if head.startswith(beginning)), "")
    if known:
        return known
    if b"SPSS PORT FILE" in head[:500]:
        return "por"
    return "" if _other(head) else "text"


def name_of(raw: bytes) -> str:
    """What a file is called in messages.

    >>> name_of(b"%PDF-1.4"), name_of(b"PK\\x03\\x04 xl/workbook.xml"), name_of(b" <!DOCTYPE html>")
    ('PDF', 'Excel (.xlsx)', 'HTML')
    """
    kind = kind_by_beginning(raw)
    if kind == ARCHIVE:
        return next((name for part, name in _PARTS.items() if part in raw), "ZIP")
    return _NAMES.get(kind, "") or _other(raw)


def _other(head: bytes) -> str:
    """The name of a kind that is not read; empty when it is none of those."""
    name = next((name for beginning, name in _OTHERS.items() if head.startswith(beginning)), "")
    start = head[:2000].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if start.startswith(_PAGES):
        return "HTML"
    return name or ("XML" if start.startswith(b"<?xml") else "")
