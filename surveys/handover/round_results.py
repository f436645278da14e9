"""A round as it was written, for reports: the council's tables as printed, its instrument, and what its record says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from surveys.definitions.instrument.records import Instrument
from surveys.definitions.record_building import is_code
from surveys.handover import official_columns
from surveys.handover.fingerprint import fingerprint
from surveys.handover.manifest import COUNCIL, MANIFEST, read_manifest
from surveys.handover.official_kinds import council_tables, kind_of_run
from surveys.handover.read_back import PrintedTable, RunSettings, settings_of
from surveys.handover.rounds import instrument_of_results
from surveys.handover.verification import verified_tables
from surveys.handover.words import label_of
from surveys.problems import Problems, fault
from surveys.vocabulary.council_tables import IndexKind


@dataclass(frozen=True)
class RoundResults:
    """A folder of results that verified: the council's ``scores`` and ``units`` of its ``kind`` of index, the ``funnel``, of an
    index with the council's half the ``maxima`` of each half by unit, the ``run`` as recorded, and the fingerprint."""

    scores: PrintedTable
    units: PrintedTable
    funnel: PrintedTable
    maxima: PrintedTable | None
    kind: IndexKind
    run: Mapping[str, Any]
    settings: RunSettings
    instrument: Instrument
    fingerprint: str

    @property
    def explained_by(self) -> str:
        """The last day on which units could explain; empty where none is set."""
        dates = self.run["settings"].get("assessment", {})
        return str(dates.get("explained_by", "")) if isinstance(dates, Mapping) else ""

    @property
    def class_names(self) -> Mapping[str, str]:
        """Code of a class of results → its name."""
        return {one.code: label_of(one, self.settings.output.language) for one in self.settings.classes}


class VerifiedRun(NamedTuple):
    """The record of a round with scores in a ``folder`` that verified, with the kind of index and the settings that it tells, and
    its ``tables`` by their names."""

    folder: Path
    run: Mapping[str, Any]
    kind: IndexKind
    settings: RunSettings
    tables: Mapping[str, PrintedTable]


def read_results_of_round(results: Path) -> RoundResults:
    """The results of a round with scores.

    Raises SurveyError with everything that is wrong when the folder does not verify, or when it holds no results with a council's
    part.
    """
    return results_of_round(verified_run(results))


def results_of_round(verified: VerifiedRun) -> RoundResults:
    """The results of a folder that was verified."""
    results, run, kind, settings, tables = verified
    scores, units = (tables[table.name] for table in council_tables(kind)[:2])
    for unit in units.frame[["block", "unit_code"]].itertuples(index=False, name=None):
        if not all(map(is_code, unit)):
            raise fault("sheets.unit_code", file=str(results / units.path), unit="/".join(unit))
    return RoundResults(
        scores,
        units,
        tables[official_columns.FUNNEL.name],
        tables[official_columns.INDEX_UNITS.name] if kind.council else None,
        kind,
        run,
        settings,
        instrument_of_results(results, run),
        fingerprint(results),
    )


def verified_run(results: Path, *, with_copies: bool = True) -> VerifiedRun:
    """A folder of a round with scores, verified; ``with_copies``: with what repeats its tables in other forms.

    Raises SurveyError with everything that is wrong when the folder does not verify, or when it holds no results with a council's
    part.
    """
    problems = Problems()
    found, tables = verified_tables(results, with_copies=with_copies)
    problems.extend(found)
    problems.raise_errors()
    if not (results / COUNCIL).is_dir():
        raise fault("handover.no_council", file=str(results), council=COUNCIL)
    run = read_manifest(results / MANIFEST) or {}
    kind, settings = kind_of_run(run), settings_of(run, MANIFEST, problems)
    if kind is None or settings is None:
        raise fault("verify.no_manifest", file=str(results / MANIFEST))
    return VerifiedRun(results, run, kind, settings, tables)
