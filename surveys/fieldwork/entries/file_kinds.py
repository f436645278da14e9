"""What a file that comes in later is, told by what is in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from surveys.definitions.instrument.records import Unit
from surveys.definitions.record_building import columns_of
from surveys.definitions.study.reading import FILES
from surveys.definitions.text_files import is_file
from surveys.problems import Problems, fault, nearest
from surveys.returns.files.filled_tables import filled_table
from surveys.review.columns_and_words import (
    ENTRIES,
    EXPLANATIONS,
    FORMS,
    MAPPING,
    SECONDS,
    UNITS,
    ReviewTable,
)
from surveys.review.review_file import FilledTable

RETURNS, MAPPED, REGISTER, REVIEW = "returns", "mapping", "units", "review"
#: Kind → record of the rows of its table.
TABLES: Mapping[str, type] = {**FILES, REGISTER: Unit}
#: What may be said that a file is.
KINDS = (RETURNS, MAPPED, REVIEW, *TABLES)
_REVIEWS: tuple[ReviewTable, ...] = (EXPLANATIONS, FORMS, UNITS, ENTRIES, SECONDS)
#: Of the headings of a table and of its columns together, the share that a table has which is most likely meant.
_LIKELY = 0.6


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file and what it is: one of :data:`KINDS`; ``table``: its cells, where it is a text or a workbook that could be read;
    ``alike``: the kind of table that returns are most like, should they be none."""

    path: Path
    kind: str
    table: FilledTable | None = None
    alike: str = ""


def known_file(path: Path, kind: str = "") -> KnownFile:
    """A file with its kind, by default told by its headings: returns where these are of no other kind.

    Raises SurveyError when there is no such file, or no such kind.
    """
    if not is_file(path):
        raise fault("file.not_a_file" if path.exists() else "file.missing", file=str(path))
    if kind and kind not in KINDS:
        raise fault("add.kind", value=kind, accepted=KINDS, nearest=nearest(kind, KINDS))
    table = filled_table(path, Problems())
    if kind or table is None:
        return KnownFile(path, kind or RETURNS, table)
    if table.holds(MAPPING) and "target" in table.headings:
        return KnownFile(path, MAPPED, table)
    if review_of(table):
        return KnownFile(path, REVIEW, table)
    likely = {name: _likeness(record, table.headings - {""}) for name, record in TABLES.items()}
    best = max(likely, key=lambda name: likely[name])
    if likely[best] == 1:
        return KnownFile(path, best, table)
    return KnownFile(path, RETURNS, table, best if likely[best] >= _LIKELY else "")


def review_of(table: FilledTable) -> ReviewTable | None:
    """The review file that a table is by its headings, with the decisions of people; None where it is none."""
    return next((review for review in _REVIEWS if table.holds(review)), None)


def _likeness(record: type, headings: frozenset[str]) -> float:
    """How well headings are those of the table of a record: 1 where each is a column of it and none that is needed is missing."""
    accepted = columns_of(record).accepted
    needed = {name for name, must in accepted.items() if must}
    together = headings | needed
    return len(headings & accepted.keys()) / len(together) if together else 0.0
