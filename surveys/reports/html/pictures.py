"""Figures of the report that the page has as they are: as pictures within the file, with what they show in words."""

from __future__ import annotations

from base64 import b64encode

from markupsafe import Markup

from surveys.reports.analysis_report.parts import Drawing

_FIGURE = Markup(
    '<figure id="{}" class="drawing"><img alt="{}" src="data:image/svg+xml;base64,{}">'
    "<figcaption>{}</figcaption></figure>"
)


def picture(drawing: Drawing, anchor: str, caption: Markup) -> Markup:
    """A figure under its caption."""
    return _FIGURE.format(anchor, drawing.about, b64encode(drawing.svg).decode("ascii"), caption)
