"""Which kind a file is, told by its first bytes, never by its extension, and the opener of each kind."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from surveys.problems import fault
from surveys.returns.files import zipped
from surveys.returns.files.file_content import FileContent, Wanted
from surveys.returns.files.sheets import Kind, Page
from surveys.vocabulary.file_kinds import ARCHIVE, kind_by_beginning, name_of

#: The opener of each kind. It is loaded when it is needed: a program that reads workbooks loads no numpy.
OPENERS: Mapping[Kind, str] = {
    "text": "delimited",
    "parquet": "parquet",
    **dict.fromkeys(("xlsx", "xls", "ods"), "workbooks"),
    **dict.fromkeys(("sav", "por", "dta"), "statistical"),
}
HEAD = 4_000  # bytes by which a kind is told
_NAME_SIZE = 26  # the first byte of the size of a part's name, in the head of an archive


def pages_of(wanted: Wanted) -> list[Page]:
    """The sheets of a file as they are read. Raises :class:`~surveys.problems.SurveyError` when the file is absent, empty, too
    large, damaged, locked, of no known kind, or has no sheet of the name that is wanted."""
    check_there(wanted)
    try:
        raw = Path(wanted.path).read_bytes()
    except OSError as error:
        raise fault(
            "file.unreadable", file=wanted.file, reason=error.strerror or type(error).__name__
        ) from None
    return _opened(raw, FileContent(raw, "zip", wanted))


def check_there(wanted: Wanted) -> None:
    """Raise the fault that a file is absent, empty or too large."""
    path, most = Path(wanted.path), wanted.limits.file_bytes
    if not path.is_file():
        raise fault("file.missing", file=wanted.file)
    size = path.stat().st_size
    if size > most:
        raise fault("file.too_large", file=wanted.file, size=size, limit=most)
    if size == 0:
        raise fault("returns.file_empty", file=wanted.file)


def is_text(head: bytes) -> bool:
    """Whether a file with these first bytes is read as text."""
    return kind_by_beginning(head) == "text"


def opener_of(head: bytes) -> str:
    """The opener that a file with these first bytes needs, as far as they tell."""
    known = kind_by_beginning(head)
    return next((opener for kind, opener in OPENERS.items() if kind == known), OPENERS["xlsx"])


def _opened(raw: bytes, within: FileContent) -> list[Page]:
    """The sheets of a file, or of a file inside an archive, which may be no archive itself."""
    kind = kind_of(raw)
    source = FileContent(raw, "zip" if kind is None else kind, within.wanted)
    if kind is None or (kind == "zip" and raw is not within.raw):
        raise fault("returns.kind_unknown", file=source.file, what=name_of(raw))
    if kind == "zip":
        pages = zipped.read(source, _opened)
    else:
        pages = import_module(f"surveys.returns.files.{OPENERS[kind]}").read(source)
    for page in pages:
        source.check_size(len(page.rows), max(map(len, page.rows), default=0), page.name)
    return [replace(page, kind=page.kind or kind) for page in pages]


def kind_of(raw: bytes) -> Kind | None:
    """The kind of a file; None when it is none of those that are read."""
    known = kind_by_beginning(raw[:HEAD])
    if known == ARCHIVE:
        return _kind_of_archive(raw)
    return next((kind for kind in (*OPENERS, "zip") if kind == known), None)


def _kind_of_archive(raw: bytes) -> Kind | None:
    """By the names of its parts; where its list of parts is damaged, by those that still stand in it."""
    whole = True
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            names = archive.namelist()
    except Exception:  # of whatever kind: the opener says what is wrong
        whole = False
        names = [name.decode() for name in (b"xl/workbook", b"content.xml") if name in raw]
        names += ["xl/"] if b"[Content_Types].xml" in raw[:HEAD] else []
    if any(name.startswith("xl/") for name in names):
        return "xlsx"
    if b"opendocument." in raw[:HEAD] and b"opendocument.spreadsheet" not in raw[:HEAD]:
        return None
    if "content.xml" in names:
        return "ods"
    if not whole and raw[_NAME_SIZE : _NAME_SIZE + 2].strip(b"\0"):
        return "zip"  # it begins with a part that has a name, and its list of parts is gone: it was cut
    return "zip" if zipped.holds_table(names) else None
