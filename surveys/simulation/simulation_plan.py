"""What a simulated round looks like: ``simulation.toml`` in the folder of an instrument, every part of it optional.

Sizes, response, scores, files and defects are data of the edition; nothing of a city or a group is in the code. Without the file
every questionnaire gets the defaults written here. Each section is a field of :class:`SimulationPlan`, each of its keys a field
of that section's record; ``[defects]`` has the rules of the instrument as its keys; what the study of a round says of its
publisher, period and basis stands as it does in ``study.toml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from surveys.definitions.draft import Section
from surveys.definitions.field_types import Date
from surveys.definitions.study.publication import Publication
from surveys.definitions.study.reading import PUBLICATION
from surveys.definitions.study.records import Agency, Exclusion, Target
from surveys.definitions.study.sample_plan import SamplePlan

FileFormat = Literal["csv", "xlsx", "sav"]


@dataclass(frozen=True, slots=True)
class RoundHeading:
    """Heading of the simulated study; ``document`` is where external estimates say they come from."""

    label_vi: str = "Đợt điều tra mô phỏng"
    label_en: str = "Simulated round"
    start: str = "2023-10-02"
    end: str = "2023-12-08"
    document: str = "Báo cáo kết quả khảo sát mức độ hài lòng"
    minimum_forms: int = 5


@dataclass(frozen=True, slots=True)
class AnswerModel:
    """Shares of the variance of a latent answer: the person, the person's view of the unit, the rest is the question's.
    ``group``, ``node`` and ``item``: standard deviations of true scores around the score of the unit."""

    person: float = 0.2
    view: float = 0.1
    group: float = 0.03
    node: float = 0.03
    item: float = 0.015


@dataclass(frozen=True, slots=True)
class CellPlan:
    """One questionnaire. ``population`` and ``issued``: lowest and highest number per unit (of raters of the whole block for
    a matrix). ``score``: range of the true scores of units. ``dont_know``, ``blank``: shares of answers; ``unrated``: of units a
    matrix rater leaves out; ``own_unit``: of matrix raters who work in a unit of the block. ``external_units``: units whose forms
    are replaced by an estimate from elsewhere (``["*"]``: all); ``missing_units``: units in which the survey is not held.
    ``margins``: attributes with known population totals."""

    questionnaire: str
    population: tuple[int, int] = (40, 60)
    issued: tuple[int, int] = (26, 40)
    response: float = 0.85
    score: tuple[float, float] = (0.65, 0.95)
    dont_know: float = 0.03
    blank: float = 0.02
    unrated: float = 0.0
    own_unit: float = 0.0
    external_units: tuple[str, ...] = ()
    missing_units: tuple[str, ...] = ()
    margins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StagePlan:
    """Two-stage sampling for one questionnaire inside each unit (see :mod:`surveys.simulation.two_stages`). ``clusters``: lowest
    and highest number in a unit; ``certainty``: how many of them, the largest, are always drawn; ``drawn``: how many of the
    others; ``persons``: forms issued in a drawn cluster; ``effect``: standard deviation of what a cluster adds to the latent
    answer."""

    questionnaire: str
    clusters: tuple[int, int] = (30, 45)
    certainty: int = 1
    drawn: int = 6
    persons: int = 8
    effect: float = 0.3


@dataclass(frozen=True, slots=True)
class FilePlan:
    """One file of returns: a share of the forms of a questionnaire. ``headings`` and ``cells``: what stands in them;
    ``timed``: seconds were recorded; ``double_entry``: share of the forms entered twice."""

    questionnaire: str
    mode: str = ""
    share: float = 1.0
    format: FileFormat = "csv"
    headings: Literal["text", "code"] = "text"
    cells: Literal["label", "code", "both"] = "label"
    timed: bool = True
    double_entry: float = 0.0


@dataclass(frozen=True, slots=True)
class AttributePlan:
    """An attribute of the respondents: category → share, and its effect on the latent answer."""

    field: str
    questionnaires: tuple[str, ...]
    shares: tuple[tuple[str, float], ...]
    effects: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class OutcomePlan:
    """An item of no node that answers to nodes, as an overall judgement does: its latent answer is the sum of ``strengths`` times
    the mean latent answer to the items of each node, and ``rest`` times a normal number of its own, brought to variance 1."""

    item: str
    strengths: tuple[tuple[str, float], ...]
    rest: float = 1.0


@dataclass(frozen=True, slots=True)
class TextPlan:
    """Made-up content of an identification or personal field: one word drawn from each part."""

    field: str
    parts: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class AssessmentPlan:
    """The council's assessment, where the tree has nodes that it assesses. ``share``: lowest and highest share of the maximum
    that a unit gets at the first appraisal; ``spread``: standard deviation of its nodes around it; ``above``: how much more
    of the maximum units give themselves on average; ``explained``: share of the nodes with less than that which they explain;
    ``no_self``, ``no_final``: shares of nodes that lack the step; ``late``: share of units and explanations after the last
    day. ``evidence`` and ``explanation``: made-up texts, ``{node}`` being the code of the node."""

    share: tuple[float, float] = (0.78, 0.97)
    spread: float = 0.12
    above: float = 0.03
    explained: float = 0.3
    no_self: float = 0.0
    no_final: float = 0.0
    late: float = 0.0
    self_assessed_by: Date = ""
    explained_by: Date = ""
    evidence: str = "Tài liệu kiểm chứng tiêu chí {node}"
    explanation: str = "Đã bổ sung tài liệu kiểm chứng"


@dataclass(frozen=True, slots=True)
class SimulationPlan:
    """The whole of a simulated round, complete for every questionnaire of the instrument."""

    round: RoundHeading
    answers: AnswerModel
    cells: tuple[CellPlan, ...]
    stages: tuple[StagePlan, ...]
    files: tuple[FilePlan, ...]
    attributes: tuple[AttributePlan, ...]
    outcomes: tuple[OutcomePlan, ...]
    texts: tuple[TextPlan, ...]
    exclusions: tuple[Exclusion, ...]
    assessment: AssessmentPlan
    agencies: tuple[Agency, ...]
    targets: tuple[Target, ...]
    plans: tuple[SamplePlan, ...]
    publication: Publication
    defects: tuple[tuple[str, int], ...]

    def cell(self, questionnaire: str) -> CellPlan:
        return next(cell for cell in self.cells if cell.questionnaire == questionnaire)

    def stage(self, questionnaire: str) -> StagePlan | None:
        """The two-stage sample of a questionnaire; None where persons are drawn directly."""
        return next((stage for stage in self.stages if stage.questionnaire == questionnaire), None)

    def attributes_of(self, questionnaire: str) -> list[AttributePlan]:
        return [attribute for attribute in self.attributes if questionnaire in attribute.questionnaires]

    def files_of(self, questionnaire: str) -> tuple[FilePlan, ...]:
        return tuple(file for file in self.files if file.questionnaire == questionnaire)


SECTIONS: Mapping[str, Section] = {
    "round": Section(RoundHeading),
    "answers": Section(AnswerModel),
    "cells": Section(CellPlan, "array"),
    "stages": Section(StagePlan, "array"),
    "files": Section(FilePlan, "array"),
    "attributes": Section(AttributePlan, "array"),
    "outcomes": Section(OutcomePlan, "array"),
    "texts": Section(TextPlan, "array"),
    "exclusions": Section(Exclusion, "array"),
    "assessment": Section(AssessmentPlan),
    "agencies": Section(Agency, "array"),
    "targets": Section(Target, "array"),
    "plan": Section(SamplePlan, "array"),
    **PUBLICATION,
    "defects": Section(dict),
}
#: Lowest and highest value of the numbers of a cell, a stage, an outcome or the assessment, by key; both ends of a range.
LIMITS: Mapping[str, tuple[float, float]] = {
    "population": (2, 1_000_000),
    "issued": (1, 1_000_000),
    "score": (0.05, 0.98),
    "response": (0, 1),
    "dont_know": (0, 1),
    "blank": (0, 1),
    "unrated": (0, 1),
    "own_unit": (0, 1),
    "clusters": (2, 10_000),
    "certainty": (0, 10_000),
    "drawn": (2, 10_000),
    "persons": (2, 10_000),
    "effect": (0, 2),
    "rest": (0.01, 10),
    "share": (0, 1),
    "spread": (0, 1),
    "above": (0, 1),
    "explained": (0, 1),
    "no_self": (0, 1),
    "no_final": (0, 1),
    "late": (0, 1),
}
