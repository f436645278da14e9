"""Any file of returns as sheets: its kind is told by its first bytes, never by its extension."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from surveys.problems import fault
from surveys.returns.files import archives, delimited, parquet, statistical, workbooks
from surveys.returns.files.sheets import LIMITS, FileContent, Kind, Limits, Sheet

OPENERS: Mapping[Kind, Callable[[FileContent], list[Sheet]]] = {
    "text": delimited.read,
    "zip": archives.read,
    "parquet": parquet.read,
    **dict.fromkeys(("xlsx", "xls", "ods"), workbooks.read),
    **dict.fromkeys(("sav", "por", "dta"), statistical.read),
}
_SIGNATURES: Mapping[bytes, Kind] = {
    b"\xd0\xcf\x11\xe0": "xls",
    b"$FL2": "sav",
    b"$FL3": "sav",
    b"PAR1": "parquet",
    b"<stata_dta>": "dta",
    **{bytes([release, order, 1]): "dta" for release in b"qrs" for order in (1, 2)},
}
#: Beginnings of files that are no tables: documents, pictures, archives of other kinds, web pages.
_NO_TABLE = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"{\\rtf", b"GIF8", b"Rar!", b"7z\xbc\xaf")
_PAGES = (b"<!doctype", b"<html", b"<table", b"<?xml")


def read_sheets(
    path: Path, name: str = "", *, sheet: str = "", encoding: str = "", limits: Limits = LIMITS
) -> tuple[Sheet, ...]:
    """All sheets of a file, or the one named ``sheet``.

    ``name`` is how messages call the file. Raises :class:`~surveys.problems.SurveyError` when the file is absent, empty,
    too large, damaged, locked, of no known kind, or has no sheet of that name.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "a.csv").write_text("x;y\\n1;2\\n", encoding="utf-8")
    ...     read_sheets(Path(folder) / "a.csv")[0].cells.tolist()
    [['x', 'y'], ['1', '2']]
    """
    name = name or path.name
    raw = _content(path, name, limits)
    kind = kind_of(raw)
    if kind is None:
        raise fault("returns.kind_unknown", file=name)
    source = FileContent(raw, name, kind, sheet, encoding, limits)
    sheets = OPENERS[kind](source)
    for found in sheets:
        rows, columns = found.cells.shape
        source.check_size(rows, columns, found.name)
    return tuple(sheets)


def kind_of(raw: bytes) -> Kind | None:
    """The kind of a file by its first bytes; None when it is none of those that are read."""
    if raw.startswith(b"PK"):
        return _kind_of_archive(raw)
    for signature, kind in _SIGNATURES.items():
        if raw.startswith(signature):
            return kind
    if b"SPSS PORT FILE" in raw[:500]:
        return "por"
    start = raw[:2000].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    return None if raw.startswith(_NO_TABLE) or start.startswith(_PAGES) else "text"


def _kind_of_archive(raw: bytes) -> Kind | None:
    if b"xl/workbook" in raw or b"xl/_rels" in raw or b"[Content_Types].xml" in raw[:4000]:
        return "xlsx"
    if b".csv" in raw[-4000:]:
        return "zip"
    return "ods" if b"opendocument.spreadsheet" in raw[:4000] or b"content.xml" in raw else None


def _content(path: Path, name: str, limits: Limits) -> bytes:
    if not path.is_file():
        raise fault("file.missing", file=name)
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise fault("file.too_large", file=name, size=size, limit=limits.file_bytes)
    if size == 0:
        raise fault("returns.file_empty", file=name)
    return path.read_bytes()
