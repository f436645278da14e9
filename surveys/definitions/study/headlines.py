"""What a published figure owes the index: a value or a rank, within what the node can reach."""

from __future__ import annotations

from surveys.definitions.instrument.records import Instrument, Node
from surveys.definitions.shared_checks import within
from surveys.definitions.study.records import Headline
from surveys.problems import Place

#: Years of which figures may be published.
FIRST_YEAR, LAST_YEAR = 2000, 2100


def check_headline(figure: Headline, place: Place, instrument: Instrument) -> None:
    """Note a figure without value and rank, a value without measure or beyond what the node can reach, and no possible rank."""
    within(place, "year", figure.year, FIRST_YEAR, LAST_YEAR)
    if figure.value is None and figure.rank is None:
        place.note("headlines.nothing", "value")
    if figure.rank is not None:
        within(place, "rank", figure.rank, 1, figure.of_units or figure.rank)
    if figure.value is not None and not figure.measure:
        place.note("headlines.no_measure", "measure")
    elif figure.value is not None:
        node = node_of(figure, instrument)
        if figure.measure == "points" and node is not None and node.max_points is None:
            place.note("headlines.no_points", "measure", node=node.code)
        elif node is not None:
            within(place, "value", float(figure.value), 0, full_value(figure, node))


def node_of(figure: Headline, instrument: Instrument) -> Node | None:
    """The node that a figure is about, for an empty code the root; None where the instrument has none of that code."""
    roots = instrument.children.get("", ())
    return instrument.node.get(figure.node or (roots[0].code if roots else ""))


def full_value(figure: Headline, node: Node) -> float:
    """What a unit that reaches everything has in the measure of a figure."""
    return {"points": node.max_points or 0.0, "percent": 100.0}.get(figure.measure, 1.0)
