"""Cells of one column as the texts that were meant, with the conversions counted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from surveys.returns.text.legacy import from_tcvn3, from_vni, looks_like_tcvn3, looks_like_vni
from surveys.vocabulary.folding import repair

Conversions = dict[str, int]


def repair_all(texts: Iterable[str]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Repair the distinct texts of one column together: the font encodings TCVN3 and VNI can only be told from
    Unicode by looking at the whole column.

    >>> repair_all(["Së Néi vô", "Hµ Néi"])["Hµ Néi"]
    ('Hà Nội', ('tcvn3',))
    """
    given = list(texts)
    foreign = [text for text in given if not text.isascii()]
    name, convert = _font_encoding(foreign)
    if not name:
        return {text: repair(text) for text in given}
    found = {}
    for text in given:
        meant = text if text.isascii() else convert(text)
        repaired, done = repair(meant)
        found[text] = (repaired, ((name,) if meant != text else ()) + done)
    return found


def cell_text(value: object) -> str:
    """One cell as the text its users see; whole numbers without ``.0``, nothing for an empty cell.

    >>> cell_text(5.0), cell_text(4.5), cell_text(None), cell_text(" x")
    ('5', '4.5', '', ' x')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, (float, np.floating)):
        return "" if value != value else str(int(value)) if value.is_integer() else repr(float(value))
    if value is None or value is pd.NaT:
        return ""
    if type(value) is dt.datetime:
        return value.isoformat(" ")
    if isinstance(value, (bool, np.bool_)):
        return "TRUE" if value else "FALSE"
    return str(value)


def _font_encoding(texts: list[str]) -> tuple[str, Callable[[str], str]]:
    if looks_like_tcvn3(texts):
        return "tcvn3", from_tcvn3
    if looks_like_vni(texts):
        return "vni", from_vni
    return "", str
