"""Text files with delimiters: encoding from the bytes, delimiter from the heading line, quotes checked strictly."""

from __future__ import annotations

import numpy as np

from surveys.problems import fault
from surveys.returns.files.sheets import FileContent, Sheet, from_rows
from surveys.returns.text.legacy_encodings import decode_old
from surveys.vocabulary.csv import CsvError, delimiter_of, records

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def read(source: FileContent) -> list[Sheet]:
    """The one sheet of a text file. A line is a record as a spreadsheet counts them, so a line break inside quotes
    does not move the row numbers."""
    text, conversion = decode(source.raw, source.file, source.encoding)
    delimiter, skipped = delimiter_of(text)
    rows = _rows(text, delimiter, source)
    widths = np.array([len(row) for row in rows], dtype=np.int64)
    columns = int(widths.max(initial=0))
    source.check_size(len(rows), columns)
    cells = from_rows(rows[skipped:], columns)
    return [Sheet(source.file, "", "text", cells, 1 + skipped, widths[skipped:], conversion=conversion)]


def decode(raw: bytes, name: str, encoding: str = "") -> tuple[str, str]:
    """The text of a file, and the conversion noted for its cells (empty for Unicode).

    ``encoding`` is believed when given. Otherwise: byte order mark, UTF-16 by its zero bytes, UTF-8, and last the old
    Vietnamese tables when the result reads as Vietnamese.

    >>> decode("Hà Nội".encode("utf-16"), "a.csv"), decode(b"H\\xb5 N\\xe9i", "a.csv")
    (('Hà Nội', ''), ('Hà Nội', 'tcvn3'))
    """
    declared = encoding or _declared_by_bytes(raw)
    try:
        return raw.decode(declared or "utf-8").removeprefix("\ufeff"), ""
    except LookupError:
        raise fault("returns.encoding_unknown", file=name, encoding=encoding) from None
    except UnicodeDecodeError as error:
        old = None if declared else decode_old(raw)
        if old is None:
            raise fault("file.encoding", file=name, byte=error.start + 1) from None
        return old


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
