"""What a file that comes in later is, told by what is in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from surveys.definitions.csv_tables import TableColumns, csv_lines
from surveys.definitions.instrument.records import Unit
from surveys.definitions.record_building import columns_of
from surveys.definitions.study.reading import FILES
from surveys.definitions.text_files import is_file
from surveys.problems import Place, Problems, fault, nearest
from surveys.returns.files.filled_tables import filled_table
from surveys.returns.files.kinds import HEAD, is_text
from surveys.review.columns_and_words import (
    ENTRIES,
    EXPLANATIONS,
    FORMS,
    MAPPING,
    SECONDS,
    UNITS,
    ReviewTable,
)
from surveys.review.review_file import HEADINGS, FilledTable

RETURNS, MAPPED, REGISTER, REVIEW = "returns", "mapping", "units", "review"
#: Kind → record of the rows of its table.
TABLES: Mapping[str, type] = {**FILES, REGISTER: Unit}
#: What may be said that a file is.
KINDS = (RETURNS, MAPPED, REVIEW, *TABLES)
_REVIEWS: tuple[ReviewTable, ...] = (EXPLANATIONS, FORMS, UNITS, ENTRIES, SECONDS)
#: Every heading that tells what a table is.
_KNOWN = dict.fromkeys(
    (*HEADINGS, *(name for record in TABLES.values() for name in columns_of(record).accepted)), False
)
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
    beginning = None if kind else _beginning(path)
    alike = ""
    if beginning:
        likely = {name: _likeness(record, beginning.headings - {""}) for name, record in TABLES.items()}
        best = max(likely, key=lambda name: likely[name])
        alike = best if likely[best] >= _LIKELY else ""
        kind = _kind_of(beginning) or (best if likely[best] == 1 else RETURNS)
    kind = kind or RETURNS
    is_table = kind not in (RETURNS, MAPPED) or bool(alike)
    return KnownFile(path, kind, filled_table(path, Problems()) if is_table else None, alike)


def _beginning(path: Path) -> FilledTable | None:
    """A table that tells by its headings what it is: of a text, which may be long, no more than these."""
    top = Place(Problems(), path.name)
    with open(path, "rb") as file:
        if not is_text(file.read(HEAD)):
            return filled_table(path, top.problems)
    lines, _ = csv_lines(path, TableColumns(_KNOWN, guarded=True), top)
    return None if lines is None else FilledTable(top, list(islice(lines, 1)))


def _kind_of(table: FilledTable) -> str:
    """Whether a table is one in which people decide; empty where it is not."""
    if table.holds(MAPPING) and "target" in table.headings:
        return MAPPED
    return REVIEW if review_of(table) else ""


def review_of(table: FilledTable) -> ReviewTable | None:
    """The review file that a table is by its headings, with the decisions of people; None where it is none."""
    return next((review for review in _REVIEWS if table.holds(review)), None)


def _likeness(record: type, headings: frozenset[str]) -> float:
    """How well headings are those of the table of a record: 1 where each is a column of it and none that is needed is missing."""
    accepted = columns_of(record).accepted
    needed = {name for name, must in accepted.items() if must}
    together = headings | needed
    return len(headings & accepted.keys()) / len(together) if together else 0.0
