"""The composed form of texts (NFC), within bounds.

Putting the marks of one letter in order takes time that grows with the square of their number, and a file may hold a hundred
thousand of them in a row. No letter of any language has more than a few; Unicode expects at most 30 ("Stream-Safe Text Format",
UAX #15, 13). Further ones are left out.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from unicodedata import combining, is_normalized, normalize

MOST_MARKS = 30
#: Marks are neither letters nor ASCII; dashes and pictures are not either, so that this only says where to look.
_MAYBE = re.compile(rf"[^\w\x00-\x7f]{{{MOST_MARKS + 1}}}")


def composed(text: str) -> str:
    """A text in its composed form; of more than 30 marks on one letter the first 30.

    >>> composed("Phie\\u0302\\u0301u"), len(composed("a" + "\\u0323" * 1000))
    ('Phiếu', 30)
    """
    return text if text.isascii() else normalize("NFC", bounded_marks(text))


def is_composed(text: str) -> bool:
    """Whether a text is in its composed form.

    >>> is_composed("Phiếu"), is_composed("Phie\\u0302\\u0301u")
    (True, False)
    """
    return text.isascii() or (bounded_marks(text) == text and is_normalized("NFC", text))


def bounded_marks(text: str) -> str:
    """A text with at most 30 marks on one letter.

    >>> len(bounded_marks("a" + "\\u0301\\u0323" * 50)), bounded_marks("—" * 40) == "—" * 40
    (31, True)
    """
    return _long_runs().sub(r"\1", text) if _MAYBE.search(text) else text


@cache
def _long_runs() -> re.Pattern[str]:
    marks = "".join(letter for letter in map(chr, range(sys.maxunicode + 1)) if combining(letter))
    return re.compile(f"([{marks}]{{{MOST_MARKS}}})[{marks}]+")
