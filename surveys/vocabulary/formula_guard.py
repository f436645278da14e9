"""The guard against formulas: texts that a spreadsheet program would run when it opens a CSV file.

What others wrote into a heading or a cell comes back in the files that a person opens. There an apostrophe in front keeps it
text; :func:`unguarded` takes it off when the file is read back. A text that begins with apostrophes of its own before such a
sign gets one more, so that every text comes back as it was.
"""

from __future__ import annotations

import re

_RUNS = re.compile(r"'*\s*[=+\-@\t\r]")


def guarded(text: str) -> str:
    """The text with an apostrophe in front where a spreadsheet program would run it, or would take its own apostrophe away.

    >>> guarded("=1+1"), guarded("Họ và tên"), guarded("'=1")
    ("'=1+1", 'Họ và tên', "''=1")
    """
    return f"'{text}" if _RUNS.match(text) else text


def unguarded(text: str) -> str:
    """The text as it was before :func:`guarded`: ``unguarded(guarded(text)) == text`` for every text.

    >>> unguarded("'=1+1"), unguarded("''=1"), unguarded("'tis"), unguarded("-5")
    ('=1+1', "'=1", "'tis", '-5')
    """
    return text[1:] if text.startswith("'") and _RUNS.match(text) else text
