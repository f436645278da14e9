"""What the parts of an instrument are called in XML forms: names that no two of them share, by which exports are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from surveys.definitions.instrument.records import Instrument, Unit
from surveys.definitions.instrument.yes_or_no import yes_or_no
from surveys.returns.headings.question_texts import split_part
from surveys.vocabulary.folding import fold_name
from surveys.vocabulary.xml_names import TAKEN, cell_name, xml_names


class FormNames:
    """The names of the ``fields`` and ``items`` of an instrument and of ``units`` of one block, by their codes; ``questions``:
    item that is an option of a question with several answers → the question's name.

    >>> from surveys.definitions.instrument.reading import load_instrument
    >>> names = FormNames(load_instrument("ha-noi/2023"), ())
    >>> names.fields["own_unit"], names.items["2.4.1a"], names.part("about"), names.part("about")
    ('own_unit', '_2_4_1a', 'about', 'about_2')
    """

    def __init__(self, instrument: Instrument, units: Iterable[Unit]) -> None:
        asked = options_of(instrument)
        fields, items = [field.code for field in instrument.fields], [item.code for item in instrument.items]
        firsts = list(dict.fromkeys(asked.values()))
        codes = [*fields, *items, *(f"{first}_options" for first in firsts)]
        found = list(xml_names(codes, TAKEN))
        self.fields = dict(zip(fields, found, strict=False))
        self.items = dict(zip(items, found[len(fields) :], strict=False))
        of_first = dict(zip(firsts, found[len(fields) + len(items) :], strict=True))
        self.questions: Mapping[str, str] = {item: of_first[first] for item, first in asked.items()}
        of_block = [unit.code for unit in units]
        self.units = dict(zip(of_block, xml_names(of_block), strict=True))
        self._used = {name.casefold() for name in found}.union(TAKEN)

    def cell(self, item: str, unit: str) -> str:
        """What an item of a unit is called."""
        return cell_name(self.items[item], self.units[unit])

    def part(self, name: str) -> str:
        """A name for a part of a form that is no question: as wished for, with a number where something is called so already."""
        (free,) = xml_names([name], self._used)
        self._used.add(free.casefold())
        return free


def options_of(instrument: Instrument) -> dict[str, str]:
    """Each item that is an option of a question with several answers → the first item of that question."""
    firsts: dict[str, str] = {}
    found = {}
    for item in instrument.items:
        parts = split_part(item.text_vi) if yes_or_no(instrument.scale_of(item.code)) else None
        if parts:
            found[item.code] = firsts.setdefault(fold_name(parts[0]), item.code)
    return found
