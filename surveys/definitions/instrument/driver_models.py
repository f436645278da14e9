"""What a model of the drivers of an overall judgement owes the rest of its instrument."""

from __future__ import annotations

from surveys.definitions.draft import InstrumentDraft
from surveys.definitions.instrument.records import DriverModel, Instrument, Item, Node, Questionnaire
from surveys.problems import Place

#: Factors of one model: fewer divide nothing, the work doubles with each further one.
FEWEST_NODES, MOST_NODES = 2, 15


def check_drivers(draft: InstrumentDraft) -> None:
    """The outcome is an item with an ordered scale that enters no index; the nodes are asked beside it, and none of them stands
    below another."""
    for model, place in draft.of(DriverModel):
        if not FEWEST_NODES <= len(model.nodes) <= MOST_NODES:
            place.note("drivers.count", "nodes", found=len(model.nodes), fewest=FEWEST_NODES, most=MOST_NODES)
        if not draft.broken & {Node, Item, Questionnaire}:
            _check_outcome(draft.instrument, model, place)
            _check_nodes(draft.instrument, model, place)


def _check_outcome(instrument: Instrument, model: DriverModel, place: Place) -> None:
    outcome = instrument.item.get(model.outcome)
    if outcome is None:
        return
    if outcome.node:
        place.note("drivers.scored", "outcome", item=outcome.code, node=outcome.node)
    if outcome.scale in instrument.scale and instrument.scale[outcome.scale].kind != "ordinal":
        place.note("drivers.scale", "outcome", item=outcome.code, scale=outcome.scale)


def _check_nodes(instrument: Instrument, model: DriverModel, place: Place) -> None:
    """Nodes with items of the index, each once and none within another, that every form with the outcome asks."""
    outcome = instrument.item.get(model.outcome)
    forms = outcome.questionnaires if outcome else ()
    named: set[str] = set()
    for code in (code for code in model.nodes if code in instrument.line):
        line = {node.code for node in instrument.line[code]}
        others = (other for other in model.nodes if other != code and other in line)
        within = next(others, code if code in named else None)
        named.add(code)
        if within is not None:
            place.note("drivers.twice", "nodes", node=code, other=within)
        asked = {form for item in instrument.items_below(code) for form in item.questionnaires}
        if not asked:
            place.note("drivers.no_items", "nodes", node=code)
            continue
        for form in (form for form in forms if form not in asked):
            place.note("drivers.not_asked", "nodes", node=code, questionnaire=form, item=model.outcome)
