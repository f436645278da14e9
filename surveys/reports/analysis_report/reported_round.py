"""Everything that the analysis report of a round may quote: its tables as printed, and what the instrument calls things."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import Instrument
from surveys.definitions.study.records import Output
from surveys.gap_report import Gaps
from surveys.handover.official_columns import (
    CHANGES,
    COUNCIL_SCORES,
    COUNCIL_UNITS,
    INDEX_UNITS,
    TABLES,
    OfficialTable,
)
from surveys.handover.official_kinds import council_tables
from surveys.handover.read_back import PrintedTable, read_printed
from surveys.handover.result_frames import printed
from surveys.handover.round_results import RoundResults, VerifiedRun, results_of_round
from surveys.handover.words import unit_name, words_of
from surveys.problems import Language, Problems
from surveys.reports.analysis_report.quoting import Quoted
from surveys.reports.unit_changes import UnitChanges, unit_changes
from surveys.reports.unit_figures import Key as UnitKey
from surveys.reports.unit_figures import UnitFigures, unit_figures
from surveys.vocabulary.remarks import reworded

#: Tables of a folder of results that a report quotes where the folder has them, beside those of the council.
_QUOTED = (
    "scores", "units", "index", "index-units", "sums", "shares", "funnel", "weight-diagnostics", "agencies", "targets",
    "headlines", "explanations", "agreement", "answers", "respondent-profile", "days", "drivers", "driver-models",
)  # fmt: skip


@dataclass(frozen=True)
class RoundNames:
    """What the codes of a round are called in a language; a code without a name stays."""

    instrument: Instrument
    language: Language
    units: Mapping[tuple[str, str], str]

    @cached_property
    def _words(self) -> Mapping[str, Mapping[str, str]]:
        kinds = ("block", "group", "questionnaire", "node")
        return {kind: words_of(kind, self.instrument, self.language) for kind in kinds}

    def block(self, code: str) -> str:
        return self._words["block"].get(code, "") or code

    def group(self, code: str) -> str:
        return self._words["group"].get(code, "") or code

    def questionnaire(self, code: str) -> str:
        return self._words["questionnaire"].get(code, "") or code

    def node(self, code: str) -> str:
        return self._words["node"].get(code, "") or code

    def unit(self, block: str, code: str) -> str:
        return self.units.get((block, code), "") or code

    def item(self, code: str) -> str:
        """The text of a question."""
        item = self.instrument.item.get(code)
        return _in(self.language, item, "text") or code

    def level(self, item: str, code: str) -> str:
        """The label of an answer to a question."""
        asked = self.instrument.item.get(item)
        levels = self.instrument.scale[asked.scale].levels if asked is not None else ()
        return (
            next((_in(self.language, level, "label") for level in levels if str(level.code) == code), "")
            or code
        )


@dataclass(frozen=True)
class ReportedRound:
    """A round as its report tells of it, in the ``language`` of the report.

    * ``results``: the council's tables; ``tables``: every table that may be quoted by its official name, ``gaps``,
      ``gap-sums`` and, where there is an earlier round, ``changes`` among them.
    * ``previous``: the label of the earlier round, empty where there is none; ``not_compared``: why it is not compared.
    * ``figures``: keys of the figures that can be drawn.
    """

    results: RoundResults
    language: Language
    names: RoundNames
    tables: Mapping[str, PrintedTable]
    gaps: Gaps
    previous: str = ""
    not_compared: str = ""
    figures: frozenset[str] = field(default=frozenset())

    @property
    def run(self) -> Mapping[str, Any]:
        """The record of the run."""
        return self.results.run

    @property
    def instrument(self) -> Instrument:
        return self.results.instrument

    @property
    def output(self) -> Output:
        return self.results.settings.output

    @property
    def label(self) -> str:
        """What the study is called."""
        return label_of_run(self.run, self.language)

    @cached_property
    def blocks(self) -> tuple[str, ...]:
        """The blocks that have units in the round, in the order of the instrument."""
        held = set(self.results.units.frame["block"])
        declared = [block.code for block in self.instrument.blocks if block.code in held]
        return tuple(dict.fromkeys([*declared, *self.results.units.frame["block"]]))

    @cached_property
    def _quoted(self) -> dict[str, Quoted]:
        return {}

    def quoted(self, table: str) -> Quoted | None:
        """A table by rows; None where the round has none of that name, or none with rows."""
        if table not in self.tables or not len(self.tables[table]):
            return None
        if table not in self._quoted:
            self._quoted[table] = Quoted(self.tables[table])
        return self._quoted[table]

    @cached_property
    def unit_figures(self) -> Mapping[UnitKey, UnitFigures]:
        """(block, unit) → what the unit is told, with what changed where rounds are compared."""
        figures, changes = unit_figures(self.results), self.quoted(CHANGES.name)
        if changes is None:
            return figures
        since = unit_changes(changes, self.instrument, self.output.percent_decimals, self.language)
        return {unit: replace(own, changes=since.get(unit, UnitChanges())) for unit, own in figures.items()}

    @property
    def changes(self) -> pd.DataFrame | None:
        """The table of changes as printed; None where nothing is compared."""
        return self.tables["changes"].frame if "changes" in self.tables else None


def reported_round(verified: VerifiedRun, gaps: Gaps, language: Language) -> ReportedRound:
    """A round without an earlier one: a folder that was ``verified``, and what its units lost."""
    results = results_of_round(verified)
    own = results.settings.output
    names = RoundNames(results.instrument, language, _unit_names(results, language))
    tables = {table.name: verified.tables[table.name] for table in council_tables(results.kind)}
    tables |= {name: table for name in _QUOTED if (table := _table(verified, name)) is not None}
    tables |= {
        name: as_printed(TABLES[name], frame, gaps.tables.output)
        for name, frame in gaps.tables.frames.items()
    }
    if own.language != language:
        tables = {name: _in_language(table, names, own.language) for name, table in tables.items()}
    settings = replace(results.settings, output=replace(own, language=language))
    shown = replace(
        results,
        scores=tables[COUNCIL_SCORES.name],
        units=tables[COUNCIL_UNITS.name],
        maxima=tables[INDEX_UNITS.name] if results.maxima is not None else None,
        settings=settings,
    )
    return ReportedRound(shown, language, names, tables, gaps)


def label_of_run(run: Mapping[str, Any], language: Language) -> str:
    """What the study of a run is called."""
    return str(run["study"].get(f"label_{language}") or run["study"]["label_vi"])


def with_changes(round_: ReportedRound, changes: pd.DataFrame, label: str) -> ReportedRound:
    """The round beside an earlier one. ``changes``: ``CHANGE_COLUMNS``, remarks as codes; ``label``: of the earlier round."""
    table = as_printed(CHANGES, changes, round_.output)
    return replace(round_, tables={**round_.tables, CHANGES.name: table}, previous=label)


def _unit_names(results: RoundResults, language: Language) -> dict[tuple[str, str], str]:
    """(block, unit) → its name: as it is written in the round, in another language by the register."""
    frame = results.units.frame
    written = dict(
        zip(
            zip(frame["block"], frame["unit_code"], strict=True),
            results.units.texts()["unit_name"],
            strict=True,
        )
    )
    if language == results.settings.output.language:
        return written
    return written | {(u.block, u.code): unit_name(u, language) for u in results.instrument.units}


def _in_language(table: PrintedTable, names: RoundNames, own: Language) -> PrintedTable:
    """A table with its names and remarks, which are in its ``own`` language, in that of the report."""
    frame, changed = table.frame, dict[str, list[str]]()
    if "unit_name" in frame:
        pairs = zip(frame["block"], frame["unit_code"], strict=True)
        changed["unit_name"] = [names.unit(block, unit) for block, unit in pairs]
    if "node_name" in frame:
        changed["node_name"] = [names.node(code) or code for code in frame["node_code"]]
    if "level_label" in frame:
        pairs = zip(frame["item_code"], frame["level_code"], strict=True)
        changed["level_label"] = [names.level(item, level) for item, level in pairs]
    if "note" in frame:
        notes = {note: reworded(note, own, names.language) for note in frame["note"].unique()}
        changed["note"] = [notes[note] for note in frame["note"]]
    return replace(table, frame=frame.assign(**changed))


def _table(verified: VerifiedRun, name: str) -> PrintedTable | None:
    """A table that was verified, or one that people look through, which its checksum alone holds; None where there is none."""
    folder, table = verified.folder, TABLES[name]
    if name in verified.tables or not (folder / table.path).is_file():
        return verified.tables.get(name)
    problems = Problems()
    found = read_printed(folder, table.path, table, problems)
    problems.raise_errors()
    return found


def _in(language: Language, record: object, what: str) -> str:
    """The text of a record in a language; the Vietnamese one where there is no other."""
    return str(getattr(record, f"{what}_{language}", "") or getattr(record, f"{what}_vi", ""))


def as_printed(table: OfficialTable, frame: pd.DataFrame, output: Output) -> PrintedTable:
    """A table of an analysis as its own folder prints it."""
    texts = pd.DataFrame(printed(table, frame, output), dtype=object)
    return PrintedTable(table, table.path, texts, np.arange(2, 2 + len(texts), dtype=np.int64))
