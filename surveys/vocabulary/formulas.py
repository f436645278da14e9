"""Texts that a spreadsheet program would run as a formula when it opens a CSV file.

What others wrote into a heading or a cell comes back in the files that a person opens to decide something. There an apostrophe
in front keeps it text; it is taken off again when the file is read back.
"""

from __future__ import annotations

import re

_RUN = re.compile(r"\s*[=+\-@\t\r]")


def guarded(text: str) -> str:
    """The text with an apostrophe in front where a spreadsheet program would run it, or would take its own apostrophe away.

    >>> guarded("=1+1"), guarded("Họ và tên"), guarded("'=1")
    ("'=1+1", 'Họ và tên', "''=1")
    """
    return f"'{text}" if _RUN.match(text.lstrip("'")) else text


def unguarded(text: str) -> str:
    """The text as it was before :func:`guarded`; a text that nobody guarded stays.

    >>> unguarded("'=1+1"), unguarded("'tis"), unguarded("-5")
    ('=1+1', "'tis", '-5')
    """
    return text[1:] if text.startswith("'") and _RUN.match(text.lstrip("'")) else text
