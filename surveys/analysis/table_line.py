"""One line of a cross-table: an item or a node by the categories of one variable, with its total, letters and tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from surveys.analysis.by_variables import GROUP, Categories
from surveys.analysis.category_letters import exceeded
from surveys.analysis.hidden_categories import ShownCategories
from surveys.analysis.tabulated_rows import TabulatedRows
from surveys.analysis.tabulated_subjects import NOT_ANSWERED, SCORE, SHARE, TableSubject
from surveys.scoring.quantities import Floats
from surveys.vocabulary.remarks import Remark, Remarks, remark
from surveys.vocabulary.statuses import OK, SUPPRESSED
from weighting import Design, DesignError, Estimates, HypothesisTest
from weighting.estimation.estimates import EXACT, ONE_CLUSTER
from weighting.hypotheses.equal_means import equal_means

#: Columns of a design that no item and no attribute has.
_CATEGORY, _ANSWER = "category of the table", "answer"
#: What a table tells of an estimate.
NUMBERS = ("estimate", "se", "ci_low", "ci_high", "df", "n_eff")
_TEST = ("f", "ndf", "ddf", "p_value")
Cells = Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Measured:
    """A subject in the design of its respondents; its total is the same for all variables that everybody states."""

    of: TabulatedRows
    subject: TableSubject
    _totals: dict[bytes, Estimates | None] = field(default_factory=dict)

    @cached_property
    def names(self) -> list[str]:
        """What its statistics are called in estimates."""
        return [f"{statistic} {level}".strip() for statistic, level in self.subject.columns]

    @cached_property
    def design(self) -> Design:
        columns = dict(zip(self.names, self.subject.columns.values(), strict=True))
        return self.of.design.with_columns(pd.DataFrame(columns))

    def means(self, place: np.ndarray) -> Estimates | None:
        """Means of its columns in every category of ``place`` [n] (−1: none) that has a row; None where none has."""
        place = np.where(self.subject.valid, place, -1)
        if not (place >= 0).any():
            return None
        inference = self.of.study.inference
        design = self.design.with_columns(pd.DataFrame({_CATEGORY: coded(place)}))
        return design.mean(
            self.names, by=_CATEGORY, interval=inference.interval, level=inference.level, within=(0.0, 1.0)
        )

    def total(self, stated: np.ndarray) -> Estimates | None:
        """Means over the rows that are ``stated`` [n]; None where too few have a valid answer."""
        inside = stated & self.subject.valid
        key = np.packbits(inside).tobytes()
        if key not in self._totals:
            enough = inside.sum() >= max(1, int(self.of.minimum[0]))
            self._totals[key] = self.means(np.where(inside, 0, -1)) if enough else None
        return self._totals[key]


@dataclass(frozen=True, eq=False)
class TableLine:
    """A subject by J categories and, where these are parts of one population, their total."""

    measured: Measured
    shown: ShownCategories

    @property
    def _of(self) -> TabulatedRows:
        return self.measured.of

    @property
    def _subject(self) -> TableSubject:
        return self.measured.subject

    @property
    def _categories(self) -> Categories:
        return self.shown.categories

    @property
    def has_total(self) -> bool:
        """Groups are no parts of one population."""
        return GROUP not in self._categories.by.parts

    @property
    def _about(self) -> dict[str, str]:
        return {
            "block": self._of.block,
            "group": self._of.group,
            "by": self._categories.by.code,
            "node_code": self._subject.node,
            "item_code": self._subject.item,
        }

    # ---- rows of the table --------------------------------------------------------------------------------------------

    def rows(self) -> Cells:
        """Columns of its rows of the table: statistic after statistic, the total first, then the categories."""
        names, statistics = self.measured.names, list(self._subject.columns)
        counted = [(kind, rows) for kind, rows in self._subject.counted.items() if rows.any()]
        blocks = [
            *(self._estimates(name) for name in names),
            *(self._counts(rows) for _, rows in counted),
        ]
        columns = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
        size = len(self._categories) + self.has_total
        lines = [*statistics, *((NOT_ANSWERED, kind) for kind, _ in counted)]
        columns["statistic"] = np.repeat([statistic for statistic, _ in lines], size).astype(object)
        columns["level_code"] = np.repeat([level for _, level in lines], size).astype(object)
        for name, text in self._about.items():
            columns[name] = np.full(size * len(lines), text, dtype=object)
        return columns

    @cached_property
    def _means(self) -> Estimates | None:
        return self.measured.means(self.shown.place)

    @cached_property
    def _total(self) -> Estimates | None:
        return self.measured.total(self._categories.place >= 0)

    @cached_property
    def _exceeds(self) -> Mapping[str, list[str]]:
        if self._means is None:
            return {}
        places, level = np.flatnonzero(self.shown.shown), self._of.study.inference.level
        return exceeded(self._means, places, self._categories.letters, level)

    def _estimates(self, name: str) -> dict[str, np.ndarray]:
        """The columns of one statistic."""
        J, k = len(self._categories), self.measured.names.index(name)
        numbers = {key: np.full(J, np.nan) for key in NUMBERS}
        notes = [self._why(j) for j in range(J)]
        if self._means is not None:
            places = np.flatnonzero(self.shown.shown)
            own = slice(k, None, len(self.measured.names))
            for key in NUMBERS:
                numbers[key][places] = getattr(self._means, key)[own]
            for j, note in zip(places, self._means.note[own], strict=True):
                notes[j] = self._said(note)
        columns = {
            **numbers,
            "n_valid": self.shown.n,
            "exceeds": _texts(self._exceeds.get(name, [""] * J)),
            "status": _texts([OK if known else SUPPRESSED for known in self.shown.shown]),
            "note": _objects(notes),
        }
        return self._with_total(columns, self._of_total(k))

    def _of_total(self, k: int) -> dict[str, object]:
        """The total of the k-th statistic."""
        total, n = self._total, int(self.shown.n.sum())
        if total is not None:
            numbers = {key: getattr(total, key)[k] for key in NUMBERS}
            return {**numbers, "n_valid": int(total.n[k]), "status": OK, "note": self._said(total.note[k])}
        few = (remark("score.suppressed", forms=n, minimum=int(self._of.minimum[0])),) if n else ()
        return {**dict.fromkeys(NUMBERS, np.nan), "n_valid": n, "status": SUPPRESSED, "note": few}

    def _counts(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """How many of each category gave no answer, for one reason."""
        place, J = self._categories.place, len(self._categories)
        counts = np.bincount(place[rows & (place >= 0)], minlength=J)
        columns = {
            **{key: np.full(J, np.nan) for key in NUMBERS},
            "n_valid": counts,
            "exceeds": _texts([""] * J),
            "status": _texts([OK] * J),
            "note": _objects([()] * J),
        }
        nothing = dict.fromkeys(NUMBERS, np.nan)
        return self._with_total(columns, {**nothing, "n_valid": int(counts.sum()), "status": OK, "note": ()})

    def _with_total(
        self, columns: dict[str, np.ndarray], total: Mapping[str, object]
    ) -> dict[str, np.ndarray]:
        """Columns of the categories, the total in front where there is one."""
        columns |= {"category": _texts(self._categories.codes), "letter": _texts(self._categories.letters)}
        if not self.has_total:
            return columns
        return {
            name: np.concatenate(
                [_objects([total.get(name, "")]) if of.dtype == object else [total[name]], of]
            )
            for name, of in columns.items()
        }

    def _why(self, j: int) -> Remarks:
        """Why a category is not shown."""
        shown = self.shown
        if not (shown.hidden[j] and shown.n[j]):
            return ()
        if not shown.few[j]:
            return (remark("score.complementary"),)
        if shown.n[j] >= shown.minimum[j]:
            return (remark("tables.hidden_below"),)
        return (remark("score.suppressed", forms=shown.n[j], minimum=shown.minimum[j]),)

    def _said(self, note: str) -> Remarks:
        """What the statistics say beside an estimate, as a remark."""
        said: Mapping[str, Remark] = {
            EXACT: remark("score.census"),
            ONE_CLUSTER: remark("score.single_cluster", groups=self._of.group),
        }
        return (said[note],) if note in said else ()

    # ---- tests --------------------------------------------------------------------------------------------------------

    def tests(self) -> Iterator[dict[str, object]]:
        """Whether the shown categories differ: in the shares of the answers of an item, and in the scores."""
        place = np.where(self._subject.valid, self.shown.place, -1)
        if self._subject.level is not None:
            yield self._tested(SHARE, place)
        if (SCORE, "") in self._subject.columns:
            yield self._tested(SCORE, place)

    def _tested(self, statistic: str, place: np.ndarray) -> dict[str, object]:
        several = int(self.shown.shown.sum())
        test = None
        if several > 1:
            test = self._shares_differ(place) if statistic == SHARE else self._scores_differ(place)
        said = "tables.no_test"
        numbers = dict.fromkeys(_TEST, np.nan)
        if test is not None and not np.isnan(test.p[0]):
            numbers = {
                name: float(getattr(test, at)[0])
                for name, at in zip(_TEST, ("statistic", "ndf", "ddf", "p"), strict=True)
            }
            said = "tables.rough" if test.note[0] else ""
        notes: Remarks = (remark(said),) if said else ()
        return {
            **self._about, "statistic": statistic, "categories": several, "n_valid": int((place >= 0).sum()), **numbers,
            "note": notes,
        }  # fmt: skip

    def _shares_differ(self, place: np.ndarray) -> HypothesisTest | None:
        """Rao & Scott's F of the shares; none for more cells than anybody reads."""
        columns = pd.DataFrame({_CATEGORY: coded(place), _ANSWER: coded(self._subject.level)})
        try:
            return self._of.design.with_columns(columns).crosstab(_CATEGORY, _ANSWER).test
        except DesignError:
            return None

    def _scores_differ(self, place: np.ndarray) -> HypothesisTest | None:
        """Wald's F of the scores."""
        degf = self._of.design.weighted_degf(place >= 0)
        return None if self._means is None else equal_means(self._means, SCORE, degf)


def coded(place: np.ndarray | None) -> Floats:
    """Codes as numbers, NaN for −1."""
    codes = np.asarray(place, dtype=float)
    return np.where(codes >= 0, codes, np.nan)


def _texts(texts: Sequence[str]) -> np.ndarray:
    return np.array(list(texts), dtype=object)


def _objects(values: Sequence[object]) -> np.ndarray:
    """Values, tuples among them, as an array of one dimension."""
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found
