"""What a study owes its instrument, its register and its own tables.

Every function looks at one table or section of a :class:`StudyDraft` and notes all of its faults; none changes anything.
"""

from __future__ import annotations

import codecs
from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import fsum, isclose
from zoneinfo import ZoneInfo

from surveys.definitions.border import Place
from surveys.definitions.instrument.consistency import (
    check_doubles_of_units,
    check_period,
    check_units,
    note_doubles,
    refer,
)
from surveys.definitions.instrument.draft import Draft
from surveys.definitions.instrument.records import Node
from surveys.definitions.study.draft import StudyDraft
from surveys.definitions.study.records import External, Frame, Margin, WeightPlan
from surveys.vocabulary.roles import KEPT_ROLES

#: Relative difference of two population totals that printing them as rounded numbers can explain.
TOTALS_AGREE = 1e-6


def check_study(draft: StudyDraft) -> None:
    """Note every contradiction inside a study and against its instrument."""
    check_settings(draft)
    if draft.instrument is None:
        return
    if draft.units is not draft.instrument.units:
        check_doubles_of_units(draft.units)
        check_units(draft.units, draft.known("block"))
    known = Register(draft)
    check_exclusions(draft, known)
    check_returns(draft)
    check_weights(draft)
    check_issued(draft, known)
    check_frames(draft, known)
    check_margins(draft, known)
    if not draft.broken & {"frames", "margins"}:
        check_totals(draft)
    check_externals(draft, known)
    check_assessed(draft, known)
    check_decisions(draft)
    check_unit_decisions(draft, known)
    check_adjudication(draft)


class Register:
    """Unit codes by block, for references."""

    def __init__(self, draft: StudyDraft) -> None:
        self.blocks = draft.known("block")
        self.units: dict[str, list[str]] = defaultdict(list)
        for unit, _ in draft.units:
            self.units[unit.block].append(unit.code)
        self._faulty = draft.unit_codes - {unit.code for unit, _ in draft.units}
        self._sets = {block: frozenset(codes) for block, codes in self.units.items()}

    def refer(self, place: Place, block: str, unit: str, column: str = "unit") -> None:
        """Note a block that is not declared, or a unit that is not in its register."""
        if block not in self.blocks:
            refer(place, "block", "block", [block], self.blocks)
        elif unit and unit not in self._sets.get(block, ()) and unit not in self._faulty:
            refer(place, "unit", column, [unit], self.units[block])


def check_settings(draft: StudyDraft) -> None:
    """Dates, time zone, level, correlation, minimum and decimals."""
    place = draft.place.below("fieldwork")
    check_period(place, draft.fieldwork.start, draft.fieldwork.end, ("start", "end"))
    if not _is_zone(draft.fieldwork.timezone):
        place.note("study.timezone", "timezone", value=draft.fieldwork.timezone)
    inference = draft.place.below("inference")
    within(inference, "level", draft.inference.level, 0.5, 0.9999)
    within(inference, "external_correlation", draft.inference.external_correlation, 0, 1)
    minimum = draft.place.below("minimum")
    within(minimum, "forms", draft.minimum.forms, 1, 1_000_000)
    for group, forms in draft.minimum.by_group:
        within(minimum, f"by_group.{group}", forms, 1, 1_000_000)
        if draft.instrument:
            refer(minimum, "group", f"by_group.{group}", [group], draft.known("group"))
    for name in ("points_decimals", "percent_decimals", "score_decimals"):
        within(draft.place.below("output"), name, getattr(draft.output, name), 0, 15)


def within(place: Place, column: str, value: float, low: float, high: float) -> None:
    """Note a value outside [low, high]."""
    if not low <= value <= high:
        place.note("record.out_of_range", column, value=value, low=low, high=high)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # unknown, malformed, a folder, or leaving the database
        return False
    return True


def check_exclusions(draft: StudyDraft, known: Register) -> None:
    """Excluded units are registered, excluded once, and for a reason."""
    for exclusion, place in draft.exclusions:
        known.refer(place, exclusion.block, exclusion.unit)
        if not exclusion.reason.strip():
            place.note("record.missing", "reason")
    note_doubles(((f"{e.block}/{e.unit}", place) for e, place in draft.exclusions), "unit")


def check_returns(draft: StudyDraft) -> None:
    """Questionnaires, modes, columns and encodings of return files; no sheet is listed twice."""
    assert draft.instrument is not None
    columns = (*draft.known("field"), *draft.known("item"))
    modes = {form.code: form.modes for form, _ in draft.instrument.questionnaires}
    for entry, place in draft.returns:
        if entry.questionnaire:
            refer(
                place, "questionnaire", "questionnaire", [entry.questionnaire], draft.known("questionnaire")
            )
        if entry.mode and modes.get(entry.questionnaire) and entry.mode not in modes[entry.questionnaire]:
            place.not_accepted("record.not_accepted", "mode", entry.mode, modes[entry.questionnaire])
        refer(place, "column", "columns", [code for code, _ in entry.columns], columns)
        if entry.encoding and not _is_encoding(entry.encoding):
            place.note("study.encoding", "encoding", value=entry.encoding)
    key = ((" ".join((e.path, e.sheet, e.questionnaire)).strip(), place) for e, place in draft.returns)
    note_doubles(key, "path")


def _is_encoding(name: str) -> bool:
    try:
        codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    return True


def check_weights(draft: StudyDraft) -> None:
    """Weighting plans name groups, blocks and fields that exist, and bounds around 1."""
    assert draft.instrument is not None
    kept = [entry.code for entry, _ in draft.instrument.fields if entry.role in KEPT_ROLES]
    for plan, place in draft.weights:
        refer(place, "group", "group", [plan.group], draft.known("group"))
        refer(place, "block", "block", [plan.block] if plan.block else [], draft.known("block"))
        for name in ("margins", "strata", "clusters"):
            refer(place, "field", name, getattr(plan, name), kept)
        refer(place, "field", "weight", [plan.weight] if plan.weight else [], kept)
        _check_plan(plan, place)
        _check_plan_margins(plan, place, draft)
    note_doubles(((f"{p.block}/{p.group}", place) for p, place in draft.weights), "group")


def _check_plan(plan: WeightPlan, place: Place) -> None:
    if plan.base == "given" and not plan.weight:
        place.note("weights.no_field", "weight", group=plan.group)
    for name in ("bounds", "trim"):
        pair = getattr(plan, name)
        if pair is not None and not 0 <= pair[0] < 1 < pair[1]:
            place.note("weights.around_one", name, low=pair[0], high=pair[1])
    if plan.distance == "logit" and plan.margins and plan.bounds is None:
        place.note("weights.logit_bounds", "bounds", group=plan.group)


def _check_plan_margins(plan: WeightPlan, place: Place, draft: StudyDraft) -> None:
    """Every variable a plan calibrates to has totals for its group and block."""
    found = {
        m.variable
        for m, _ in draft.tables["margins"]
        if m.group == plan.group and plan.block in ("", m.block)
    }
    for variable in plan.margins:
        if variable not in found:
            place.note("weights.no_margin", "margins", value=variable, group=plan.group)


def check_issued(draft: StudyDraft, known: Register) -> None:
    """Form codes are issued once; a form for one unit names it."""
    assert draft.instrument is not None
    forms = {form.code: form for form, _ in draft.instrument.questionnaires}
    questionnaires = draft.known("questionnaire")
    right: set[tuple[str, str]] = set()  # the same few pairs come again in thousands of rows
    for issued, place in draft.tables["issued"]:
        if (issued.questionnaire, issued.unit) in right:
            continue
        before = len(place.problems)
        form = forms.get(issued.questionnaire)
        if form is None:
            refer(place, "questionnaire", "questionnaire", [issued.questionnaire], questionnaires)
        if form is not None:
            known.refer(place, form.block, issued.unit)
            if not issued.unit and not form.matrix:
                place.note("issued.no_unit", "unit", questionnaire=form.code)
        if len(place.problems) == before:
            right.add((issued.questionnaire, issued.unit))
    note_doubles(((i.form_code, place) for i, place in draft.tables["issued"]), "form_code")


def check_frames(draft: StudyDraft, known: Register) -> None:
    """Populations are counts of known cells, each given once and for every assessed unit."""
    assert draft.instrument is not None
    matrix = {(form.block, form.group) for form, _ in draft.instrument.questionnaires if form.matrix}
    for frame, place in draft.tables["frames"]:
        known.refer(place, frame.block, frame.unit)
        refer(place, "group", "group", [frame.group], draft.known("group"))
        check_count(place, frame.population)
        if not frame.unit and (frame.block, frame.group) not in matrix:
            place.note("frames.no_unit", "unit", block=frame.block, group=frame.group)
    note_doubles((("/".join((f.block, f.unit, f.group)), p) for f, p in draft.tables["frames"]), "unit")
    if "frames" not in draft.broken:
        _check_gaps(draft, known)


def _check_gaps(draft: StudyDraft, known: Register) -> None:
    """A group with populations has one for every assessed unit of its block that has no estimate from elsewhere."""
    excluded = {(e.block, e.unit) for e, _ in draft.exclusions}
    external = _asked_elsewhere(draft)
    framed: dict[tuple[str, str], set[str]] = defaultdict(set)
    places: dict[tuple[str, str], Place] = {}
    for frame, place in draft.tables["frames"]:
        framed[frame.block, frame.group].add(frame.unit)
        places[frame.block, frame.group] = place
    for (block, group), units in framed.items():
        without = [
            unit
            for unit in known.units[block]
            if unit not in units and (block, unit) not in excluded and (block, unit, group) not in external
        ]
        if "" not in units and without:
            where = Place(draft.place.problems, places[block, group].file)
            where.note("frames.gap", "unit", block=block, group=group, units=without)


def _asked_elsewhere(draft: StudyDraft) -> set[tuple[str, str, str]]:
    """(block, unit, group) whose answers to a surveyed node come as an estimate of another survey."""
    assert draft.instrument is not None
    surveyed = {node.code for node, _ in draft.instrument.nodes if node.measured_by == "survey"}
    return {(e.block, e.unit, e.group) for e, _ in draft.tables["externals"] if e.node in surveyed}


def check_count(place: Place, value: float, column: str = "population") -> None:
    """Note a population below zero."""
    if value < 0:
        place.note("record.negative", column, value=value)


def check_margins(draft: StudyDraft, known: Register) -> None:
    """Margins name a kept field and one of its categories, once per cell, with at least two categories."""
    assert draft.instrument is not None
    fields = {f.code: dict(f.categories) for f, _ in draft.instrument.fields if f.role in KEPT_ROLES}
    categories: dict[tuple[str, ...], list[Place]] = defaultdict(list)
    for margin, place in draft.tables["margins"]:
        known.refer(place, margin.block, margin.unit)
        refer(place, "group", "group", [margin.group], draft.known("group"))
        refer(place, "field", "variable", [margin.variable], list(fields))
        if fields.get(margin.variable):
            refer(place, "category", "category", [margin.category], list(fields[margin.variable]))
        check_count(place, margin.population)
        categories[margin.block, margin.group, margin.unit, margin.variable].append(place)
    for (block, group, unit, variable), places in categories.items():
        if len(places) == 1:
            places[0].note(
                "margins.one_category", "category", variable=variable, group=group, block=block, unit=unit
            )
    note_doubles(
        (
            ("/".join((m.block, m.group, m.unit, m.variable, m.category)), p)
            for m, p in draft.tables["margins"]
        ),
        "category",
    )


def check_totals(draft: StudyDraft) -> None:
    """The margins of one cell agree in total with one another and with the frame."""
    frames = assessed_frames(draft)
    cells: dict[tuple[str, str, str], dict[str, list[Margin]]] = defaultdict(lambda: defaultdict(list))
    where: dict[tuple[str, ...], Place] = {}
    for margin, place in draft.tables["margins"]:
        cell = (margin.block, margin.group, margin.unit)
        cells[cell][margin.variable].append(margin)
        where.setdefault((*cell, margin.variable), place)
    for cell, variables in cells.items():
        totals = {name: fsum(m.population for m in rows) for name, rows in variables.items()}
        known = framed_total(frames.get(cell[:2], ()), cell[2])
        reference, expected = ("frames", known) if known is not None else next(iter(totals.items()))
        for name, total in totals.items():
            if not isclose(total, expected, rel_tol=TOTALS_AGREE):
                where[(*cell, name)].note(
                    "margins.total", "population", variable=name, block=cell[0], group=cell[1], unit=cell[2],
                    found=f"{total:.10g}", expected=f"{expected:.10g}", reference=reference,
                )  # fmt: skip


def assessed_frames(draft: StudyDraft) -> dict[tuple[str, str], list[Frame]]:
    """Frames by block and group, without those of excluded units."""
    excluded = {(e.block, e.unit) for e, _ in draft.exclusions}
    found: dict[tuple[str, str], list[Frame]] = defaultdict(list)
    for frame, _ in draft.tables["frames"]:
        if (frame.block, frame.unit) not in excluded:
            found[frame.block, frame.group].append(frame)
    return found


def framed_total(frames: Iterable[Frame], unit: str) -> float | None:
    """Population of a unit in the frames of its block and group; of all its units when the unit is empty."""
    found = [frame.population for frame in frames if unit in ("", frame.unit)]
    return fsum(found) if found else None


def check_externals(draft: StudyDraft, known: Register) -> None:
    """External estimates stand on known cells, carry their uncertainty and lie in their ranges."""
    assert draft.instrument is not None
    nodes = {node.code: node for node, _ in draft.instrument.nodes}
    for external, place in draft.tables["externals"]:
        known.refer(place, external.block, external.unit)
        refer(place, "node", "node", [external.node], draft.known("node"))
        if external.group:
            refer(place, "group", "group", [external.group], draft.known("group"))
        node = nodes.get(external.node)
        if node is not None and node.groups and external.group and external.group in draft.known("group"):
            refer(place, "node_group", "group", [external.group], [group for group, _ in node.groups])
        _check_external(external, place)
    keys = (("/".join((e.block, e.unit, e.node, e.group)), p) for e, p in draft.tables["externals"])
    note_doubles(keys, "node")


def _check_external(external: External, place: Place) -> None:
    within(place, "score", external.score, 0, 1)
    if external.satisfaction_percent is not None:
        within(place, "satisfaction_percent", external.satisfaction_percent, 0, 100)
    if external.se is None and external.n is None:
        place.note("externals.no_uncertainty", "se", node=external.node)
    if external.se is not None and external.se < 0:
        place.note("record.negative", "se", value=external.se)
    for name in ("n", "df"):
        value = getattr(external, name)
        if value is not None and value <= 0:
            place.note("record.not_positive", name, value=value)


def check_assessed(draft: StudyDraft, known: Register) -> None:
    """Assessed points stand on known nodes and between 0 and their maximum, once per unit."""
    assert draft.instrument is not None
    nodes = {node.code: node for node, _ in draft.instrument.nodes}
    for assessed, place in draft.tables["assessed"]:
        known.refer(place, assessed.block, assessed.unit)
        refer(place, "node", "node", [assessed.node], draft.known("node"))
        node = nodes.get(assessed.node)
        if node is None:
            continue
        if not _is_assessed(draft.instrument, node):
            place.note("assessed.not_assessed", "node", node=node.code, value=node.measured_by)
        if node.max_points is not None:
            within(place, "points", assessed.points, 0, node.max_points)
        elif assessed.points < 0:
            place.note("record.negative", "points", value=assessed.points)
    keys = (("/".join((a.block, a.unit, a.node)), place) for a, place in draft.tables["assessed"])
    note_doubles(keys, "node")
    _check_assessed_once(draft, nodes)


def _is_assessed(instrument: Draft, node: Node) -> bool:
    """A node that the council assesses, or a total of nothing else."""
    below = [child for child, _ in instrument.nodes if child.parent == node.code]
    if node.measured_by == "total" and below:
        return all(_is_assessed(instrument, child) for child in below)
    return node.measured_by == "assessment"


def _check_assessed_once(draft: StudyDraft, nodes: Mapping[str, Node]) -> None:
    """Points of a total are not given beside points of its parts."""
    given = {(a.block, a.unit, a.node) for a, _ in draft.tables["assessed"]}
    for assessed, place in draft.tables["assessed"]:
        node = nodes.get(assessed.node)
        seen = {assessed.node}
        while node is not None and node.parent and node.parent not in seen:
            if (assessed.block, assessed.unit, node.parent) in given:
                place.note("assessed.twice", "node", node=assessed.node, parent=node.parent)
            seen.add(node.parent)
            node = nodes.get(node.parent)


def check_decisions(draft: StudyDraft) -> None:
    """Decisions name their reviewer and reason, are dated, and one form has one decision."""
    decisions = draft.tables["decisions"]
    issued = {entry.form_code for entry, _ in draft.tables["issued"]} if decisions else set()
    for decision, place in decisions:
        check_period(place, decision.date, "", ("date", "date"))
        if issued and decision.form_code not in issued:
            place.note("decisions.not_issued", "form_code", severity="warning", value=decision.form_code)
    keys = ((f"{d.form_code}/{d.unit}".rstrip("/"), place) for d, place in decisions)
    note_doubles(keys, "form_code")


def check_unit_decisions(draft: StudyDraft, known: Register) -> None:
    """Confirmed spellings lead to registered units, each spelling to one."""
    for decision, place in draft.tables["unit_decisions"]:
        known.refer(place, decision.block, decision.unit_code, "unit_code")
    keys = ((f"{d.block}/{d.text}", place) for d, place in draft.tables["unit_decisions"])
    note_doubles(keys, "text")


def check_adjudication(draft: StudyDraft) -> None:
    """Decided disagreements name a field that exists and who decided, and are decided once."""
    known = ("unit", *draft.known("field"), *draft.known("item"))
    for entry, place in draft.tables["adjudication"]:
        refer(place, "field", "field", [entry.field.partition(" [")[0]], known)
        if entry.final.strip() and not entry.who.strip():
            place.note("record.missing", "who")
    keys = ((f"{a.form}/{a.field}", place) for a, place in draft.tables["adjudication"])
    note_doubles(keys, "field")
