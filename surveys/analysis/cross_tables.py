"""Cross-tables: items and nodes by attributes of the respondents, by unit and by group.

Every number is one of the design of its block and group: means and shares with their intervals of :meth:`weighting.Design.mean`,
the test of the shares of an item (Rao & Scott's F) of :meth:`weighting.Design.crosstab`, that of its means (Wald's F) of
:func:`weighting.hypotheses.equal_means.equal_means`, differences of :meth:`weighting.Estimates.pairwise`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveys.analysis.by_variables import GROUP, ByVariable, by_variables
from surveys.analysis.hidden_categories import Hiding, ShownCategories, unshown
from surveys.analysis.respondent_profile import profile_of
from surveys.analysis.table_line import Cells, Measured, TableLine
from surveys.analysis.tabulated_rows import TabulatedRows, rows_by_group
from surveys.analysis.tabulated_subjects import Subjects
from surveys.definitions.study.records import StudyDefinition
from surveys.problems import Problem, Problems, nearest, shortened
from surveys.returns.record_set import Returns
from surveys.sampling.samples import Samples
from surveys.vocabulary.columns import CROSS_TABLE_COLUMNS, CROSS_TEST_COLUMNS
from surveys.vocabulary.notebook_display import Shown
from surveys.vocabulary.progress import Step
from surveys.vocabulary.statuses import SUPPRESSED
from weighting.estimation.estimates import adjusted_p


@dataclass(frozen=True, repr=False)
class CrossTables(Shown):
    """Cross-tables of a round. ``table``: one row per line and category, the total where the category is empty, columns
    ``CROSS_TABLE_COLUMNS`` (estimates and limits in [0, 1], NaN where hidden); ``tests``: whether the categories of a line
    differ, ``CROSS_TEST_COLUMNS``, p-values also corrected over the lines of a table; ``profile``: the respondents beside their
    margins, ``PROFILE_COLUMNS``; ``warnings``: what was asked for and cannot be tabulated."""

    table: pd.DataFrame
    tests: pd.DataFrame
    profile: pd.DataFrame
    warnings: tuple[Problem, ...] = ()

    def facts(self) -> Mapping[str, object]:
        differ = self.tests["p_adjusted"] < 0.05
        return {
            "by": ", ".join(self.table["by"].unique()),
            "rows": f"{len(self.table):,}",
            "tests": f"{len(self.tests):,}",
            "p_adjusted < 0.05": f"{int(differ.sum()):,}",
            "hidden": f"{int((self.table['status'] == SUPPRESSED).sum()):,}",
        }


def cross_tables(  # noqa: PLR0913
    study: StudyDefinition,
    returns: Returns,
    samples: Samples,
    scores: pd.DataFrame,
    by: str | Sequence[str],
    of: str = "",
    progress: Step | None = None,
) -> CrossTables:
    """Tables of every block and group by each variable of ``by`` (:func:`by_variables`), of the item or node ``of`` alone where
    one is named. ``scores``: the results of the round, whose hidden ones stay hidden.

    Raises SurveyError for unknown variables, items and nodes.
    """
    variables = by_variables(by, study.instrument)
    _refuse_unknown(study, of)
    problems = Problems()
    parts = list(rows_by_group(study, returns, samples, variables, problems))
    tables: list[pd.DataFrame] = []
    tests: list[pd.DataFrame] = []
    for done, (respondents, own) in enumerate(parts, start=1):
        found = _Tabulation(respondents, own, unshown(scores, respondents.block))
        made = found.made(of)
        tables += made[0]
        tests += made[1]
        if progress is not None:
            progress("tables", done, len(parts))
    profile = profile_of(study, [respondents for respondents, _ in parts if respondents.group], variables)
    return CrossTables(
        _joined(tables, CROSS_TABLE_COLUMNS), _joined(tests, CROSS_TEST_COLUMNS), profile, problems.warnings
    )


def _refuse_unknown(study: StudyDefinition, of: str) -> None:
    known = (*study.instrument.item, *study.instrument.node)
    problems = Problems()
    if of and of not in known:
        problems.add("tables.unknown_of", value=shortened(of), nearest=nearest(of[:200], known))
    problems.raise_errors()


def _joined(frames: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    kept = [frame for frame in frames if len(frame)]
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=list(columns))


@dataclass(frozen=True, eq=False)
class _Tabulation:
    """The tables of some respondents."""

    of: TabulatedRows
    variables: tuple[ByVariable, ...]
    unshown: Mapping[str, frozenset[tuple[str, str]]]

    def made(self, of: str) -> tuple[list[pd.DataFrame], list[pd.DataFrame]]:
        """Tables and tests, variable after variable."""
        hiding = Hiding(self.of, self.variables, self.unshown)
        rows: dict[ByVariable, list[Cells]] = {by: [] for by in self.variables}
        tests: dict[ByVariable, list[dict[str, object]]] = {by: [] for by in self.variables}
        for subject in Subjects(self.of):
            shown = hiding.of(subject)
            if of in ("", subject.code):
                measured = Measured(self.of, subject)
                for by in (by for by, categories in shown.items() if _is_asked(by, categories)):
                    line = TableLine(measured, shown[by])
                    rows[by].append(line.rows())
                    tests[by] += line.tests()
        return [_frame(rows[by]) for by in self.variables], [_corrected(tests[by]) for by in self.variables]


def _frame(lines: Sequence[Cells]) -> pd.DataFrame:
    """Lines one below the other."""
    if not lines:
        return pd.DataFrame(columns=list(CROSS_TABLE_COLUMNS))
    return pd.DataFrame(
        {name: np.concatenate([line[name] for line in lines]) for name in CROSS_TABLE_COLUMNS}
    )


def _is_asked(by: ByVariable, shown: ShownCategories) -> bool:
    """Whether a line has anything to say: of groups side by side, two at least answer it."""
    if GROUP not in by.parts:
        return bool(shown.n.any())
    groups = {group for group, n in zip(shown.categories.part(GROUP), shown.n, strict=True) if n}
    return len(groups) > 1


def _corrected(tests: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """Tests of one table, corrected over its lines: those of shares, of the scores of items and of the scores of nodes apart."""
    found = pd.DataFrame(list(tests), columns=list(CROSS_TEST_COLUMNS))
    corrected = np.full(len(found), np.nan)
    kinds = found["statistic"].astype(str) + found["item_code"].eq("").astype(str)
    for kind in kinds.unique():
        rows = (kinds == kind).to_numpy()
        corrected[rows] = adjusted_p(found.loc[rows, "p_value"].to_numpy(dtype=float), "holm")
    return found.assign(p_adjusted=corrected)
