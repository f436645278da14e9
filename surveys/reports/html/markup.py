"""Numbers and texts as HTML: every number tells where it stands, so that a program can read the page back and compare.

* In text: ``<data value="93.08" data-from="council-units|so|noi-vu|percent">93,08</data>``: the official table, the values of its
  key columns and the column, as in :class:`~surveys.reports.analysis_report.parts.Source`; ``|`` and ``%`` within a value are
  written ``%7C`` and ``%25``. ``value`` is the text of the table.
* In a table: ``data-table`` of ``<table>`` is the official table, ``data-key`` of ``<tr>`` the values of its key columns, divided
  by ``|``, and ``data-column`` of the ``<th>`` above (of the same place in its row) the column. A ``<th>`` with a ``data-key``
  holds those of the key that the rows lack: they stand behind, or, where ``<table data-order="column">``, before those of the
  row. A ``<td data-from>`` says itself where its number stands, as in text.
* A heading may name several columns, divided by a space: the numbers of its cells are in their order. A cell with words only
  holds no number. Columns that end with ``%`` are in [0, 1] in the table and in percent on the page.
* Whole numbers from 1000 on are grouped, decimals have the mark of ``<html lang>``, a minus is U+2212.
* What only shows numbers that stand beside it (bars, marks) has them in ``style``, as ``--NAME:NUMBER``; what is not shown has
  none.
* What is drawn on demand stands in ``<script type="application/json">``, each a table of the same form: see :mod:`.tables`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from markupsafe import Markup, escape

from surveys.problems import Language
from surveys.reports.analysis_report.parts import NONE, Number, NumberSource, Reference, Text

_NOWHERE = NumberSource("", (), "")
_NUMBER = Markup('<data value="{}" data-from="{}">{}</data>')
_LINK = Markup('<a href="#{}">{}</a>')


def key_of(values: Iterable[str]) -> str:
    """Values of key columns as one text.

    >>> key_of(("so", "a|b"))
    'so|a%7Cb'
    """
    return "|".join(value.replace("%", "%25").replace("|", "%7C") for value in values)


def read(text: str, language: Language, *, sign: bool = False) -> str:
    """A printed number as people read it.

    >>> read("-1234.50", "vi"), read("", "en")
    ('−1234,50', '–')
    """
    return Number(text, _NOWHERE, sign).shown(language)


def span(low: str, high: str, language: Language) -> str:
    """Two limits; a dash where there are none. Negative ones are told apart by a word space.

    >>> span("92.40", "93.71", "vi"), span("", "", "vi"), span("-0.5", "0.1", "en")
    ('92,40–93,71', '–', '−0.5 – 0.1')
    """
    if not (low and high):
        return NONE
    between = " – " if "-" in low + high else "–"
    return f"{read(low, language)}{between}{read(high, language)}"


def number_html(number: Number, language: Language) -> Markup:
    """A number with the place where it stands; a dash where there is none."""
    if not number.text:
        return Markup(NONE)
    source = number.source
    place = key_of((source.table, *source.key, source.column))
    return _NUMBER.format(number.text, place, number.shown(language))


def text_html(text: Text, language: Language, labels: Mapping[str, tuple[str, str]]) -> Markup:
    """A text with its numbers and references. ``labels``: key of what is referred to → anchor (empty: it is not on the page) and
    label."""
    return Markup("").join(_inline(part, language, labels) for part in text)


def _inline(
    part: str | Number | Reference, language: Language, labels: Mapping[str, tuple[str, str]]
) -> Markup:
    if isinstance(part, Number):
        return number_html(part, language)
    if isinstance(part, Reference):
        anchor, label = labels.get(part.key, ("", NONE))
        return _LINK.format(anchor, label) if anchor else escape(label)
    return escape(part)
