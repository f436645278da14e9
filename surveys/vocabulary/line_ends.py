"""Where a text ends: a file that was cut most often lacks its last line end, and some programs never write one.

Of the products whose exports are read, Google Sheets and Google Forms write none; KoboToolbox, ODK Central, LimeSurvey, Excel and
LibreOffice end every row. Sources: the writers of the open ones; for Google the reports of users (univocity-parsers, issue 530).
"""

from __future__ import annotations

MOST_SHOWN = 80  # characters of a last line in a message


def is_open(text: str) -> bool:
    """Whether a text lacks its last line end, or half of it.

    >>> is_open("a\\nb"), is_open("a\\nb\\n"), is_open("a\\r\\nb\\r"), is_open("")
    (True, False, True, False)
    """
    return bool(text) and (not text.endswith(("\n", "\r")) or (text.endswith("\r") and "\r\n" in text))


def ends_within_letter(error: UnicodeDecodeError) -> bool:
    """Whether bytes that are no text end within a letter, whose first bytes show that they were one: beyond ASCII, sound so far;
    or within the two bytes of a letter of UTF-16.

    >>> try:
    ...     "Hà Nội là thủ đô".encode()[:-1].decode()
    ... except UnicodeDecodeError as error:
    ...     ends_within_letter(error)
    True
    """
    known = not error.object[: error.start].isascii() and error.reason == "unexpected end of data"
    wide = error.start > 2 and error.reason == "truncated data"
    return (known or wide) and error.end == len(error.object)


def row_of(error: UnicodeDecodeError) -> int:
    """The 1-based row of bytes that are no text."""
    return error.object[: error.start].decode(error.encoding, "ignore").count("\n") + 1


def last_line(text: str) -> str:
    """The end of the last line of a text as a message shows it.

    >>> last_line("a,b\\nc,d")
    'c,d'
    """
    return end_of(text[max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1 :].strip())


def end_of(text: str) -> str:
    """The last characters of a text, as many as a message shows.

    >>> end_of("short"), len(end_of("x" * 1000))
    ('short', 80)
    """
    return text if len(text) <= MOST_SHOWN else "…" + text[1 - MOST_SHOWN :]
