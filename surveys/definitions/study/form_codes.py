"""Form codes as the institute gives them: those that were issued, and those of a pattern that the study declares.

In a pattern ``#`` stands for one digit, ``@`` for one letter of any alphabet, and every other character for itself. Whatever
else stands where a code is asked for was typed by somebody, and may be a name or a telephone number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from surveys.definitions.study.records import StudyDefinition

_PARTS = {"#": "[0-9]", "@": r"[^\W\d_]"}
#: What no pattern matches.
_NOTHING = r"(?!)"


def fixed_part(pattern: str) -> str:
    """The letters, digits and signs of a pattern that stand for themselves.

    >>> fixed_part("HN-@#/##"), fixed_part("####")
    ('HN-/', '')
    """
    return "".join(part for part in pattern if part not in _PARTS and not part.isspace())


def pattern_of(patterns: Iterable[str]) -> re.Pattern[str]:
    """Patterns of form codes as one expression, for ``fullmatch``; that of none matches nothing.

    >>> [bool(pattern_of(["HN-@##"]).fullmatch(code)) for code in ("HN-Đ07", "HN-D7", "0912345678")]
    [True, False, False]
    """
    each = ["".join(_PARTS.get(part, re.escape(part)) for part in pattern) for pattern in patterns]
    return re.compile("|".join(each) or _NOTHING)


def codes_given(study: StudyDefinition, codes: Iterable[str]) -> frozenset[str]:
    """Those of some codes that the institute gave: issued, or of a pattern of the study."""
    issued, declared = {form.form_code for form in study.issued}, pattern_of(study.fieldwork.form_codes)
    return frozenset(code for code in set(codes) if code in issued or declared.fullmatch(code))
