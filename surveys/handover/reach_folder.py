"""What it takes, as a record that shows and writes itself: three tables as CSV and one workbook of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from surveys.analysis.analysed_round import AnalysedRound
from surveys.analysis.asked_for import unit_asked_for, wanted_place
from surveys.analysis.planned_forms import PlannedForms, planned_forms
from surveys.analysis.reaching import Reached, what_it_takes
from surveys.definitions.instrument.records import ResultClass, UnitGroup
from surveys.handover.official_columns import TABLES
from surveys.handover.seal import package_name
from surveys.handover.table_book import sheet_of_table, table_book
from surveys.handover.table_folder import TableFolder, book_name, deliver_tables
from surveys.handover.words import Words, label_of, words_of
from surveys.problems import fault, phrase
from surveys.vocabulary.digests import digest_of
from surveys.vocabulary.notebook_display import Shown


@dataclass(frozen=True)
class Asked:
    """What is asked for: a ``measure`` with its ``target`` (None: the targets of the round), for one ``unit`` (None: all), at
    the numbers of forms in the file ``planned`` (None: those of the round)."""

    measure: str | None = None
    target: object = None
    unit: str | None = None
    planned: str | Path | None = None


#: Columns that the workbook leaves out: units stand there by their names.
_CODES = ("unit_code",)


@dataclass(frozen=True, repr=False)
class Reach(Shown):
    """What it takes the units of a round to be where they are wanted (``surveys.reach``). ``planned``: name and SHA-256 of
    the file of forms planned for the next round, where there is one; ``wanted``: as asked for, empty for the round's own
    targets."""

    round: AnalysedRound
    found: Reached
    wanted: Mapping[str, str]
    planned: Mapping[str, str]

    @property
    def reach(self) -> pd.DataFrame:
        """One row per unit and wanted place: where it is now, what is needed, probability to be there, distance, number of
        ways."""
        return self.found.reach

    @property
    def ways(self) -> pd.DataFrame:
        """The shortest ways, one row per sub-criterion: what it is raised to, what it gains, how many respondents that is, and
        whether the next round would show it."""
        return self.found.ways

    @property
    def detectable(self) -> pd.DataFrame:
        """The minimum detectable change of every unit and node with the forms planned for the next round."""
        return self.found.detectable

    def write(self, out: str | Path) -> None:
        """Write the tables and their workbook at ``out``: all of it, or nothing.

        Raises SurveyError when ``out`` holds something that must not be replaced, OSError when the disk refuses.
        """
        frames = {"reach": self.reach, "ways": self.ways, "detectable": self.detectable}
        output = self.round.output
        title = phrase("handover.reach.title", output.language)
        facts = {"round": dict(self.round.source), "wanted": dict(self.wanted), "planned": dict(self.planned)}
        words = _words(self.round)
        sheets = [
            sheet_of_table(TABLES[name], frame, output, words, _shown(name)) for name, frame in frames.items()
        ]
        book = table_book(title, self.round.label, sheets, output.language)
        name = f"reach-{package_name(str(self.round.source.get('study', '')))}"
        folder = TableFolder("reach", name, frames, output, title, {book_name("reach"): book}, facts)
        deliver_tables(folder, Path(out))

    def facts(self) -> Mapping[str, object]:
        counts = self.reach["status"].value_counts()
        return {
            "reach": ", ".join(f"{count} {status}" for status, count in counts.items()),
            "ways": f"{len(self.ways):,} rows",
            "detectable": f"{len(self.detectable):,} rows",
        }


def _shown(table: str) -> tuple[str, ...]:
    return tuple(name for name in TABLES[table].names if name not in _CODES)


def _words(of: AnalysedRound) -> Words:
    """Codes of blocks by their words, nodes with theirs, and what is wanted by the words of classes and groups of units."""
    instrument, language = of.instrument, of.output.language
    named: tuple[ResultClass | UnitGroup, ...] = (*instrument.classes, *instrument.unit_groups)
    return {
        "block": words_of("block", instrument, language),
        "node": {node.code: f"{node.code} {label_of(node, language)}" for node in instrument.nodes},
        "wanted": {one.code: label_of(one, language) or one.code for one in named},
    }


def reach_of(of: AnalysedRound, asked: Asked) -> Reach:
    """What it takes in a round. Raises SurveyError when what is asked for is no place of the round, when nothing is asked for and
    the round has no targets of its whole index, or when the file of planned forms cannot be read."""
    wanted = None if asked.measure is None else wanted_place(of, asked.measure, asked.target)
    units = () if asked.unit is None else unit_asked_for(of, asked.unit)
    plan: tuple[PlannedForms, ...] = ()
    read: dict[str, str] = {}
    if asked.planned is not None:
        cells = of.cells[["block", "unit_code", "group"]].itertuples(index=False, name=None)
        plan = planned_forms(asked.planned, set(cells))
        content = Path(asked.planned).read_bytes()
        read = {"path": Path(asked.planned).name, "sha256": digest_of(content)}
    found = what_it_takes(of, wanted, units, plan)
    if wanted is None and found.reach.empty:
        raise fault("reach.no_target")
    said = {"measure": wanted.measure, "target": wanted.target} if wanted else {}
    return Reach(of, found, said | ({"unit": units[0]} if units else {}), read)
