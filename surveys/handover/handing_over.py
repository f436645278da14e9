"""What is handed over: the council's folder of results, byte for byte, and beside it, where it is wanted, a record of that.

The record stands in the checksums but outside the fingerprint, which it shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from surveys.handover import official_columns
from surveys.handover.fingerprint import fingerprint_of
from surveys.handover.folder import write_folder
from surveys.handover.manifest import (
    COUNCIL,
    MANIFEST,
    RECORD,
    SUMS,
    digests_of,
    read_sums,
)
from surveys.handover.official_kinds import council_tables
from surveys.handover.round_results import verified_run
from surveys.handover.seal import sealed
from surveys.handover.workbook_facts import WorkbookFacts, facts_of_run
from surveys.problems import fault
from surveys.vocabulary.columns import CELL_COLUMNS, FUNNEL_COLUMNS

_COUNTS = FUNNEL_COLUMNS[len(CELL_COLUMNS) :]


@dataclass(frozen=True)
class HandedOver:
    """What is handed over of a round: the ``files`` of the council (path → bytes) and what is said of them. ``forms``: forms that
    came back; ``counts``: evaluations issued, returned, valid, …; ``units`` and how many of them are ``ranked``."""

    files: Mapping[str, bytes]
    facts: WorkbookFacts
    forms: int
    counts: Mapping[str, int]
    units: int
    ranked: int

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the files, in groups."""
        return fingerprint_of(digests_of(self.files))


def read_results(results: Path) -> HandedOver:
    """The council's part of a folder of results that verifies.

    Raises SurveyError with everything that is wrong when it does not, or when the folder holds no results with a council's part.
    """
    _, run, kind, settings, tables = verified_run(results)
    council = results / COUNCIL
    funnel, units = tables[official_columns.FUNNEL.name], tables[council_tables(kind)[1].name]
    try:
        facts, forms = facts_of_run(run, settings, {}), int(run["counts"]["forms"])
    except (KeyError, TypeError, ValueError, AttributeError):
        raise fault("verify.no_manifest", file=str(results / MANIFEST)) from None
    listed = sorted(read_sums(council / SUMS))
    files = {path: (council / path).read_bytes() for path in listed}
    counts = {name: int(funnel.number(name).sum()) for name in _COUNTS}
    return HandedOver(files, facts, forms, counts, len(units), int((units.text("rank") != "").sum()))


def deliver_handover(handed: HandedOver, out: Path, record: bytes | None = None) -> None:
    """Write what is handed over at ``out``, with the ``record`` (a Word document) where there is one: all of it, or nothing.

    Raises SurveyError when ``out`` must not be replaced (see :func:`surveys.handover.folder.write_folder`).
    """
    beside = {} if record is None else {RECORD: record}
    write_folder(out, sealed({**handed.files, **beside}))


def refuse_within(results: Path, out: Path) -> None:
    """Raise SurveyError where one of two folders lies in the other, or both are one."""
    one, other = results.resolve(), out.resolve()
    if one.is_relative_to(other) or other.is_relative_to(one):
        raise fault("handover.out_within", file=str(out), results=results)
