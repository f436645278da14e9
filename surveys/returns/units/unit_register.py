"""The register of units: a text is a unit only when it is exactly one of its names after folding, its code as codes are written,
or when someone confirmed that spelling. Anything else is listed with the nearest names for a person to decide."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cached_property

import pandas as pd

from surveys.definitions.instrument.records import Unit
from surveys.definitions.study.records import StudyDefinition
from surveys.returns.text.names import Likeness, Names
from surveys.review.columns_and_words import UNITS
from surveys.vocabulary.folding import fold, fold_name, without_marks

PROPOSED = 3  # nearest units listed for each spelling
COMPARED = 5_000  # spellings whose nearest units are listed, the most frequent first; a longer list is no list of units


#: What codes have and names typed without tones do not.
_WRITTEN_AS_CODE = re.compile(r"\d|\S[-_./]\S")


class UnitRegister:
    """The units of one block during the fieldwork of a study.

    >>> units = (Unit("SNV", "so", "Sở Nội vụ", kind="Sở"), Unit("SNgV", "so", "Sở Ngoại vụ", aliases=("Ngoại vụ",)))
    >>> register = UnitRegister(units)
    >>> register.resolve("SỞ NỘI VỤ"), register.resolve("ngoại vụ"), register.resolve("So Noi vu")
    ('SNV', 'SNgV', '')
    >>> register.nearest("So Noi vu")[0]
    ('SNV', 'Sở Nội vụ', 1.0)

    A name without tones is a unit only where one name fits it; whoever asks for it has to keep its forms for review.

    >>> register.without_tones("So Noi vu"), register.without_tones("Sở Nối vụ")
    ('SNV', '')
    """

    def __init__(
        self, units: Iterable[Unit], decided: Mapping[str, str] | None = None, day: str = ""
    ) -> None:
        self.units = tuple(units)
        self._decided = {fold_name(text): code for text, code in (decided or {}).items()}
        current = [unit for unit in self.units if not (day and "" < unit.valid_to < day)]
        self._names = Names((name, unit.code) for unit in current for name in _names(unit))
        self._codes = {_as_code(unit.code): unit.code for unit in current}
        self._toneless: dict[str, dict[str, str]] = {}
        for unit in current:
            for name in filter(None, _names(unit)):
                self._toneless.setdefault(without_marks(name), {})[fold_name(name)] = unit.code

    @cached_property
    def _unmarked(self) -> dict[str, list[Unit]]:
        found: dict[str, list[Unit]] = {}
        for unit in self.units:
            for name in dict.fromkeys(without_marks(name) for name in _spellings(unit) if name):
                found.setdefault(name, []).append(unit)
        return found

    @cached_property
    def _likeness(self) -> Likeness:
        return Likeness(self._unmarked)

    @cached_property
    def _by_code(self) -> dict[str, Unit]:
        return {unit.code: unit for unit in self.units}

    def resolve(self, text: str, among_codes: bool = False) -> str:
        """The code of the unit, or ``""`` when the text is not exactly one unit of the register.

        A code counts where it is written as codes are (with digits or signs, without spaces) or cannot be a name of another
        unit without its tones; ``among_codes``: in a column that holds codes throughout, everywhere.
        """
        if self.is_decided(text):
            return self._decided[fold_name(text)]
        coded = self._codes.get(_as_code(text), "")
        named = set(self._names.find(text))
        if coded and (among_codes or named == {coded}):
            return coded
        if named:
            return named.pop() if len(named) == 1 and not coded else ""
        return coded if _WRITTEN_AS_CODE.search(text) or self._may_mean(text) <= {coded} else ""

    def is_code(self, text: str) -> bool:
        """Whether a text is the code of a unit, however it may be read otherwise."""
        return _as_code(text) in self._codes

    def called(self, text: str) -> list[str]:
        """The codes of every unit of which a text is a name or the code, in the order of their codes."""
        return sorted({*self._names.find(text), *filter(None, [self._codes.get(_as_code(text))])})

    def without_tones(self, text: str) -> str:
        """The code of the only unit whose name a text gives when it leaves out tones or diacritics; ``""`` when there is none,
        or two, or when someone decided about the spelling."""
        found = set() if self.is_decided(text) else self._may_mean(text)
        return found.pop() if len(found) == 1 else ""

    def _may_mean(self, text: str) -> set[str]:
        """Units of which a text is a name, but for tones and diacritics that it leaves out: those it has are the name's own."""
        written = fold_name(text)
        known = self._toneless.get(without_marks(text), {})
        return {code for name, code in known.items() if _leaves_out_marks(written, name)}

    def ends_name(self, text: str) -> bool:
        """Whether a text is a name of a unit, or its last words (``An Bình`` of ``Xã An Bình``)."""
        return fold_name(text) in self._endings

    @cached_property
    def _endings(self) -> frozenset[str]:
        names = (name.split(" ") for names in self._toneless.values() for name in names)
        return frozenset(" ".join(words[k:]) for words in names for k in range(len(words)))

    def is_decided(self, text: str) -> bool:
        """Whether someone already said what this spelling is, even that it is no unit."""
        return bool(self._decided) and fold_name(text) in self._decided

    def nearest(self, text: str) -> list[tuple[str, str, float]]:
        """The nearest units as (code, name, similarity), the most alike first; the successors of a unit that has ended
        stand in its place. Only ever proposed."""
        known, found = self._by_code, dict[str, tuple[str, str, float]]()
        likely = self._likeness.likest(text, 4 * PROPOSED)
        for unit, similarity in ((unit, like) for name, like in likely for unit in self._unmarked[name]):
            has_ended = _as_code(unit.code) not in self._codes
            for code in unit.successors if has_ended and unit.successors else (unit.code,):
                if code in known:
                    found.setdefault(code, (code, known[code].name_vi, similarity))
        return list(found.values())[:PROPOSED]


def unit_names(units: Iterable[Unit]) -> Names[str]:
    """Every spelling of units, for their codes."""
    return Names((name, unit.code) for unit in units for name in _spellings(unit))


def registers(study: StudyDefinition) -> dict[str, UnitRegister]:
    """One register for each block, with the confirmed spellings of the study."""
    return {
        block.code: UnitRegister(
            [unit for unit in study.units if unit.block == block.code],
            {known.text: known.unit_code for known in study.unit_decisions if known.block == block.code},
            study.fieldwork.start,
        )
        for block in study.instrument.blocks
    }


def proposals(texts: Mapping[tuple[str, str], int], registers: Mapping[str, UnitRegister]) -> pd.DataFrame:
    """Spellings not resolved, (block, text) → forms, as rows to be decided: up to three nearest units for each.

    Likeness decides nothing: every row's decision is empty. Beyond ``COMPARED`` spellings they are listed without proposals.
    """
    rows, open_yet = [], [""] * len(UNITS.filled)
    for k, (block, text, forms) in enumerate(
        sorted(undecided(texts, registers), key=lambda said: (said[0], -said[2], said[1]))
    ):
        nearest = registers[block].nearest(text) if k < COMPARED else []
        rows += [(block, text, forms, *found, *open_yet) for found in nearest or [("", "", 0.0)]]
    return pd.DataFrame(rows, columns=list(UNITS.columns))


def undecided(
    texts: Mapping[tuple[str, str], int], registers: Mapping[str, UnitRegister]
) -> list[tuple[str, str, int]]:
    """Block, text and forms of the spellings about which nobody decided."""
    return [(*said, forms) for said, forms in texts.items() if not registers[said[0]].is_decided(said[1])]


def _spellings(unit: Unit) -> tuple[str, ...]:
    return unit.code, *_names(unit)


def _names(unit: Unit) -> tuple[str, ...]:
    """Every name of a unit. The kind is added in front, never taken away: two units may differ by it alone."""
    kind = (f"{unit.kind} {unit.name_vi}",) if unit.kind else ()
    return (unit.name_vi, unit.name_en, *unit.aliases, *kind)


def _as_code(text: str) -> str:
    """The form under which codes are compared: letter case and the sign between their parts do not count, spaces do."""
    return fold(text).replace("_", "-")


def _leaves_out_marks(written: str, name: str) -> bool:
    """Whether a folded text is a folded name, but for marks that it leaves out.

    >>> _leaves_out_marks("tan hòa", "tân hòa"), _leaves_out_marks("tân hóa", "tân hòa")
    (True, False)
    """
    parts = [unicodedata.normalize("NFD", text.replace("đ", "d\u0335")) for text in (written, name)]
    left, marks = (re.findall(r"(.)([\u0300-\u036f]*)", text) for text in parts)
    return len(left) == len(marks) and all(
        one == other and set(said) <= set(meant)
        for (one, said), (other, meant) in zip(left, marks, strict=True)
    )
