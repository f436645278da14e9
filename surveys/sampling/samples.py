"""From valid forms to a sampling design per block and group, with the weights of every evaluation and what they cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from surveys.definitions.instrument.records import Unit
from surveys.definitions.study.reading import STUDY_FILE
from surveys.definitions.study.records import StudyDefinition
from surveys.problems import Problem, Problems, SurveyError
from surveys.sampling.content_order import Codes
from surveys.sampling.returned_groups import Floats, ReturnedGroup, returned_groups
from surveys.sampling.weights import GroupWeights, weights_of
from surveys.validity.screened_round import ScreenedRound
from surveys.vocabulary.columns import DIAGNOSTIC_COLUMNS, WEIGHT_COLUMNS, WEIGHTS
from surveys.vocabulary.notebook_display import Shown
from weighting import Design
from weighting.calibration.diagnostics import kish_deff

#: Key of ``[files]`` → beginnings of the codes of faults that are about that file.
_ABOUT = {
    "frames": ("sampling.no_frame", "sampling.more_forms", "sampling.margins_without_frames"),
    "margins": ("sampling.no_margin", "sampling.margin_"),
}


@dataclass(frozen=True)
class Sample:
    """The valid evaluations of one block and group (n rows, U assessed units).

    ``rows`` int [n]: positions in ``Returns.rows``; ``unit`` int [n]: position among ``units``, ascending; ``design``: weights,
    strata, clusters and population sizes of these rows; ``equal``: the same with every weight 1; ``population`` float
    [U], NaN where not known; ``fraction`` float [U]: share of the population that answered (0 where finite populations
    are not taken into account); ``response`` float [U]: share of a census that answered (NaN where not everybody was asked).
    """

    block: str
    group: str
    units: tuple[Unit, ...]
    rows: Codes
    unit: Codes
    design: Design
    equal: Design
    population: Floats
    fraction: Floats
    response: Floats


@dataclass(frozen=True, repr=False)
class Samples(Shown):
    """All samples of a study; ``weights``: one row per valid evaluation; ``summary``: diagnostics per block × group."""

    parts: tuple[Sample, ...]
    weights: pd.DataFrame
    summary: pd.DataFrame
    warnings: tuple[Problem, ...] = ()

    def of(self, block: str) -> tuple[Sample, ...]:
        """Samples of one block, in the order of the groups."""
        return tuple(part for part in self.parts if part.block == block)

    def facts(self) -> Mapping[str, object]:
        return {
            "parts": ", ".join(f"{part.block}/{part.group}: {len(part.rows):,}" for part in self.parts[:12]),
            "weights": f"{len(self.weights):,}",
            "warnings": len(self.warnings),
        }


def draw_samples(screened: ScreenedRound) -> Samples:
    """Weight the valid evaluations of every block and group.

    Raises SurveyError with every fault: a frame that is missing or smaller than its valid forms, a group without
    any valid form, weights that are not positive numbers, margins that cannot be met.
    """
    problems = Problems()
    found = [(group, weights_of(group, problems)) for group in returned_groups(screened, problems)]
    if problems.errors:
        raise SurveyError(_with_file(problem, screened.study) for problem in problems)
    weighted = [(group, weights) for group, weights in found if weights is not None]
    return _samples(screened, weighted, problems)


def samples_so_far(screened: ScreenedRound) -> Samples:
    """The samples of a round that is still in the field: groups without a valid form have none, and a group whose weights cannot
    be made as declared yet is weighted as far as they can, which is told."""
    problems = Problems()
    weighted = []
    for group in returned_groups(screened, Problems()):
        weights = _weights_so_far(group, problems)
        if weights is not None:
            weighted.append((group, weights))
    return _samples(screened, weighted, problems)


def _weights_so_far(group: ReturnedGroup, problems: Problems) -> GroupWeights | None:
    """The weights of a group as declared; else not calibrated; else every form the same; None where even these cannot be."""
    plan = replace(group.plan, margins=(), trim=None)
    plain = replace(plan, base="equal", clusters=(), strata=())
    tries = {
        "": group,
        "sampling.not_calibrated_yet": replace(group, plan=plan, margins=()),
        "sampling.equal_so_far": replace(group, plan=plain, margins=()),
    }
    for code, tried in tries.items():
        found = Problems()
        weights = weights_of(tried, found)
        if weights is not None and not found.errors:
            if code:
                problems.add(code, severity="warning", **group.place)
            problems.extend(found.warnings)
            return weights
    problems.add("sampling.no_weights_yet", severity="warning", **group.place)
    return None


def _samples(
    screened: ScreenedRound, weighted: Sequence[tuple[ReturnedGroup, GroupWeights]], problems: Problems
) -> Samples:
    return Samples(
        tuple(_sample(group, weights) for group, weights in weighted),
        _weight_table(screened.returns.rows, weighted),
        pd.DataFrame([_summary(*each) for each in weighted], columns=list(DIAGNOSTIC_COLUMNS)),
        problems.warnings,
    )


def _with_file(problem: Problem, study: StudyDefinition) -> Problem:
    """A fault with the file that it is about: the frames, the margins, or the study whose plan cannot be carried out."""
    if problem.file or problem.severity == "warning":
        return problem
    key = next((key for key, codes in _ABOUT.items() if problem.code.startswith(codes)), "")
    return replace(problem, file=study.file_of(key) or next(iter(study.files), STUDY_FILE))


def _sample(group: ReturnedGroup, weights: GroupWeights) -> Sample:
    return Sample(
        group.block,
        group.group,
        group.units,
        group.rows,
        group.unit,
        weights.final,
        weights.equal,
        group.population,
        group.fraction,
        group.response,
    )


def _weight_table(
    returned: pd.DataFrame, weighted: Sequence[tuple[ReturnedGroup, GroupWeights]]
) -> pd.DataFrame:
    """The weights of each evaluation, group by group, as the rows were read, columns ``WEIGHT_COLUMNS``."""
    if not weighted:
        return pd.DataFrame(columns=list(WEIGHT_COLUMNS))
    numbers = pd.concat([_numbers(group, weights) for group, weights in weighted])
    texts = [name for name in WEIGHT_COLUMNS if name not in WEIGHTS]
    return pd.concat([returned[texts].loc[numbers.index], numbers], axis=1).reset_index(drop=True)


def _numbers(group: ReturnedGroup, weights: GroupWeights) -> pd.DataFrame:
    """Base, calibrated and final weight and g of each evaluation, columns ``WEIGHTS``, by its position."""
    final = weights.final.weights
    numbers = (weights.base, weights.calibrated.weights, final, final / weights.base)
    return pd.DataFrame(dict(zip(WEIGHTS, numbers, strict=True)), index=group.rows).sort_index()


def _summary(group: ReturnedGroup, weights: GroupWeights) -> tuple[object, ...]:
    """A line of ``DIAGNOSTIC_COLUMNS``."""
    w = weights.final.weights
    deff = float(kish_deff(w))
    population = group.population[group.forms > 0]
    total = population[0] if len(set(population)) == 1 and len(population) > 1 else population.sum()
    return (
        group.block,
        group.group,
        group.column("form_code").nunique(),
        len(w),
        float(total),
        float(w.sum()),
        float(w.min()),
        float(w.max()),
        deff,
        len(w) / deff,
        ";".join(weights.margins),
        int((w != weights.calibrated.weights).sum()),
    )
