"""A package against the same round scored from a pseudonymised copy: every number, status, count and disposition.

The copy has other files of returns, and running numbers for forms. What these change is passed over, and that is said; every
table of results must be the same to the last digit, and so must the council's.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from surveys.handover import official_columns
from surveys.handover.file_differences import content_differs, differ, keys_differ, leaves
from surveys.handover.first_faults import bounded
from surveys.handover.manifest import COUNCIL, EXCHANGE, IMPORTS, MANIFEST, WORKBOOK, read_manifest
from surveys.handover.official_columns import COUNCIL_TABLES, OfficialTable
from surveys.problems import Problem
from surveys.vocabulary.csv import records
from surveys.vocabulary.digests import digest_of
from surveys.vocabulary.folder_content import bytes_of, content_of
from surveys.vocabulary.statuses import COPY

#: Tables that are the same whatever the forms are called.
_SAME = (
    official_columns.SCORES, official_columns.UNITS, official_columns.SHARES, official_columns.UNWEIGHTED,
    official_columns.NONRESPONSE, official_columns.FUNNEL, official_columns.DIAGNOSTICS, official_columns.TREE,
    official_columns.INDEX, official_columns.INDEX_UNITS, official_columns.SUMS, official_columns.COVARIANCES,
    official_columns.AGENCIES, official_columns.TARGETS, official_columns.ANSWERS, official_columns.PROFILE,
    official_columns.DAYS, official_columns.DRIVERS, official_columns.DRIVER_MODELS,
)  # fmt: skip
#: Tables of forms, and their columns that say what a form is called and where it was read.
_OF_FORMS = {
    official_columns.WEIGHTS: ("form_code",),
    official_columns.FORMS: ("form_code", "submission", "source_file", "source_row", "form_id"),
}
#: Parts of a manifest that tell of files of returns, or of copies of submissions, which a pseudonymised copy leaves out.
_OTHERWISE = (
    "inputs", "outputs", "engine", "python", "packages", "settings.returns", "settings.fieldwork.form_codes", "decisions",
    "changed", "warnings", "counts.evaluations", f"counts.{COPY}",
)  # fmt: skip


def differences_from_copy(folder: Path, again: Mapping[str, bytes]) -> Iterator[Problem]:
    """What differs between a folder of results, a screening or a council folder on its own, and the round scored ``again``
    (path → bytes) from a copy; first the warning that inputs were not compared."""
    yield Problem("again.from_copy", "warning", file=str(folder))
    found, expected = read_manifest(folder / MANIFEST) or {}, json.loads(again[MANIFEST])
    yield from bounded(keys_differ(MANIFEST, _settings(expected), _settings(found)), file=MANIFEST)
    alone = (folder / WORKBOOK).is_file()
    inside, present = "" if alone else f"{COUNCIL}/", content_of(folder).files
    for path in (*(table.path for table in COUNCIL_TABLES), EXCHANGE, *sorted(IMPORTS)):
        yield from content_differs(folder, f"{inside}{path}", again.get(f"{COUNCIL}/{path}"), present)
    recorded = found.get("outputs")
    for table in _SAME:
        if not alone:
            yield from content_differs(folder, table.path, again.get(table.path), present)
        elif isinstance(recorded, dict) and table.path in again:
            ours, theirs = digest_of(again[table.path]), str(recorded.get(table.path, "–"))
            if ours != theirs:
                yield differ("again.output", ours, theirs, file=table.path)
    for table, unlike in _OF_FORMS.items():
        if not alone and table.path in again:
            yield from _forms_differ(folder, table, unlike, again[table.path])


def _settings(run: Mapping[str, Any]) -> dict[str, str]:
    return {key: text for key, text in leaves(run) if not key.startswith(_OTHERWISE)}


def _forms_differ(
    folder: Path, table: OfficialTable, unlike: tuple[str, ...], expected: bytes
) -> Iterator[Problem]:
    """How many rows of a table of forms are not those of the round scored again, but for the columns ``unlike``."""
    columns = [name for name in table.names if name not in unlike]
    try:
        theirs = _rows(bytes_of(folder / table.path), columns)
    except (OSError, ValueError, KeyError):
        return  # told by the checks of the folder itself
    ours = _rows(expected, columns)
    number = sum(((theirs - ours) + (ours - theirs)).values())
    if number:
        yield Problem("again.forms", file=table.path, params=(("number", str(number)),))


def _rows(content: bytes, columns: Sequence[str]) -> Counter[tuple[str, ...]]:
    """The rows of a table with these columns, without copies of submissions."""
    (_, heading), *body = records(content.decode("utf-8-sig"))
    rows = (dict(zip(heading, cells, strict=True)) for _, cells in body)
    return Counter(tuple(row[name] for name in columns) for row in rows if row.get("disposition") != COPY)
