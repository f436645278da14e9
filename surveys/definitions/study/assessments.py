"""What a table of assessments owes the index: points within their maximum, no node assessed twice, and what came late or is
missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Sequence

from surveys.definitions.draft import StudyDraft
from surveys.definitions.instrument.records import Instrument, Node, Unit
from surveys.definitions.shared_checks import check_period, within
from surveys.definitions.study.records import Assessment, AssessmentDates
from surveys.problems import Place, the_first
from surveys.vocabulary.combination_names import CHILD_RULES, SUM

#: The steps of an assessment that are points, in their order.
STEPS = ("self_assessed", "first_appraisal", "final")
#: Rules of parents that points cannot be added up by.
_NO_SUMS = tuple(rule for rule in CHILD_RULES if rule != SUM)
#: More codes than this are not listed in one message.
MOST_LISTED = 12


def check_assessments(draft: StudyDraft, excluded: Container[tuple[str, str]]) -> None:
    """Assessments stand on assessed nodes of units that are not excluded, between 0 and the maximum of what is assessed; a
    node is assessed at one level only. What came after its last day, and self-assessments that are missing, are warnings."""
    dates, at = draft.one(AssessmentDates), draft.place.below("assessment")
    for column in ("self_assessed_by", "explained_by"):
        check_period(at, getattr(dates, column), "", (column, column))
    if draft.instrument is None:
        return
    rows: dict[tuple[str, str], dict[str, Place]] = defaultdict(dict)
    for made, place in draft.of(Assessment):
        rows[made.block, made.unit].setdefault(made.node, place)
    for made, place in draft.of(Assessment):
        if (made.block, made.unit) in excluded:
            place.note("assessments.excluded", "unit", unit=made.unit, block=made.block)
        check_period(place, made.self_assessed_on, "", ("self_assessed_on",) * 2)
        check_period(place, made.explained_on, "", ("explained_on",) * 2)
        if made.node in draft.instrument.instrument.node and Node not in draft.instrument.broken:
            _check_node(draft.instrument.instrument, made, place)
            _check_twice(draft.instrument.instrument, made, rows[made.block, made.unit], place)
    _check_late(draft, dates)
    if not (draft.broken & {Assessment, Unit} or Node in draft.instrument.broken):
        _check_missing(draft, draft.instrument.instrument, excluded)


def _check_node(instrument: Instrument, made: Assessment, place: Place) -> None:
    """The node has a part that the council assesses, all of it added up, and no step is above the maximum of that part."""
    node, leaves = instrument.node[made.node], instrument.assessed_leaves(made.node, made.block)
    if not leaves:
        place.note("assessments.not_assessed", "node", node=node.code, value=node.measured_by)
        return
    for leaf in leaves:
        mixed = next((n for n in instrument.line[leaf.code][1:] if n.rule in _NO_SUMS), None)
        if mixed is not None:
            place.note("assessments.not_summed", "node", node=leaf.code, parent=mixed.code, rule=mixed.rule)
            return
    maximum = assessed_maximum(instrument, made.node, made.block)
    for step in STEPS:
        points = getattr(made, step)
        if points is not None:
            within(place, step, points, 0, maximum)


def assessed_maximum(instrument: Instrument, node: str, block: str) -> float:
    """Maximum points of the part of a node that the council assesses; the sum of its leaves' to the twelfth digit, so that
    sums of decimal fractions are what they are on paper."""
    total = sum(leaf.max_points or 0.0 for leaf in instrument.assessed_leaves(node, block))
    return float(f"{total:.12g}")


def _check_twice(instrument: Instrument, made: Assessment, rows: dict[str, Place], place: Place) -> None:
    """No node above has points of its own."""
    for above in instrument.line[made.node][1:]:
        if above.code in rows:
            where = rows[above.code].row
            place.note("assessments.twice", "node", node=made.node, parent=above.code, first=where)


def _check_late(draft: StudyDraft, dates: AssessmentDates) -> None:
    """One warning for what a unit sent on a day after the last one, at the first of its rows."""
    for code, column, by in (
        ("assessments.self_late", "self_assessed_on", dates.self_assessed_by),
        ("assessments.explained_late", "explained_on", dates.explained_by),
    ):
        late: dict[tuple[str, str, str], list[tuple[str, Place]]] = defaultdict(list)
        for made, place in draft.of(Assessment):
            on = getattr(made, column)
            if by and on > by:
                late[made.block, made.unit, on].append((made.node, place))
        for (_, unit, on), rows in late.items():
            nodes = the_first([node for node, _ in rows], MOST_LISTED)
            told = {"unit": unit, "nodes": nodes, "date": on, "by": by}
            rows[0][1].note(code, column, severity="warning", **told)


def _check_missing(draft: StudyDraft, instrument: Instrument, excluded: Container[tuple[str, str]]) -> None:
    """One warning per unit of which self-assessments are missing, at its first row or in the file."""
    rows: dict[tuple[str, str], list[tuple[Assessment, Place]]] = defaultdict(list)
    for made, place in draft.of(Assessment):
        rows[made.block, made.unit].append((made, place))
    file = next((place.file for _, place in draft.of(Assessment)), "")
    for unit in draft.all(Unit):
        of_unit = rows.get((unit.block, unit.code), [])
        if file and (unit.block, unit.code) not in excluded:
            where = of_unit[0][1] if of_unit else Place(draft.problems, file)
            nodes = without_self_assessment(instrument, unit.block, [made for made, _ in of_unit])
            listed = {"count": len(nodes), "nodes": the_first(nodes, MOST_LISTED)}
            if nodes:
                where.note(
                    "assessments.no_self", "self_assessed", severity="warning", unit=unit.code, **listed
                )


def without_self_assessment(
    instrument: Instrument, block: str, assessments: Sequence[Assessment]
) -> list[str]:
    """Codes of the assessed nodes of a block for which the ``assessments`` of one unit have no self-assessment, on the node
    itself or above it."""
    given = {made.node for made in assessments if made.self_assessed is not None}
    leaves = instrument.assessed_leaves("", block)
    return [leaf.code for leaf in leaves if not given & {node.code for node in instrument.line[leaf.code]}]
