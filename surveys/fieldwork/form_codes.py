"""Codes of the forms of a plan: questionnaire, number of the unit, serial number, check character.

    HUYEN-5-01-0012-I

The unit is its number in the register of its block (00: the form rates every unit). Letters are upper case; hyphens are there to
be read and do not count. A plan that wants more forms of a cell keeps the codes of those it had.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from surveys.definitions.instrument.records import Instrument, Unit
from surveys.vocabulary.check_characters import HYPHEN, characters_of, check_character

_SERIAL_DIGITS, _UNIT_DIGITS = 4, 2
_NO_PART_OF_CODES = re.compile("[^A-Z0-9]+")


def prefixes(instrument: Instrument) -> Mapping[str, str]:
    """Questionnaire → the part of its codes that names it: its own code, or its number where two codes would look alike.

    >>> from surveys.definitions.instrument.reading import load_instrument
    >>> prefixes(load_instrument("ha-noi/2023"))["huyen-5"]
    'HUYEN-5'
    """
    named = {q.code: _NO_PART_OF_CODES.sub(HYPHEN, q.code.upper()) for q in instrument.questionnaires}
    alike = Counter(characters_of(name) for name in named.values())
    return {
        code: name if alike[characters_of(name)] == 1 else f"Q{k:02d}"
        for k, (code, name) in enumerate(named.items(), 1)
    }


def unit_numbers(units: Iterable[Unit]) -> Mapping[tuple[str, str], str]:
    """Block and unit → the number of the unit in the register of its block; of no unit: zeros."""
    found: dict[tuple[str, str], int] = {}
    in_block = Counter[str]()
    for unit in units:
        in_block[unit.block] += 1
        found[unit.block, unit.code] = in_block[unit.block]
    width = max([_UNIT_DIGITS, *(len(str(n)) for n in in_block.values())])
    whole = {(block, ""): "0" * width for block in in_block}
    return {key: f"{number:0{width}d}" for key, number in found.items()} | whole


def form_code(prefix: str, unit: str, serial: int) -> str:
    """One code.

    >>> form_code("HUYEN-5", "01", 12)
    'HUYEN-5-01-0012-I'
    """
    written = HYPHEN.join((prefix, unit, f"{serial:0{_SERIAL_DIGITS}d}"))
    return f"{written}{HYPHEN}{check_character(written)}"
