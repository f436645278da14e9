"""From plain data to the bytes of a PDF, by the templates in ``typst/``.

The texts of a study reach Typst as JSON, never as source, so that none of their characters is read as markup. Only the fonts
that Typst brings are used, no file, package or clock: the same data gives the same bytes on every machine.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from surveys.fieldwork.forms.printed.letters import undrawn
from surveys.problems import fault, shortened, the_first

if TYPE_CHECKING:
    import typst

#: Seconds since 1970 of 1 January 2000: a PDF carries a time, a fixed one.
_TIME = 946_684_800
#: A run of letters longer than this may be broken anywhere, so that it does not leave its column.
_UNBROKEN = 18
#: The template of copies of pages that were made before.
_COPIES = "batch"
_BREAK = "\N{ZERO WIDTH SPACE}"


def check_installed() -> None:
    """Raise SurveyError when the packages for printing are not installed."""
    try:
        import segno
        import typst  # noqa: F401
    except ImportError:
        raise fault("print.not_installed") from None
    del segno


def typeset(template: str, data: Mapping[str, Any], tagged: bool = True) -> bytes:
    """A PDF of ``data`` by one of the templates (``questionnaire``, ``batch``, ``labels``). ``tagged``: with the structure that
    programs which read aloud need. Raises SurveyError for letters that no font has."""
    import typst

    pdf = typst.compile(
        _source(template),
        format="pdf",
        sys_inputs=_inputs(data),
        font_paths=_fonts(),
        timestamp=_TIME,
        pdf_tags=tagged,
    )
    if template != _COPIES and (letters := undrawn(pdf, data)):
        raise fault("print.letters", letters=the_first(letters, 20), title=shortened(data["title"]))
    return pdf


def number_of_pages(template: str, data: Mapping[str, Any]) -> int:
    """How many pages :func:`typeset` makes of the same arguments."""
    import typst

    told = typst.query(
        _source(template),
        "<pages>",
        field="value",
        one=True,
        sys_inputs=_inputs(data),
        font_paths=_fonts(),
    )
    return int(json.loads(told))


def plain(text: str) -> str:
    """A text as it is printed: on one line, without characters that steer programs, long runs of letters with places to break.

    >>> plain("Một\\n câu\\thỏi\\x07")
    'Một câu hỏi'
    >>> plain("x" * 20).count("\\u200b")
    1
    """
    kept = "".join(" " if letter.isspace() else letter for letter in text if _is_printed(letter))
    return " ".join(_breakable(word) for word in kept.split())


def _is_printed(letter: str) -> bool:
    return letter.isspace() or unicodedata.category(letter) not in {"Cc", "Cs", "Co", "Cn"}


def _breakable(word: str) -> str:
    if len(word) <= _UNBROKEN:
        return word
    return _BREAK.join(word[k : k + _UNBROKEN] for k in range(0, len(word), _UNBROKEN))


def _inputs(data: Mapping[str, Any]) -> dict[str, str]:
    return {"data": json.dumps(data, ensure_ascii=False)}


@cache
def _source(template: str) -> bytes:
    folder = resources.files(__package__) / "typst"
    return b"\n".join((folder / f"{name}.typ").read_bytes() for name in ("marks", template))


@cache
def _fonts() -> typst.Fonts:
    import typst

    return typst.Fonts(include_system_fonts=False)
