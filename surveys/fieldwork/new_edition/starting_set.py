"""What a new edition has where nobody says otherwise: the definitions of the folder ``starting_set``."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.instrument.records import Instrument

#: The source of what an office declares, and that of what it takes over.
DECLARED, TAKEN_OVER = "khai-bao", "khoi-dau"


@cache
def starting_set() -> Instrument:
    """The starting set as an instrument with one question.

    >>> starting_set().scales[0].values(), starting_set().groups[0].label_vi
    ((0.0, 0.25, 0.5, 0.75, 1.0), 'Người dân')
    """
    return load_instrument(Path(__file__).parent / "starting_set")
