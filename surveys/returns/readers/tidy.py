"""The tidy returns that this project writes (CSV, Parquet, .sav). What they say about where a form came from is kept, so that
what is written and read again is the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from surveys.returns.files.sheets import Sheet
from surveys.returns.headings.form_table import FormTable, heading_texts
from surveys.returns.headings.questions import Vocabulary
from surveys.returns.readers import native, statistical
from surveys.returns.record_set import PROVENANCE, ROLE_COLUMNS
from surveys.returns.writing import spss_names

_SIGNATURE = frozenset({"unit_text", "source_file", "source_sheet", "source_row", "identified"})


def recognise(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> int:
    """100 when the only sheet says of every row which row of which file it was; otherwise 0."""
    if len(sheets) != 1 or not sheets[0].cells.size:
        return 0
    return 100 if set(heading_texts(sheets[0], 0)) >= _SIGNATURE else 0


def read(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> list[FormTable]:
    """The one table, the columns that stand for no field of the instrument apart."""
    (table,) = (statistical if sheets[0].variables else native).read(sheets, vocabulary)
    stated = {c.heading: c for c in table.columns if c.heading in PROVENANCE}
    coded = _codes(vocabulary)
    others = [
        dataclasses.replace(c, names=(coded[c.heading],), text="") if c.variable and c.heading in coded else c
        for c in table.columns
        if c.heading not in stated
    ]
    roles = {c.heading: c for c in others if c.heading in ROLE_COLUMNS and not vocabulary.targets(c)}
    columns = tuple(c for c in others if c.heading not in roles)
    return [dataclasses.replace(table, columns=columns, roles=roles, stated=stated)]


def _codes(vocabulary: Vocabulary) -> dict[str, str]:
    """Variable name → field or item, as the names of variables are made when returns are written."""
    fields = (field.code for field in vocabulary.instrument.fields)
    names = spss_names([*fields, *ROLE_COLUMNS, *PROVENANCE, *(item.code for item in vocabulary.items)])
    return {name: code for code, name in names.items()}
