"""Points lost in a round or in a published table: what was lost where, which share, since when, how far from the target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from surveys.analysis.analysed_round import AnalysedRound
from surveys.analysis.beside_values import with_round
from surveys.analysis.lost_sums import sums_of_losses
from surveys.analysis.node_values import in_order_of_tree, values_of_index, values_of_scores
from surveys.analysis.points_lost import in_order_of_loss, loss_tree, nodes_lost
from surveys.analysis.value_changes import earlier_values, published_earlier, with_changes
from surveys.definitions.instrument.records import Instrument
from surveys.definitions.study.index_kind import refuse_unscored
from surveys.definitions.study.records import Output
from surveys.handover.gap_tables import GapTables, as_printed, gap_tables
from surveys.handover.official_columns import TABLES
from surveys.handover.seal import package_name
from surveys.handover.table_folder import TableFolder, book_name, deliver_tables
from surveys.problems import Language, Problem, Problems, phrase
from surveys.published.belonging import published_rows
from surveys.published.study_targets import audit_targets, placed, results_of
from surveys.published.table_losses import table_losses, table_values
from surveys.published.table_tree import tree_of
from surveys.vocabulary.digests import digest_of
from surveys.vocabulary.levels import ITEM_LEVEL
from surveys.vocabulary.measures import POINTS
from surveys.vocabulary.notebook_display import Shown
from surveys.vocabulary.statuses import INCOMPLETE

_SUMS = ("max_points", "points", "points_low", "points_high")
CONTENT: Literal["gaps"] = "gaps"


@dataclass(frozen=True, repr=False)
class Gaps(Shown):
    """Points lost (``surveys.gaps``). ``label``: the round or table; ``problems``: what is to be known of it."""

    tables: GapTables
    label: str
    source: Mapping[str, object] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def nodes(self) -> pd.DataFrame:
        """One row per unit and node, ``GAP_COLUMNS``: loss, its share, rank, change, target, agencies; in the order of the
        tree."""
        return self.tables.nodes

    @property
    def most_lost(self) -> pd.DataFrame:
        """The lowest nodes at which each unit lost, the largest loss first: the rows of a report."""
        return in_order_of_loss(self.nodes[self.nodes["lost"] > 0])

    @property
    def sums(self) -> pd.DataFrame:
        """One row per unit and field, source or agency, ``GAP_SUM_COLUMNS``; none in an index whose points are not added up."""
        return self.tables.sums

    @property
    def instrument(self) -> Instrument:
        """The instrument whose codes these are."""
        return self.tables.instrument

    def write(self, out: str | Path) -> None:
        """Write the tables and a workbook at ``out``: all of it, or nothing.

        Raises SurveyError when ``out`` holds something that must not be replaced.
        """
        output, name = self.tables.output, f"gaps-{package_name(self.label)}"
        title = phrase("gaps.title", output.language, label=self.label)
        book = self.tables.workbook(title, self.instrument.name)
        others = {book_name(CONTENT): book}
        folder = TableFolder(CONTENT, name, self.tables.frames, output, title, others, self.source)
        deliver_tables(folder, Path(out))

    def facts(self) -> Mapping[str, object]:
        return {
            "of": self.label,
            "units": f"{len(self.nodes[['block', 'unit_code']].drop_duplicates()):,}",
            "nodes": f"{len(self.nodes):,}",
            "sums": f"{len(self.sums):,}",
        }


def gaps_of_round(round_: AnalysedRound, earlier: AnalysedRound | Path | None = None) -> Gaps:
    """What the units of a round lost, beside an ``earlier`` round or published table. Raises SurveyError when the two have
    nothing in common, or when nothing is scored."""
    refuse_unscored(round_.instrument)
    values = as_printed(with_round(_values(round_), round_), round_.output, ("target",))
    problems: tuple[Problem, ...] = ()
    source: Mapping[str, object] = {}
    if isinstance(earlier, AnalysedRound):
        before = earlier_values(earlier.compared, round_.compared, _values(earlier))
        values = with_changes(values, before, _survey_maxima(round_))
        problems, source = before.problems, dict(earlier.source)
    else:
        printed, source = _earlier(earlier, round_.instrument)
        if printed is not None:
            values = with_changes(values, published_earlier(printed, values), {})
    league = round_.index_units if len(round_.index_units) else round_.units
    ranks = league["rank"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    by_total = zip(zip(league["block"], league["unit_code"], strict=True), ranks.tolist(), strict=True)
    tree = loss_tree(round_.instrument)
    nodes = nodes_lost(values, tree, dict(by_total))
    sums = as_printed(_shown_sums(round_), round_.output, _SUMS)
    tables = gap_tables(nodes, sums_of_losses(nodes, tree, sums), round_.instrument, round_.output)
    problems += _of_targets(round_)
    facts = {"of": dict(round_.source)} | ({"previous": source} if source else {})
    return Gaps(tables, round_.label, facts, problems)


def _of_targets(round_: AnalysedRound) -> tuple[Problem, ...]:
    """What the results say of the targets."""
    if not round_.targets:
        return ()
    reached = results_of(round_.scores, round_.index, round_.output)
    return audit_targets(round_.instrument, placed(round_.targets, TABLES["targets"].path), reached)


def _shown_sums(round_: AnalysedRound) -> pd.DataFrame:
    """The sums by source and agency; those that are incomplete without numbers, unless the study renormalises."""
    sums = round_.sums.assign(measure=POINTS)
    hidden = (sums["status"] == INCOMPLETE) & (not round_.inference.renormalises)
    return sums.assign(**{name: sums[name].astype(float).mask(hidden) for name in _SUMS[1:]})


def _survey_maxima(round_: AnalysedRound) -> dict[tuple[str, str, str], float]:
    """(block, unit, node) → what the survey part is of, in an index of two halves."""
    of_survey = round_.index.dropna(subset=["survey_max"])
    keys = zip(of_survey["block"], of_survey["unit_code"], of_survey["node_code"], strict=True)
    return dict(zip(keys, of_survey["survey_max"].astype(float), strict=True))


def gaps_of_table(
    path: Path, instrument: Instrument, earlier: Path | AnalysedRound | None = None, language: Language = "vi"
) -> Gaps:
    """What the units of a published table lost, beside an ``earlier`` table or round. Raises SurveyError when a table cannot be
    read."""
    problems = Problems()
    rows = published_rows(path, instrument, problems)
    before, source = _earlier(earlier, instrument)
    losses = table_losses(rows, instrument, before)
    output = Output(language=language, points_decimals=losses.decimals, percent_decimals=losses.decimals)
    tables = gap_tables(losses.nodes, losses.sums, instrument, output)
    facts = {"of": _facts(path, instrument)} | ({"previous": source} if source else {})
    return Gaps(tables, path.stem, facts, tuple(problems))


def _earlier(
    earlier: Path | AnalysedRound | None, instrument: Instrument
) -> tuple[pd.DataFrame | None, Mapping[str, object]]:
    """The values of an earlier table or round, and what is said of it; nothing where there is none."""
    if earlier is None:
        return None, {}
    if isinstance(earlier, AnalysedRound):
        return _values(earlier), dict(earlier.source)
    rows = published_rows(earlier, instrument, Problems())
    return table_values(rows, tree_of(instrument, rows)), _facts(earlier, instrument)


def _facts(path: Path, instrument: Instrument) -> Mapping[str, object]:
    return {"table": path.name, "sha256": digest_of(path.read_bytes()), "instrument": instrument.name}


def _values(round_: AnalysedRound) -> pd.DataFrame:
    """Nodes of the index, or of the survey where nothing else is assessed, and the questions, as they are printed."""
    renormalises = round_.inference.renormalises
    of_survey = values_of_scores(round_.scores, renormalises=renormalises)
    if len(round_.index):
        questions = of_survey[of_survey["node_level"] == ITEM_LEVEL]
        of_survey = pd.concat([values_of_index(round_.index, renormalises=renormalises), questions])
    return as_printed(in_order_of_tree(of_survey, round_.instrument), round_.output)
