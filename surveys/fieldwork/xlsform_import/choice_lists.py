"""The lists of choices of a form, in its sheets ``choices`` and ``external_choices``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from surveys.fieldwork.xlsform_import.form_sheets import SheetRow, Xlsform, XlsformSheet
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
    """One option of a list: its name, its label, and the row that it stands in."""

    name: str
    label: TwoTexts
    row: SheetRow

    @property
    def called(self) -> str:
        """What people see: the label, or the name where it has none."""
        return self.label.first or self.name

    def note(self, code: str, column: str, **params: Any) -> None:
        """Note a fault of the option."""
        self.row.place.note(code, column, **params)


@dataclass(frozen=True, slots=True)
class ChoiceList:
    """A list of choices by its name, in the order of the sheet."""

    name: str
    choices: tuple[ListedChoice, ...]
    place: Place

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
            choices = tuple(_choices(sheet, of_list, languages, allowed))
            if choices:
                found[name] = ChoiceList(name, choices, of_list[0].place)
        _note_columns(sheet)
    return found


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


def _note_columns(sheet: XlsformSheet) -> None:
    """Columns that are left out: pictures of options, columns that filter them, those of other tools."""
    for heading, written in sheet.headings.items():
        filled = [row for row in sheet.rows if heading in row.cells]
        if heading.name not in READ and filled:
            filled[0].place.note("xlsform_import.left_column", written, severity="warning", rows=len(filled))
