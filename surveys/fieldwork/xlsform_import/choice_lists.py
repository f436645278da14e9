"""The lists of choices of a form, in its sheets ``choices`` and ``external_choices``."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from surveys.fieldwork.xlsform_import.form_sheets import SheetRow, Xlsform, XlsformSheet, numbers_of
from surveys.fieldwork.xlsform_import.languages import TwoTexts, XlsformLanguages, texts_of
from surveys.problems import Place
from surveys.vocabulary.folding import fold

_YES = frozenset({"yes", "true", "true()", "1", "x", "có", "co"})
_NO = frozenset({"no", "false", "false()", "0", "không", "khong"})
#: Headings of the sheets of choices that are read; the last three are this project's own.
READ = frozenset({"list_name", "name", "label", "autoname", "points", "satisfied", "non_answer"})


def says_yes(text: str) -> bool | None:
    """Whether a cell says yes or no; None where it says neither.

    >>> says_yes("TRUE"), says_yes("false()"), says_yes("${q} = 1")
    (True, False, None)
    """
    folded = fold(text)
    return True if folded in _YES else False if folded in _NO else None


@dataclass(frozen=True, slots=True)
class ListedChoice:
    """One option of a list: its name, its label, and the row that it stands in. ``added``: by ``or_other``."""

    name: str
    label: TwoTexts
    row: SheetRow
    added: bool = False

    @property
    def called(self) -> str:
        """What people see: the label, or the name where it has none."""
        return self.label.first or self.name

    def note(self, code: str, column: str, **params: Any) -> None:
        """Note a fault of the option."""
        self.row.place.note(code, self.row.written(column), **params)


@dataclass(frozen=True, slots=True)
class ChoiceList:
    """A list of choices by its name, in the order of the sheet. ``repeated``: a name that stood in it several times."""

    name: str
    choices: tuple[ListedChoice, ...]
    place: Place
    repeated: str = ""

    def note(self, code: str, column: str = "", **params: Any) -> None:
        """Note something of the whole list at its first row."""
        self.place.note(code, column, severity="warning", **params)


def read_lists(form: Xlsform, languages: XlsformLanguages) -> dict[str, ChoiceList]:
    """Every list by its name; rows without a name, and names that stand twice, are noted."""
    allowed = any(says_yes(row.get("allow_choice_duplicates")) for row in form["settings"].rows)
    found: dict[str, ChoiceList] = {}
    for sheet in (form["external_choices"], form["choices"]):
        rows: dict[str, list[SheetRow]] = {}
        for row in sheet.rows:
            if name := row.get("list_name"):
                rows.setdefault(name, []).append(row)
            else:
                row.place.note(
                    "xlsform_import.choice_without_list", sheet.written("list_name"), severity="warning"
                )
        for name, of_list in rows.items():
            may_repeat = allowed or sheet is form["external_choices"]  # those are always filtered
            choices = _told_apart(tuple(_choices(sheet, of_list, languages, may_repeat)), sheet)
            names = Counter(row.get("name") for row in of_list)
            repeated = next((said for said, times in names.items() if times > 1), "")
            if choices:
                found[name] = ChoiceList(name, choices, of_list[0].place, repeated)
        _note_columns(sheet)
    return found


#: The option that ``or_other`` adds to a list, and what it is called.
OTHER, OTHER_TEXTS = "other", TwoTexts("Khác", "Other")


def with_other(of: ChoiceList) -> ChoiceList:
    """A list with the option that ``or_other`` adds for every question that asks with it, unless it has one of that name."""
    if any(choice.name == OTHER for choice in of.choices):
        return of
    labels = {fold(label) for choice in of.choices for label in choice.label}
    taken = any(fold(text) in labels for text in OTHER_TEXTS)
    vi, en = (f"{text} ({OTHER})" if taken else text for text in OTHER_TEXTS)
    added = ListedChoice(OTHER, TwoTexts(vi, en), SheetRow({}, of.place), added=True)
    return dataclasses.replace(of, choices=(*of.choices, added))


def _choices(
    sheet: XlsformSheet, rows: list[SheetRow], languages: XlsformLanguages, allowed: bool
) -> Iterator[ListedChoice]:
    first: dict[str, SheetRow] = {}
    for row in rows:
        name, label = row.get("name") or row.get("autoname"), texts_of(row, "label", languages)
        if not name:
            row.place.note(
                "xlsform_import.choice_without_name", sheet.written("name"), list=row.get("list_name")
            )
            continue
        if name in first:
            params: dict[str, Any] = {
                "value": name,
                "list": row.get("list_name"),
                "first": first[name].place.row,
            }
            code, column = (
                "xlsform_import.choice_repeated" if allowed else "xlsform_import.choice_twice",
                sheet.written("name"),
            )
            row.place.note(code, column, severity="warning" if allowed else "error", **params)
            continue
        if not label.first:
            row.place.note(
                "xlsform_import.label_missing", sheet.written("label"), severity="warning", name=name
            )
        first[name] = row
        yield ListedChoice(name, label, row)


def _told_apart(choices: tuple[ListedChoice, ...], sheet: XlsformSheet) -> tuple[ListedChoice, ...]:
    """Options with the name behind the label where a list whose options are filtered by another answer has the label twice. A
    text that stands for two options otherwise is a fault: an answer could not be read back."""
    first: dict[str, ListedChoice] = {}
    found = []
    for choice in choices:
        alike = next((first[text] for text in _texts(choice) if text in first), None)
        if alike is not None and _filtered(choice) and fold(alike.name) not in _texts(choice):
            params: dict[str, Any] = {
                "label": choice.called,
                "first": alike.row.place.row,
                "name": choice.name,
            }
            choice.note("xlsform_import.label_twice", sheet.written("label"), severity="warning", **params)
            vi, en = (f"{text} ({choice.name})" if text else "" for text in choice.label)
            choice = dataclasses.replace(choice, label=TwoTexts(vi, en))
        elif alike is not None:
            shared = next(text for text in _texts(choice) if text in first)
            params = {"value": shared, "list": choice.row.get("list_name"), "first": alike.row.place.row}
            choice.note("xlsform_import.choices_alike", sheet.written("label"), **params)
        first |= {text: choice for text in _texts(choice) if text not in first}
        found.append(choice)
    return tuple(found)


def _texts(choice: ListedChoice) -> list[str]:
    return list(dict.fromkeys(fold(text) for text in (choice.name, *choice.label) if text))


def _filtered(choice: ListedChoice) -> bool:
    """Whether a row has a column of its own, by which its list may be filtered."""
    return any(h.name not in READ and not h.name.startswith("media::") for h in choice.row.cells)


def _note_columns(sheet: XlsformSheet) -> None:
    """Columns that are left out: pictures of options, columns that filter them, those of other tools."""
    for heading, written in sheet.headings.items():
        filled = [row for row in sheet.rows if heading in row.cells]
        if heading.name not in READ and filled:
            filled[0].place.note(
                "xlsform_import.left_column", written, severity="warning", rows=numbers_of(filled)
            )
