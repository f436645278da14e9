"""How many forms a round needs and of whom they are asked: the sections ``[[plan]]`` and ``[[lists]]``.

Shares, scores, margins and differences are numbers from 0 to 1; percent stand only in print.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from surveys.definitions.field_types import Count, MayBeEmpty
from surveys.definitions.instrument.records import Questionnaire

PlanMethod = Literal["margin", "difference", "change", "slovin", "whole", "fixed", "total"]
PlanInterval = Literal["", "normal", "exact", "wald", "bounded", "wilson", "beta"]
Allocation = Literal["proportional", "equal", "neyman", "power"]
StageDraw = Literal["systematic", "sampford", "simple"]
#: The key without which a method has no number.
NEEDED: Mapping[str, str] = {
    "margin": "margin",
    "difference": "difference",
    "change": "difference",
    "slovin": "margin",
    "fixed": "forms",
    "total": "total",
}
#: Methods that work out how many forms an estimate needs.
BY_PRECISION = ("margin", "difference", "change")
#: Stages of a draw, the elements included.
MOST_STAGES = 4


@dataclass(frozen=True, slots=True)
class SamplePlan:
    """How many forms one group is asked for: in one unit, in a block, or (both empty) in all blocks; the entry that names most
    goes before the others.

    * ``method``: a wanted ``margin`` of error; a wanted ``difference`` between two units, or (change) between two rounds, found
      with the probability ``power``; n = N/(1 + N·margin²) (slovin); everybody (whole); ``forms`` in each cell (fixed);
      a ``total`` of forms over the units (total).
    * ``measure``: of a ``share`` (of satisfied answers), or of a mean score whose answers have the standard ``deviation``.
    * ``of``: for each unit, or for the block as a whole, whose forms are then shared out by ``allocation``.
    * ``interval``: what the margin is half the width of: estimate ± z standard errors (normal); what shares of whole persons lie
      within, counted over all samples (exact); or the interval of that name as it is printed. Empty: exact for a share, whose
      textbook size falls short of its level, and normal for a mean; bounded, as printed, with a ``margin_assurance``.
    * ``margin_assurance``: probability with which the printed interval is no wider than the margin, whatever deviation the sample
      shows (empty: at the share or deviation expected, which every other sample exceeds).
    * ``previous``: valid forms of the last round (change; empty: as many as now).
    * ``design_effect``: variance against that of a simple random sample; ``response``: share of issued forms that come back;
      ``valid``: share of those that are valid.
    * ``assurance``: probability with which enough of the issued forms come back valid (empty: as many as needed are expected).
    * ``whole_from``: share of the population from which everybody is asked.
    * ``counted``: whether ``forms`` and ``total`` are valid forms wanted, or forms issued.
    * ``exponent`` of power allocation; ``deviations``: unit → its own deviation; ``minimum`` and ``maximum`` of valid forms
      wanted in a cell.
    """

    group: str
    block: str = ""
    unit: str = ""
    questionnaire: str = ""
    method: PlanMethod = "margin"
    measure: Literal["share", "mean"] = "share"
    of: Literal["unit", "block"] = "unit"
    margin: float | None = None
    margin_assurance: float | None = None
    interval: PlanInterval = ""
    difference: float | None = None
    forms: Count | None = None
    total: Count | None = None
    counted: Literal["valid", "issued"] = "valid"
    previous: Count | None = None
    level: float = 0.95
    power: float = 0.8
    share: float = 0.5
    deviation: float | None = None
    deviations: tuple[tuple[str, float], ...] = ()
    design_effect: float = 1.0
    response: float = 1.0
    valid: float = 1.0
    assurance: float | None = None
    whole_from: float = 1.0
    allocation: Allocation = "proportional"
    exponent: float = 0.5
    minimum: Count = 0
    maximum: Count | None = None

    @property
    def is_shared_out(self) -> bool:
        """Whether a number for the whole block is shared out over its units."""
        return self.method == "total" or (self.of == "block" and self.method not in ("whole", "fixed"))

    @property
    def interval_planned(self) -> str:
        """The interval whose half-width is planned."""
        if self.method != "margin":
            return "normal"
        counted = "exact" if self.measure == "share" else "normal"
        return self.interval or (counted if self.margin_assurance is None else "bounded")

    @property
    def returned_valid(self) -> float:
        """The share of issued forms that become valid ones."""
        return self.response * self.valid


@dataclass(frozen=True, slots=True)
class SamplingList:
    """A list of whom the forms of a group are drawn from: a CSV in the study's folder, with a row for each element.

    ``element``, ``unit``, ``stratum``, ``clusters`` (from the outermost) and ``size`` are headings of its columns; nothing
    of the other columns is kept. ``unit``: of a column that names units as returns do, by code or name. ``block``: need not
    be said where the group rates single units in one block only; a list that was read has it. ``size``: the measure of the
    clusters (empty: how many elements they have), or of the elements where there are no clusters. ``take``: how many
    clusters are drawn in each stratum, stage by stage. ``draw``: how each stage is drawn, the elements last (empty:
    systematic with probabilities proportional to size for clusters and for elements with a size, simple for other elements).
    ``replacements``: of the drawn elements, as a share. ``seed``: of the random numbers.
    """

    path: str
    group: str
    seed: int
    block: str = ""
    element: str = "code"
    unit: str = "unit"
    stratum: str = ""
    clusters: tuple[str, ...] = ()
    size: str = ""
    take: tuple[int, ...] = ()
    draw: tuple[StageDraw, ...] = ()
    replacements: float = 0.2

    def drawn_by(self, stage: int) -> StageDraw:
        """How a stage is drawn, the clusters' first."""
        if self.draw:
            return self.draw[stage]
        by_size = stage < len(self.clusters) or (self.size and not self.clusters)
        return "systematic" if by_size else "simple"

    def columns(self) -> tuple[str, ...]:
        """The headings that are read."""
        named = (self.element, self.unit, self.stratum, *self.clusters, self.size)
        return tuple(dict.fromkeys(filter(None, named)))


@dataclass(frozen=True, slots=True)
class DrawnElement:
    """An element that was drawn from a list, and the form that is for it. ``stratum`` and ``cluster``: of the sample, for
    variances; ``place``: its clusters of every stage; ``weight``: 1/``probability`` of coming into the sample."""

    form_code: str
    questionnaire: str
    block: str
    unit: str
    group: str
    element: str
    stratum: str
    cluster: str
    place: MayBeEmpty
    probability: float
    weight: float


def plan_of(plans: Iterable[SamplePlan], block: str, unit: str, group: str) -> SamplePlan | None:
    """The entry that a cell is planned by: the one that names most of it; None where there is none.

    >>> plans = (SamplePlan("citizens", margin=0.05), SamplePlan("citizens", "so", margin=0.1))
    >>> plan_of(plans, "so", "noi-vu", "citizens").margin, plan_of(plans, "xa", "", "citizens").margin
    (0.1, 0.05)
    """
    fitting = (p for p in plans if p.group == group and p.block in ("", block) and p.unit in ("", unit))
    return max(fitting, key=lambda plan: (plan.unit != "", plan.block != ""), default=None)


def blocks_asked(forms: Iterable[Questionnaire], group: str, declared: Collection[str]) -> tuple[str, ...]:
    """Those of the declared blocks in which a group rates single units; in which any does where it does in none."""
    single = [form for form in forms if not form.matrix and form.block in declared]
    mine = [form.block for form in single if form.group == group]
    return tuple(dict.fromkeys(mine or (form.block for form in single)))
