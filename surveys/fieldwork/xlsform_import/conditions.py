"""When a question is asked: the column ``relevant`` of it and of its groups as one earlier item and the answers that open it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from surveys.definitions.field_types import Condition
from surveys.fieldwork.xlsform_import.expressions import NotUnderstood, Term, holds, parsed, references
from surveys.fieldwork.xlsform_import.form_sheets import SheetRow
from surveys.fieldwork.xlsform_import.purposes import Purposes
from surveys.problems import nearest, shortened


@dataclass
class Conditions:
    """The conditions of the questions before. ``codes``: place of a question → the code of its item; ``options``: place of a
    question with several answers → name of an option → the code of its item; ``when``: item → the condition it has."""

    purposes: Purposes
    codes: Mapping[int, str]
    options: Mapping[int, Mapping[str, str]]
    when: dict[str, Condition | None] = field(default_factory=dict)
    told: set[tuple[int | None, str]] = field(default_factory=set)

    def of(self, k: int) -> Condition | None:
        """The condition of a question; what cannot be said by one earlier item is told and left out."""
        question = self.purposes.questions[k]
        found: list[Condition] = []
        for row in (*(group.row for group in question.groups), question.row):
            text = row.get("relevant")
            condition = self._meant(k, row) if text else None
            if condition and condition not in found:
                found.append(condition)
        needed = [condition for condition in found if not self._implied(condition, found)]
        if len(needed) < 2:
            return needed[0] if needed else None
        item = needed[-1][0]
        if all(code == item for code, _ in needed):
            common = tuple(level for level in needed[-1][1] if all(level in levels for _, levels in needed))
            if common:
                return item, common
        self._tell(question.row, "xlsform_import.condition_several", kept=item)
        return needed[-1]

    def _implied(self, condition: Condition, found: list[Condition]) -> bool:
        """Whether a condition holds already for everybody who was asked the question of another one."""
        return any(condition in self._above(other[0]) for other in found if other != condition)

    def _above(self, item: str) -> Iterator[Condition]:
        above = self.when.get(item)
        while above:
            yield above
            above = self.when.get(above[0])

    def _tell(self, row: SheetRow, code: str, **params: str) -> None:
        """Tell once what is left out of the condition of a row."""
        if (row.place.row, code) not in self.told:
            self.told.add((row.place.row, code))
            told = {"name": row.get("name"), "text": shortened(row.get("relevant")), **params}
            row.place.note(code, row.written("relevant"), severity="warning", **told)

    def _meant(self, k: int, row: SheetRow) -> Condition | None:
        question, text = self.purposes.questions[k], row.get("relevant")
        names = references(text)
        try:
            term = parsed(text)
            if not names:
                if not holds(term, {}):
                    self._tell(row, "xlsform_import.condition_never")
                return None
        except NotUnderstood:
            self._tell(row, "xlsform_import.condition_complex")
            return None
        asked = self._place(question.local.get(names[0], names[0]), k)
        if len(names) > 1 or asked is None or asked not in (*self.codes, *self.options):
            why = "xlsform_import.condition_complex" if len(names) > 1 else "xlsform_import.condition_other"
            self._tell(row, why, asked=", ".join(names))
            return None
        try:
            chosen = self._of_several if asked in self.options else self._of_one
            return chosen(row, asked, names[0], term)
        except NotUnderstood:
            self._tell(row, "xlsform_import.condition_complex")
            return None

    def _place(self, name: str, before: int) -> int | None:
        """The last question of a name before another one."""
        places = (k for k in range(before - 1, -1, -1) if self.purposes.questions[k].name == name)
        return next(places, None)

    def _of_one(self, row: SheetRow, asked: int, name: str, term: Term) -> Condition | None:
        """The levels for which the condition holds."""
        scale = self.purposes.scale[asked]
        named = {level.code: next(iter(level.aliases), level.code) for level in scale.levels}
        others = {other.code: next(iter(other.aliases), other.code) for other in scale.non_answers}
        self._tell_unknown(row, term, (*named.values(), *others.values()))
        opening = tuple(code for code, said in named.items() if holds(term, {name: said}))
        if not opening:
            reason = any(holds(term, {name: said}) for said in ("", *others.values()))
            self._tell(
                row,
                "xlsform_import.condition_other" if reason else "xlsform_import.condition_never",
                asked=name,
            )
            return None
        return self.codes[asked], opening

    def _of_several(self, row: SheetRow, asked: int, name: str, term: Term) -> Condition | None:
        """The one option that has to be chosen, or not to be: every other combination of options is told."""
        items = self.options[asked]
        self._tell_unknown(row, term, tuple(items))
        every, said = tuple(items), set(_constants(term))
        others = [option for option in every if option not in said]
        told_of = (*(option for option in every if option in said), *others[:1])
        tried = [(), every, *((one,) for one in told_of), *(_without(told_of, one) for one in told_of)]
        results = [(set(chosen), holds(term, {name: " ".join(chosen)})) for chosen in tried]
        for option in told_of:
            for level, when_chosen in (("1", True), ("0", False)):
                if all((option in chosen) == (result == when_chosen) for chosen, result in results):
                    return items[option], (level,)
        if not any(result for _, result in results):
            self._tell(row, "xlsform_import.condition_never")
        else:
            self._tell(row, "xlsform_import.condition_complex")
        return None

    def _tell_unknown(self, row: SheetRow, term: Term, known: tuple[str, ...]) -> None:
        """Tell an answer in a condition that the list does not have."""
        for text in _constants(term):
            if text not in known:
                self._tell(row, "xlsform_import.condition_option", value=text, nearest=nearest(text, known))


def _without(options: tuple[str, ...], one: str) -> tuple[str, ...]:
    return tuple(option for option in options if option != one)


def _constants(term: Term) -> Iterator[str]:
    """Texts that a reference is compared with."""
    compared = term.kind in ("=", "!=", "selected") and any(part.kind == "ref" for part in term.parts)
    for part in term.parts:
        if compared and part.kind == "constant" and isinstance(part.value, str) and part.value:
            yield part.value
        yield from _constants(part)
