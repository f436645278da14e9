"""Forms that ask the same questions about every unit under names ``item__unit``, as this project's own forms do: a matrix."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from surveys.fieldwork.xlsform_import.choice_lists import ChoiceList
from surveys.fieldwork.xlsform_import.form_structure import AskedQuestion, QuestionGroup
from surveys.fieldwork.xlsform_import.languages import TwoTexts
from surveys.vocabulary.xml_names import xml_name

_BETWEEN = "__"


@dataclass(frozen=True)
class FoldedForm:
    """The questions of a form, those about units once. ``units``: the list of these (None where the form has no such questions);
    ``over``: the part of the form that is about one unit."""

    questions: tuple[AskedQuestion, ...]
    units: ChoiceList | None = None
    over: QuestionGroup | None = None


def folded(questions: Sequence[AskedQuestion], lists: Mapping[str, ChoiceList]) -> FoldedForm:
    """The questions with each ``item__unit`` as one ``item``, where at least two units of one list are asked about and none of
    them otherwise than the others."""
    cells = {k: parts for k, q in enumerate(questions) if (parts := _parted(q.name))}
    units = {unit for _, unit in cells.values()}
    known = next((of for of in lists.values() if units <= _names(of)), None) if len(units) > 1 else None
    if known is None or not _alike(questions, cells):
        return FoldedForm(tuple(questions))
    first = next(iter(cells.values()))[1]
    local = {f"{item}{_BETWEEN}{unit}": item for item, unit in cells.values()}
    over = _over(questions, cells, first)
    if over is None:
        return FoldedForm(tuple(questions))
    moved = _Moved(over, first)
    called = next(choice.label for choice in known.choices if xml_name(choice.name).casefold() == first)
    found = [
        dataclasses.replace(
            q, name=cells[k][0], label=_without(q.label, called), group=moved.group(q.group), local=local
        )
        if k in cells
        else q
        for k, q in enumerate(questions)
        if k not in cells or cells[k][1] == first
    ]
    kept = tuple(
        q for q in found if not (q.type.kind == "select_multiple" and q.type.list_name == known.name)
    )
    names = [q.name for q in found if q not in kept]
    row = over.row.place
    row.note(
        "xlsform_import.unit_cells",
        "name",
        severity="warning",
        list=known.name,
        name=f"{first}",
        left=", ".join(names),
    )
    return FoldedForm(kept, known, moved.unit)


def _without(label: TwoTexts, unit: TwoTexts) -> TwoTexts:
    """A label without the unit that stands in brackets behind it."""
    vi, en = (said.removesuffix(f"[{name}]").rstrip() for said, name in zip(label, unit, strict=True))
    return TwoTexts(vi, en)


def _parted(name: str) -> tuple[str, str] | None:
    item, between, unit = name.rpartition(_BETWEEN)
    return (item, unit.casefold()) if between and item.strip("_") and unit else None


def _names(of: ChoiceList) -> set[str]:
    return {xml_name(choice.name).casefold() for choice in of.choices}


def _alike(questions: Sequence[AskedQuestion], cells: Mapping[int, tuple[str, str]]) -> bool:
    """Whether every unit is asked about with the same questions of the same types."""
    by_unit: dict[str, list[tuple[str, object]]] = {}
    for k, (item, unit) in cells.items():
        by_unit.setdefault(unit, []).append((item, questions[k].type))
    asked = list(by_unit.values())
    return all(one == asked[0] for one in asked)


def _over(
    questions: Sequence[AskedQuestion], cells: Mapping[int, tuple[str, str]], first: str
) -> QuestionGroup | None:
    """The outermost group that holds all questions about the first unit and no other question."""
    about = [k for k, (_, unit) in cells.items() if unit == first]
    for group in questions[about[0]].groups:
        inside = [k for k, question in enumerate(questions) if group in question.groups]
        if inside == about:
            return group
    return None


@dataclass
class _Moved:
    """The groups of the first unit under names without it; the group over the unit becomes a repeat without a condition."""

    over: QuestionGroup
    of_unit: str
    made: dict[int, QuestionGroup] = field(default_factory=dict)

    @property
    def unit(self) -> QuestionGroup | None:
        return self.made.get(id(self.over))

    def group(self, group: QuestionGroup | None) -> QuestionGroup | None:
        if group is None or self.over not in group.line:
            return group
        if id(group) not in self.made:
            row = group.row
            if group is self.over:
                cells = {heading: text for heading, text in row.cells.items() if heading.name != "relevant"}
                row = dataclasses.replace(row, cells=cells)
            self.made[id(group)] = dataclasses.replace(
                group,
                kind="repeat" if group is self.over else group.kind,
                name=group.name.removesuffix(f"_of_{self.of_unit}").removesuffix(f"{_BETWEEN}{self.of_unit}"),
                row=row,
                outer=self.group(group.outer),
            )
        return self.made[id(group)]
