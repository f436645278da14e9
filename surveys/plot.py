"""The figures of a round that was just scored, for notebooks: ``result.plot.league("so")``; each is a matplotlib ``Figure``.

They are those of the analysis report: drawn from what the results would print, with what is not published left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from surveys.comparison.compared_round import ComparedRound
from surveys.comparison.crosswalk import successors
from surveys.comparison.series import series_of
from surveys.definitions.study.index_kind import refuse_unscored
from surveys.handover.council_frames import council_frames
from surveys.handover.official_columns import (
    ANSWERS,
    CHANGES,
    COUNCIL_UNITS,
    DAYS,
    DRIVER_MODELS,
    DRIVERS,
    OfficialTable,
)
from surveys.handover.read_back import PrintedTable
from surveys.handover.result_frames import forms_frame, printed, shares_frame
from surveys.handover.rounds import compared_round, read_round
from surveys.handover.words import unit_name
from surveys.problems import Language, SurveyError, fault, nearest
from surveys.reports.analysis_report.reported_round import RoundNames
from surveys.reports.figures.drawings import figures_of
from surveys.reports.figures.drawn_round import DrawnRound
from surveys.returns.form_numbers import form_names
from surveys.scoring.scored_round import ScoredRound

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Frames = Mapping[OfficialTable, pd.DataFrame]


class ScoredAtHand(Protocol):
    """A result: a round that was just scored."""

    @property
    def round(self) -> ScoredRound: ...


@dataclass(frozen=True)
class Plots:
    """Figures of a round (``Result.plot``), in the language of the study's files unless another is asked for
    (:meth:`in_language`). ``block`` may be left out where there is one only.

    Every method raises SurveyError where there is nothing published to show, for an unknown block, and where matplotlib is not
    installed.
    """

    scored: ScoredRound
    language: Language

    def in_language(self, language: Language) -> Plots:
        """The figures with Vietnamese (``vi``) or English (``en``) words."""
        return replace(self, language=language)

    def league(self, block: str = "") -> Figure:
        """Units by rank: result with its interval, and the ranks that cannot be told apart."""
        return self._figure(f"league-{self._block(block)}")

    def heat(self, block: str = "") -> Figure:
        """Units by sub-criteria, by fields where those are too many; what is not published is hatched."""
        return self._figure(f"heat-{self._block(block)}")

    def answers(self, block: str = "", page: int = 1) -> Figure:
        """Shares of the answers to questions on ordered scales; from 25 questions on, the further ones on ``page`` 2, …."""
        from surveys.handover.report_frames import answers

        found = shares_frame(answers(self.scored), self.scored.study)
        key = f"answers-{self._block(block)}" + (f"-{page}" if page != 1 else "")
        return self._figure(key, {ANSWERS: found})

    def groups(self, block: str = "", unit: str = "") -> Figure:
        """Groups of respondents beside each other in every unit of a block, or in the fields of one ``unit``."""
        block = self._block(block)
        if not unit:
            return self._figure(f"groups-{block}")
        known = [u.code for u in self.scored.study.units if u.block == block]
        if unit not in known:
            raise _unknown("unit", unit, known)
        from surveys.reports.figures.groups import draw_groups, group_dots

        drawn = self._drawn({})
        if group_dots(drawn, block, unit) is None:
            raise fault("figures.nothing", figure=f"groups-{block}-{unit}", drawn="")
        return draw_groups(drawn, block, unit)

    def changes(self, previous: ScoredAtHand | str | Path, block: str = "") -> Figure:
        """The change of every unit since ``previous``, a result or the path of a folder of results; clear ones stand out.

        Raises SurveyError when that cannot be read, or when the rounds have nothing in common.
        """
        old, new = _compared(previous), compared_round(self.scored)
        found = series_of([old, new], [successors(old, new)], ()).changes
        return self._figure(f"changes-{self._block(block)}", {CHANGES: found})

    def importance(self, block: str = "", model: str = "") -> Figure:
        """Importance for the overall judgement beside performance; ``model``: its code, where there are several."""
        from surveys.analysis.drivers import driver_tables

        models = [one.code for one in self.scored.study.instrument.drivers]
        if model and model not in models:
            raise _unknown("model", model, models)
        found = driver_tables(self.scored)
        key = f"importance-{self._block(block)}-{model or next(iter(models), '')}"
        return self._figure(key, {DRIVERS: found.nodes, DRIVER_MODELS: found.models})

    def funnel(self) -> Figure:
        """What became of the forms of every questionnaire."""
        return self._figure("funnel")

    def days(self) -> Figure:
        """Forms by the day on which they came."""
        from surveys.handover.report_frames import days

        return self._figure("days", {DAYS: days(self.scored)})

    def _figure(self, key: str, frames: Frames | None = None) -> Figure:
        """A figure of the council's tables and those of ``frames``."""
        found = figures_of(self._drawn(frames or {}))
        if key not in found:
            raise fault("figures.nothing", figure=key, drawn=", ".join(found))
        return found[key].draw()

    def _block(self, block: str) -> str:
        """The block that is meant; the only one where none is named."""
        refuse_unscored(self.scored.study.instrument)
        blocks = list(self._council[COUNCIL_UNITS.name].frame["block"].unique())
        if block in blocks or (not block and len(blocks) == 1):
            return block or str(blocks[0])
        raise _unknown("block", block, blocks)

    @cached_property
    def _council(self) -> Mapping[str, PrintedTable]:
        """The council's tables as they would be printed."""
        scored = self.scored
        forms = forms_frame(scored.returns, scored.dispositions, scored.study.decisions)
        names = form_names(scored.study, scored.returns)
        return self._printed(
            council_frames(scored.study, scored.scores, forms, scored.dispositions.funnel, names)
        )

    def _printed(self, frames: Frames) -> dict[str, PrintedTable]:
        output = self.scored.study.output
        texts = {
            table: pd.DataFrame(printed(table, frame, output), dtype=object)
            for table, frame in frames.items()
        }
        return {
            table.name: PrintedTable(
                table, table.path, of_table, np.arange(2, 2 + len(of_table), dtype=np.int64)
            )
            for table, of_table in texts.items()
        }

    def _drawn(self, frames: Frames) -> DrawnRound:
        study = self.scored.study
        units = {(unit.block, unit.code): unit_name(unit, self.language) for unit in study.units}
        names = RoundNames(study.instrument, self.language, units)
        tables = {**self._council, **self._printed(frames)}
        return DrawnRound(names, tables, study.inference.level, study.output.percent_decimals)


def _compared(previous: ScoredAtHand | str | Path) -> ComparedRound:
    return read_round(Path(previous)) if isinstance(previous, (str, Path)) else compared_round(previous.round)


def _unknown(kind: str, value: str, accepted: Sequence[str]) -> SurveyError:
    return fault(
        f"reference.{kind}", value=value, accepted=", ".join(accepted), nearest=nearest(value, accepted)
    )
