"""Text files with delimiters: encoding from the bytes, delimiter from the rows, quotes checked strictly."""

from __future__ import annotations

from surveys.problems import Problem, fault
from surveys.returns.files.file_content import FileContent
from surveys.returns.files.sheets import Page
from surveys.vocabulary.csv import CsvError, delimiter_of, records
from surveys.vocabulary.legacy_encodings import FONT_ENCODINGS, decode_old
from surveys.vocabulary.line_ends import ends_within_letter, is_open, row_of

#: The delimiters as the study names them.
NAMED = {"tab": "\t"}
_NAMES = {mark: name for name, mark in NAMED.items()}
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def read(source: FileContent) -> list[Page]:
    """The one sheet of a text file. A line is a record as a spreadsheet counts them, so a line break inside quotes
    does not move the row numbers."""
    text, conversion = decode(source.raw, source.file, source.wanted.encoding)
    if (at := text.find("\0")) >= 0:  # what a disk or a transfer leaves where bytes were lost
        raise source.damaged(f"row {text.count(chr(10), 0, at) + 1}: a byte 0")
    delimiter, skipped, notes = _delimiter(text, source)
    rows = _rows(text, delimiter, source)
    source.check_size(len(rows), max(map(len, rows), default=0))
    return [
        Page(
            "",
            rows[skipped:],
            lines=True,
            first_row=1 + skipped,
            conversion=conversion,
            open_end=is_open(text),
            notes=notes,
        )
    ]


def decode(raw: bytes, name: str, encoding: str = "") -> tuple[str, str]:
    """The text of a file, and the conversion noted for its cells (empty for Unicode).

    ``encoding`` is believed when given; it may be ``tcvn3`` or ``vni``. Otherwise: byte order mark, UTF-16 by its zero bytes,
    UTF-8, and last the old Vietnamese tables when the result reads as Vietnamese.

    >>> decode("Hà Nội".encode("utf-16"), "a.csv"), decode(b"H\\xb5 N\\xe9i", "a.csv")
    (('Hà Nội', ''), ('Hà Nội', 'tcvn3'))
    """
    if encoding in FONT_ENCODINGS:
        return FONT_ENCODINGS[encoding][0](raw.decode("latin-1")), encoding
    declared = encoding or _declared_by_bytes(raw)
    try:
        return raw.decode(declared or "utf-8").removeprefix("\ufeff"), ""
    except LookupError:
        raise fault("returns.encoding_unknown", file=name, encoding=encoding) from None
    except UnicodeDecodeError as error:
        if ends_within_letter(error):
            raise fault("returns.cut_in_letter", file=name, row=row_of(error)) from None
        if encoding:
            raise fault("returns.encoding_wrong", file=name, encoding=encoding) from None
        old = None if declared else decode_old(raw)
        if old is None:
            raise fault("returns.encoding_undeclared", file=name, byte=error.start + 1) from None
        return old


def _delimiter(text: str, source: FileContent) -> tuple[str, int, tuple[Problem, ...]]:
    """The delimiter that is declared or found, how many lines only declare it, and a warning where another fits too; a fault
    where two fit equally well."""
    found = delimiter_of(text)
    wanted = source.wanted.delimiter
    if wanted:
        return NAMED.get(wanted, wanted), found.declaring, ()
    if not found.others:
        return found.mark, found.declaring, ()
    both = {"delimiter": named(found.mark), "other": " ".join(map(named, found.others))}
    if found.tied:
        raise fault("returns.delimiter_unclear", file=source.file, **both)
    return found.mark, 0, (source.note("returns.delimiter_assumed", **both),)


def named(mark: str) -> str:
    """A delimiter as the study names it.

    >>> named("\\t"), named(";")
    ('tab', ';')
    """
    return _NAMES.get(mark, mark)


def _rows(text: str, delimiter: str, source: FileContent) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for _, row in records(text, delimiter):
            rows.append(row)
            if len(rows) > source.limits.rows or len(row) > source.limits.columns:
                raise source.too_large(len(rows), len(row))
    except CsvError as error:
        raise fault("returns.csv_broken", file=source.file, row=len(rows) + 1, reason=error.reason) from None
    return rows


def _declared_by_bytes(raw: bytes) -> str:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return encoding
    start = raw[:400]
    if len(start) >= 4 and start[1::2].count(0) > 0.4 * len(start) / 2:
        return "utf-16-le"
    return "utf-16-be" if len(start) >= 4 and start[::2].count(0) > 0.4 * len(start) / 2 else ""
