"""The columns of the returns that are no questions: those of the tool, and the attributes of respondents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from surveys.definitions.csv_tables import Row
from surveys.definitions.instrument.records import Field
from surveys.definitions.record_building import is_code
from surveys.fieldwork.new_edition.filled_sheets import OfficeRows
from surveys.fieldwork.new_edition.named_entries import NamedEntries, code_from, made_codes, parts, word
from surveys.fieldwork.new_edition.office_sheets import GENERAL
from surveys.fieldwork.new_edition.starting_set import starting_set
from surveys.problems import Problems, shortened
from surveys.vocabulary.folding import fold
from surveys.vocabulary.roles import FIELD_ROLES

#: The columns that the sheet of general facts names, by the role of what they hold.
_GENERAL = {"submitted": "time_heading", "unit": "unit_heading"}


def fields_of(rows: OfficeRows, told: Problems) -> tuple[Field, ...]:
    """The fields: time and unit, as they are called or as the starting set calls them; other columns of the tool; attributes."""
    general = next(iter(rows.get(GENERAL, ())))
    found: list[Field] = []
    own = _of_tool(rows.get("tool_columns", ()))
    declared = {field.role for field in own}
    for standard in starting_set().fields:
        if standard.role in declared:
            continue
        heading = general[_GENERAL[standard.role]]
        if not heading:
            told.add(f"new.told.{standard.role}", severity="warning", headings=list(standard.headers))
            found.append(standard)
        else:
            label = standard.label_vi if standard.role == "submitted" else heading
            found.append(replace(standard, headers=tuple(parts(heading)), label_vi=label))
    found += own
    found += _attributes(rows.get("respondents", ()), {field.code for field in found})
    _note_doubles(found, [*rows.get("tool_columns", ()), *rows.get("respondents", ())], general)
    return tuple(found)


def _of_tool(rows: Sequence[Row]) -> list[Field]:
    found: list[Field] = []
    for row in rows:
        said = word(row, "holds", FIELD_ROLES)
        role = next((role for role in FIELD_ROLES if role == said), None)
        if row["code"] and not is_code(row["code"]):
            row.place.note("record.bad_code", "code", value=shortened(row["code"]))
        if role is not None:
            code = row["code"] or code_from(role.replace("_", " "), {field.code for field in found}).replace(
                "-", "_"
            )
            found.append(Field(code, role, tuple(parts(row["heading"])), label_vi=parts(row["heading"])[0]))
    return found


def _attributes(rows: Sequence[Row], taken: set[str]) -> list[Field]:
    """What is asked of respondents: the options as categories, coded by their names."""
    entries, found = NamedEntries(), []
    for row, made in zip(rows, made_codes(rows, "heading", "thuoc-tinh"), strict=True):
        code = entries.add(row, "heading", made if made not in taken else f"{made}-nguoi-tra-loi")
        options = parts(row["options"])
        codes: list[str] = []
        for option in options:
            if fold(option) in map(fold, options[: len(codes)]):
                row.place.note("new.twice", "options", value=option, first="")
            codes.append(code_from(option, codes, otherwise="muc"))
        categories = tuple((own, (option,)) for own, option in zip(codes, options, strict=True))
        found.append(Field(code, "attribute", (row["heading"],), categories, row["heading"], row["name_en"]))
    return found


def _note_doubles(fields: Sequence[Field], rows: Sequence[Row], general: Row) -> None:
    """A heading is that of one column."""
    seen: set[str] = set()
    for field in fields:
        for heading in field.headers:
            if fold(heading) in seen:
                row = next(
                    (one for one in rows if fold(heading) in map(fold, parts(one["heading"]))), general
                )
                row.place.note("new.twice", "heading", value=heading, first="")
            seen.add(fold(heading))
