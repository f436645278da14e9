"""The arguments of a design: read, checked, and everything that is wrong with them collected before anything is computed."""

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from weighting.errors import DesignError, absent, applying, quoted, rows_named, unknown
from weighting.frozen import copied, frozen
from weighting.groups import Codes, Floats, coded, compact
from weighting.variance.lonely_strata import LONELY, LonelyPolicy
from weighting.variance.stages import Stage

#: A stratum with less than this share of its clusters unseen counts as a census.
CENSUS = 1e-7

#: Weights beyond this many powers of ten from 1 cannot be squared.
POWERS = 140


class Arguments:
    """The frame of a design, and ``problems`` with what is given beside it."""

    def __init__(self, frame: pd.DataFrame | Mapping[str, ArrayLike]) -> None:
        self.frame = _frame_of(frame)
        repeated = self.frame.columns[self.frame.columns.duplicated()].unique()
        self.problems = [f"frame: two columns are named {name!r}" for name in repeated]

    def column(self, given: Any, role: str) -> pd.Series | None:
        """A column of the frame by name, or an array of its length; None and a problem where there is none."""
        if isinstance(given, str) or (np.isscalar(given) and given in self.frame.columns):
            if given not in self.frame.columns:
                self.problems.append(f"{role}: {unknown('column', given, self.frame.columns)}")
                return None
            found = self.frame[given]
            return found if isinstance(found, pd.Series) else None
        if isinstance(given, pd.Series):
            self._check_order(given, role)
        kept = isinstance(given, (pd.Series, pd.Categorical, pd.api.extensions.ExtensionArray))
        values = given if kept else np.asarray(given)
        if values.ndim != 1 or len(values) != len(self.frame):
            self.problems.append(f"{role}: {np.shape(values)} values for {len(self.frame)} rows")
            return None
        return pd.Series(values.array if isinstance(values, pd.Series) else values, name=role)

    def _check_order(self, given: pd.Series, role: str) -> None:
        """Values are taken row by row: a Series of the same rows in another order would be taken wrongly."""
        own, index = self.frame.index, given.index
        if not index.equals(own) and index.is_unique and len(index) == len(own) and index.isin(own).all():
            self.problems.append(
                f"{role}: the rows of this Series are in another order than the frame's; reindex it, or give its values"
            )

    def _per_stage(self, given: Any, role: str) -> list[pd.Series | None]:
        """One column per stage from a name, an array, or a list of these; gaps are problems."""
        if isinstance(given, pd.DataFrame):
            found: list[pd.Series | None] = [given[name].reset_index(drop=True) for name in given.columns]
        else:
            found = [self.column(one, role) for one in self._listed(given)]
        gaps = [values.isna().to_numpy() for values in found if values is not None]
        self.problems += [
            f"{role}: missing in {rows_named(missing, self.frame.index)}" for missing in gaps if missing.any()
        ]
        return found

    def _listed(self, given: Any) -> list[Any]:
        """What is given for each stage: a list holds one column per stage, unless it is one value per row."""
        if given is None:
            return []
        if not isinstance(given, (list, tuple)) or not given:
            return [given]
        if all(isinstance(g, str) for g in given):
            several = len(given) != len(self.frame) or any(g in self.frame.columns for g in given)
        else:
            several = all(isinstance(g, str) or np.ndim(g) == 1 for g in given)
        return list(given) if several else [given]

    def _numbers(self, values: pd.Series | None, role: str) -> Floats | None:
        if values is None:
            return None
        if values.dtype.kind in "mMc":
            self.problems.append(f"{role}: numbers are needed, not {values.dtype}")
            return None
        try:
            return values.to_numpy(dtype=float, na_value=np.nan)
        except (TypeError, ValueError):
            bad = pd.to_numeric(values, errors="coerce").isna() & values.notna()
            where = rows_named(bad.to_numpy(), self.frame.index, values)
            self.problems.append(f"{role}: not a number in {where}")
            return None

    def stages(self, strata: Any, clusters: Any, fpc: Any, nest: bool | None) -> tuple[Stage, ...]:
        """Every stage that enters the variance; none where columns are missing or have gaps."""
        if nest not in (None, True, False):
            self.problems.append(f"nest: {nest!r} is neither True, False nor None")
        by_strata = self._per_stage(strata, "strata")
        by_clusters = self._per_stage(clusters, "clusters")
        sizes = self._per_stage(fpc, "fpc")
        depth = max(len(by_clusters), 1)
        self.problems += [
            f"{role}: given for {len(found)} stages, but there are clusters for {depth}"
            for role, found in (("strata", by_strata), ("fpc", sizes))
            if len(found) > depth
        ]
        if self.problems:
            return ()
        of_stages = list(zip_longest(by_strata, by_clusters, sizes))[: max(len(sizes), 1)] or [(None,) * 3]
        stages: list[Stage] = []
        for number, (of_strata, of_clusters, of_sizes) in enumerate(of_stages):
            role = "fpc" if number == 0 else f"fpc of stage {number + 1}"
            fpc_of_rows = self._numbers(of_sizes, role)
            above = stages[-1] if stages else None
            stratum, parent, names = self._strata(of_strata, above)
            cluster, of_cluster, labels = self._clusters(of_clusters, stratum, names)
            if of_clusters is not None and not nest and names.size > parent.max(initial=0) + 1:
                self._crossing(labels, parent[of_cluster], names[of_cluster], nest)
            sampled = np.bincount(of_cluster, minlength=names.size).astype(float)
            rest = 1 - self._fractions(fpc_of_rows, role, stratum, sampled, names)
            share = np.ones(names.size) if above is None else above.reached[parent]
            rest[rest < CENSUS] = 0.0
            stages.append(Stage(cluster, of_cluster, sampled, rest, share, parent, names, labels))
        return tuple(stages)

    def _coded(self, given: pd.Series, role: str) -> tuple[Codes, pd.Index]:
        """The codes and labels of a column; one label for all, and problems, where it cannot be coded."""
        try:
            return coded(given)
        except DesignError as error:
            own = f"column {role!r}: "  # an array has no name but its role
            self.problems += [f"{role}: {problem.removeprefix(own)}" for problem in error.problems]
            return np.zeros(len(given), dtype=np.intp), pd.Index(["all"])

    def _strata(self, given: pd.Series | None, above: Stage | None) -> tuple[Codes, Codes, NDArray[Any]]:
        """Stratum of each row [n], and the cluster above and the name of each stratum [H]; within the clusters above."""
        codes, labels = np.zeros(len(self.frame.index), dtype=np.intp), pd.Index(["all"])
        if given is not None:
            codes, labels = self._coded(given, "strata")
        texts = labels.astype(str).to_numpy(dtype=object)
        if above is None:
            used, stratum = compact(codes, len(labels))
            return stratum, np.zeros_like(used), texts[used]
        key = above.cluster * len(labels) + codes
        used, stratum = compact(key, above.n_clusters * len(labels))
        parent, of_label = np.divmod(used, len(labels))
        names = above.labels[parent].astype(str).to_numpy(dtype=object)
        return stratum, parent, names if given is None else names + "/" + texts[of_label]

    def _clusters(
        self, given: pd.Series | None, stratum: Codes, names: NDArray[Any]
    ) -> tuple[Codes, Codes, pd.Index]:
        """Cluster of each row [n], stratum and label of each cluster [C]; every row its own cluster where none are given."""
        if given is None:
            rows = np.arange(len(self.frame.index), dtype=np.intp)
            return rows, stratum, pd.RangeIndex(rows.size)
        label, labels = self._coded(given, "clusters")
        used, cluster = compact(stratum * len(labels) + label, names.size * len(labels))
        of_cluster, of_label = np.divmod(used, len(labels))
        return cluster, of_cluster, labels[of_label]

    def _crossing(self, labels: pd.Index, parent: Codes, strata: NDArray[Any], nest: bool | None) -> None:
        """Labels that are found in several strata (within one cluster of the stage above): ``labels``, ``parent`` and the name
        of the stratum of each cluster [C]. What they mean is for the user to say: it decides how many clusters there are."""
        code = pd.factorize(labels)[0]
        width = int(code.max(initial=0)) + 1
        key = compact(parent * width + code, (int(parent.max(initial=0)) + 1) * width)[1]
        twice = np.flatnonzero(np.bincount(key) > 1)
        ends = "" if nest is None else "; with nest=False a cluster has one stratum"
        self.problems += [
            f"clusters: {str(labels[key == k][0])!r} lies in strata {quoted(strata[key == k][:5])}{ends}"
            for k in twice[:5]
        ]
        undecided = (
            "clusters: say what such labels are: nest=True: labels count within their stratum, one label in two strata is two "
            f"clusters, {labels.size} in all; nest=False: one label is one cluster, and its rows in several strata are a mistake"
        )
        self.problems += applying(
            (twice.size > 5, f"clusters: {twice.size - 5} more lie in several strata"),
            (twice.size and nest is None, undecided),
        )

    def _fractions(
        self, fpc: Floats | None, role: str, stratum: Codes, sampled: Floats, names: NDArray[Any]
    ) -> Floats:
        """Sampling fraction [H]; 0 where no finite population is declared."""
        if fpc is None:
            return np.zeros(sampled.size)
        size = np.empty(sampled.size)
        size[stratum] = fpc
        problem = self._fpc_problem(fpc, size, stratum, names)
        if problem:
            self.problems.append(f"{role}: {problem}")
            return np.zeros(sampled.size)
        if (fpc <= 1).all():
            return size
        with np.errstate(divide="ignore"):
            fraction = sampled / size
        self.problems.extend(
            f"{role}: a sampling fraction above 1 in stratum {str(names[h])!r}: "
            f"{sampled[h]:g} clusters drawn from {size[h]:g}"
            for h in np.flatnonzero(fraction > 1)[:5]
        )
        return fraction

    def _fpc_problem(self, fpc: Floats, size: Floats, stratum: Codes, names: NDArray[Any]) -> str:
        """What is wrong with sizes or fractions [n] beside those of their strata [H]; empty if nothing is."""
        if (fpc < 0).any():
            return f"negative in {rows_named(fpc < 0, self.frame.index, fpc)}"
        over, under = fpc > 1, (fpc > 0) & (fpc < 1)
        if over.any() and under.any():
            return (
                f"a sampling fraction above 1 in {rows_named(over, self.frame.index, fpc)}, beside "
                f"fractions below 1 in {rows_named(under, self.frame.index, fpc)}; give all fractions or all sizes"
            )
        uneven = np.unique(stratum[fpc != size[stratum]])
        if uneven.size:
            return f"differs within stratum {quoted(names[uneven[:5]])}; one value per stratum is needed"
        return ""

    def policy(self, lonely: str, in_domains: bool) -> LonelyPolicy:
        """What is done with strata of one cluster."""
        self.problems += absent("policy for lonely strata", [lonely], LONELY)
        return LonelyPolicy(lonely, in_domains)

    def weights(self, given: Any, stages: tuple[Stage, ...]) -> Floats:
        """Weights [n], by default the inverse of the sampling fractions of the ``stages``."""
        found = np.ones(len(self.frame))
        if given is None:
            for stage in stages:
                found /= np.where(stage.fraction > 0, stage.fraction, 1.0)
            return frozen(found)
        values = self._numbers(self.column(given, "weights"), "weights")
        if values is None:
            return found
        self.problems += weight_problems(values, self.frame.index, "weights")
        return frozen(np.array(values))


def _frame_of(given: Any) -> pd.DataFrame:
    """The rows as a frame of their own."""
    if isinstance(given, pd.DataFrame):
        frame = copied(given)
    elif isinstance(given, Mapping):
        try:
            frame = pd.DataFrame(dict(given))
        except ValueError as error:
            raise DesignError(f"frame: {error}") from None
    else:
        raise DesignError(f"frame: a DataFrame or a mapping of columns is needed, not {type(given).__name__}")
    if frame.empty:
        raise DesignError("frame: there are no rows")
    return frame


def weight_problems(weights: Floats, index: pd.Index, role: str) -> list[str]:
    """What is wrong with weights [n]."""
    largest = weights.max(initial=0.0)
    if weights.min(initial=0.0) >= 0 and 0 < largest < np.inf:  # false for a NaN anywhere
        fits = 10.0**-POWERS < largest < 10.0**POWERS
        return [] if fits else [f"{role}: the largest is {largest:g}: give them in another unit"]
    faults = (
        ("missing", np.isnan(weights), None),
        ("infinite", np.isinf(weights), None),
        ("negative", np.isfinite(weights) & (weights < 0), weights),
    )
    problems = [f"{role}: {what} in {rows_named(bad, index, v)}" for what, bad, v in faults if bad.any()]
    return problems or [f"{role}: all are zero"]
