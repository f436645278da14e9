"""What the sections ``[[plan]]`` and ``[[lists]]`` owe the instrument, the register and the frames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from surveys.definitions.draft import StudyDraft
from surveys.definitions.instrument.records import Block, Questionnaire
from surveys.definitions.shared_checks import Range, refer, within
from surveys.definitions.study.records import Frame
from surveys.definitions.study.sample_plan import (
    BY_PRECISION,
    MOST_STAGES,
    NEEDED,
    DrawnElement,
    PlanInterval,
    SamplePlan,
    SamplingList,
    StageDraw,
    blocks_asked,
)
from surveys.definitions.text_files import inside, is_file, nearest_name
from surveys.problems import Place, shortened

#: Numbers of the two sections, with the lowest and the highest value they may have.
RANGES: tuple[Range, ...] = (
    (SamplePlan, "level", 0.5, 0.9999),
    (SamplePlan, "power", 0.5, 0.9999),
    (SamplePlan, "share", 0, 1),
    (SamplePlan, "design_effect", 0.1, 100),
    (SamplePlan, "response", 0.01, 1),
    (SamplePlan, "valid", 0.01, 1),
    (SamplePlan, "assurance", 0.5, 0.9999),
    (SamplePlan, "margin_assurance", 0.5, 0.9999),
    (SamplePlan, "whole_from", 0.01, 1),
    (SamplePlan, "exponent", 0, 1),
    (SamplePlan, "margin", 0.0001, 0.5),
    (SamplePlan, "difference", 0.0001, 1),
    (SamplePlan, "deviation", 0.0001, 0.5),
    (SamplePlan, "forms", 0, 10_000_000),
    (SamplePlan, "total", 1, 10_000_000),
    (SamplePlan, "previous", 1, 10_000_000),
    (SamplePlan, "minimum", 0, 10_000_000),
    (SamplePlan, "maximum", 1, 10_000_000),
    (DrawnElement, "probability", 1e-12, 1),
    (DrawnElement, "weight", 1, 1e12),
    (SamplingList, "seed", 0, 2**63 - 1),
    (SamplingList, "replacements", 0, 100),
)
_WHOLE = ("forms", "total", "previous", "minimum", "maximum")


def check_plans(draft: StudyDraft, units: Mapping[str, Mapping[str, None]]) -> None:
    """Plans have what their method needs, are of groups that a questionnaire asks, and have populations where they need them."""
    assert draft.instrument is not None
    forms = draft.instrument.all(Questionnaire)
    for plan, place in draft.of(SamplePlan):
        _check_method(plan, place)
        asked = [f for f in forms if f.group == plan.group and plan.block in ("", f.block)]
        if asked:
            _check_questionnaire(plan, asked, place)
        matrix = [f.code for f in asked if f.matrix]
        if plan.unit and matrix:
            place.note("plan.unit_of_matrix", "unit", questionnaire=matrix[0], group=plan.group)
        for unit, deviation in plan.deviations:
            within(place, f"deviations.{unit}", deviation, 0.0001, 0.5)
            refer(place, "unit", f"deviations.{unit}", [unit], [u for b in units.values() for u in b])
        framed = any(f.group == plan.group and plan.block in ("", f.block) for f in draft.all(Frame))
        if not framed and Frame not in draft.broken and _needs_population(plan):
            place.note("plan.no_frame", "method", group=plan.group, method=plan.method)


def _check_method(plan: SamplePlan, place: Place) -> None:
    """The keys that a method needs are there, numbers of forms are whole, and nothing has no effect."""
    key = NEEDED.get(plan.method)
    if key and getattr(plan, key) is None:
        place.note("plan.needs", key, method=plan.method, key=key)
    mean = plan.method in BY_PRECISION and plan.measure == "mean"
    if mean and plan.deviation is None:
        place.note("plan.needs_deviation", "deviation")
    for name in _WHOLE:
        value = getattr(plan, name)
        if value is not None and value != int(value):
            place.note("record.not_whole", name, value=value)
    if plan.maximum is not None and plan.maximum < plan.minimum:
        place.note("record.order", "minimum", low=f"{plan.minimum:g}", high=f"{plan.maximum:g}")
    if plan.method in BY_PRECISION and plan.measure == "share" and plan.share in (0, 1):
        place.note("plan.certain_share", "share", value=f"{plan.share:g}")
    apart = max(plan.share, 1 - plan.share)
    if plan.measure == "share" and plan.method in ("difference", "change") and (plan.difference or 0) > apart:
        place.note(
            "plan.difference_too_large", "difference", value=f"{plan.difference:g}", share=f"{plan.share:g}"
        )
    if plan.unit and plan.is_shared_out:
        place.note("plan.total_of_unit", "unit", method=plan.method)
    if plan.interval == "exact" and (plan.measure == "mean" or plan.margin_assurance is not None):
        others = [i for i in get_args(PlanInterval) if i not in ("", "exact")]
        place.not_accepted("record.not_accepted", "interval", "exact", others)
    for name in _without_effect(plan):
        place.note("plan.idle", name, severity="warning", key=name, method=plan.method)


def _without_effect(plan: SamplePlan) -> Iterator[str]:
    """Keys that were given and that the method does not look at."""
    looked_at = {
        "margin": plan.method in ("margin", "slovin"),
        "difference": plan.method in ("difference", "change"),
        "forms": plan.method == "fixed",
        "total": plan.method == "total",
        "previous": plan.method == "change",
        "margin_assurance": plan.method == "margin",
        "interval": plan.method == "margin",
    }
    yield from (
        name for name, used in looked_at.items() if getattr(plan, name) not in (None, "") and not used
    )


def _check_questionnaire(plan: SamplePlan, asked: Sequence[Questionnaire], place: Place) -> None:
    """Where a group of a block has several questionnaires, the plan says which."""
    codes = [form.code for form in asked]
    if plan.questionnaire:
        if plan.questionnaire not in codes:
            place.not_accepted("record.not_accepted", "questionnaire", plan.questionnaire, codes)
        return
    blocks = [form.block for form in asked]
    doubled = [form.code for form in asked if blocks.count(form.block) > 1]
    if doubled:
        place.note("plan.which_questionnaire", "questionnaire", group=plan.group, accepted=", ".join(doubled))


def _needs_population(plan: SamplePlan) -> bool:
    by_size = plan.is_shared_out and plan.allocation != "equal"
    return plan.method in ("slovin", "whole") or by_size


def check_lists(draft: StudyDraft) -> None:
    """Lists are files of the study, planned, and say as much of each stage as there are stages."""
    assert draft.instrument is not None
    planned, known = draft.all(SamplePlan), dict[str, list[str]]()
    forms = draft.instrument.all(Questionnaire)
    for form in forms:
        if not form.matrix:
            known.setdefault(form.block, []).append(form.group)
    for made, place in draft.of(SamplingList):
        path = inside(draft.folder, made.path, draft.problems, draft.place.file, f"{place.at}.path")
        if path is not None and not is_file(path):
            near = shortened(nearest_name(path))
            place.note("study.file_missing", "path", value=shortened(made.path), nearest=near)
        if not made.block:
            blocks = blocks_asked(forms, made.group, draft.instrument.known(Block))
            if len(blocks) > 1:
                place.note("lists.which_block", "block", group=made.group, accepted=", ".join(blocks))
        elif made.block in known and made.group not in known[made.block]:
            place.not_accepted("lists.no_form", "group", made.group, known[made.block])
        elif not any(p.group == made.group and p.block in ("", made.block) for p in planned):
            place.note("lists.no_plan", "group", group=made.group, block=made.block)
        stages = len(made.clusters)
        if stages >= MOST_STAGES:
            place.note("lists.too_deep", "clusters", found=stages, most=MOST_STAGES - 1)
        if len(made.take) != stages:
            place.note("lists.stages", "take", found=len(made.take), wanted=stages)
        if made.draw and len(made.draw) != stages + 1:
            place.note("lists.stages", "draw", found=len(made.draw), wanted=stages + 1)
        for k, number in enumerate(made.take):
            within(place, f"take[{k + 1}]", number, 1, 1_000_000)
        _check_headings(made, place)


def _check_headings(made: SamplingList, place: Place) -> None:
    """Every heading has one meaning, and the last stage a measure where it is drawn by size."""
    meant: dict[str, str] = {}
    roles = [("element", made.element), ("unit", made.unit), ("stratum", made.stratum)]
    roles += [(f"clusters[{k + 1}]", name) for k, name in enumerate(made.clusters)]
    for role, heading in [*roles, ("size", made.size)]:
        if not heading:
            if role == "element" or role.startswith("clusters"):
                place.note("record.missing", role)
            continue
        if heading in meant:
            place.note("lists.heading_twice", role, value=shortened(heading), other=meant[heading])
        meant.setdefault(heading, role)
    if made.draw and made.draw[-1] == "sampford" and (made.clusters or not made.size):
        place.note(
            "lists.no_measure", "draw", accepted=", ".join(d for d in get_args(StageDraw) if d != "sampford")
        )
