"""Cells of one column as the texts that were meant, with the conversions counted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import numpy as np

from surveys.vocabulary.folding import repair
from surveys.vocabulary.legacy_encodings import FONT_ENCODINGS, font_encoding

Conversions = dict[str, int]
SHOWN = 100  # characters of a cell that messages show and that are kept of one that is no answer


def repair_all(texts: Iterable[str]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Repair the distinct texts of one column together: the font encodings TCVN3 and VNI can only be told from
    Unicode by looking at the whole column.

    >>> repair_all(["Së Néi vô", "Hµ Néi"])["Hµ Néi"]
    ('Hà Nội', ('tcvn3',))
    """
    texts = list(texts)
    name = font_encoding(texts)
    found = {}
    for text in texts:
        meant = FONT_ENCODINGS[name][0](text) if name and not text.isascii() else text
        repaired, done = repair(meant)
        found[text] = (repaired, done if meant == text else (name, *done))
    return found


def repaired(texts: Sequence[str]) -> list[str]:
    """The texts of one column, or of the headings of a sheet, as they were meant.

    >>> repaired(["Sở  Y tế ", "Tốt"])
    ['Sở Y tế', 'Tốt']
    """
    meant = repair_all(texts)
    return [meant[text][0] for text in texts]


def cell_text(value: object) -> str:
    """One cell as the text its users see; whole numbers without ``.0``, nothing for an empty cell.

    >>> cell_text(5.0), cell_text(4.5), cell_text(None), cell_text(" x")
    ('5', '4.5', '', ' x')
    """
    if isinstance(value, str):
        return value
    if value is None or value != value:
        return ""
    if isinstance(value, (float, np.floating)):
        return str(int(value)) if value.is_integer() else repr(float(value))
    if type(value) is dt.datetime:
        return value.isoformat(" ")
    if isinstance(value, (bool, np.bool_)):
        return "TRUE" if value else "FALSE"
    return str(value)
