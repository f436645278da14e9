"""The code of a form as it is printed: in letters and as a QR code (ISO/IEC 18004), drawn as one shape."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from surveys.problems import fault, shortened

#: Bytes of the longest code whose QR code a scanner of 200 dots an inch still reads in its place.
MOST_BYTES = 60
_QUIET = 4  # modules around a QR code that stay white


def code_mark(code: str, caption: str = "") -> dict[str, Any]:
    """What the templates need to print a code. Raises SurveyError for a code that is too long for its place.

    >>> sorted(code_mark("SO1-05-0001-K"))
    ['caption', 'svg', 'text']
    """
    if len(code.encode()) > MOST_BYTES:
        raise fault("print.code_too_long", form=shortened(code), most=MOST_BYTES)
    return {"text": code, "caption": caption, "svg": qr_svg(code)}


def qr_svg(text: str) -> str:
    """A QR code with its quiet zone as an SVG of one path, dark on nothing."""
    import segno

    modules = segno.make_qr(text, error="m").matrix
    side = len(modules) + 2 * _QUIET
    path = "".join(f"M{x} {y}h{width}v1h-{width}z" for x, y, width in _dark_runs(modules))
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}"><path d="{path}"/></svg>'


def _dark_runs(modules: Sequence[Sequence[int]]) -> Iterator[tuple[int, int, int]]:
    for y, row in enumerate(modules):
        x = _QUIET
        for dark, run in groupby(row):
            width = sum(1 for _ in run)
            if dark:
                yield x, y + _QUIET, width
            x += width
