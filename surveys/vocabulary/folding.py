"""How a text is compared: NFC, case folded, invisible characters dropped, any run of white space one space."""

from __future__ import annotations

import re
import unicodedata

#: Zero-width and soft characters that copy and paste leave behind; none carries meaning in Vietnamese.
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_SPACES = re.compile(r"\s+")


def folded(text: str) -> str:
    """The form under which headings, option texts and unit names are compared.

    >>> folded("  Sở\\u00a0NỘI  Vụ ") == folded("sở nội vụ")
    True
    """
    if text.isascii():
        return " ".join(text.lower().split())
    plain = unicodedata.normalize("NFC", text.translate(_INVISIBLE)).casefold()
    return _SPACES.sub(" ", unicodedata.normalize("NFC", plain)).strip()
