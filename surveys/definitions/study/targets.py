"""Which targets stand for a unit; and what a table of targets owes the instrument.

Whether targets add up and are above what was reached is told where published ones are audited
(:mod:`surveys.published.study_targets`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from operator import itemgetter

from surveys.definitions.draft import StudyDraft
from surveys.definitions.instrument.records import Instrument, Node, ResultClass, UnitGroup
from surveys.definitions.shared_checks import checked_date, within
from surveys.definitions.study.agencies import check_item
from surveys.definitions.study.records import Target
from surveys.problems import Place
from surveys.vocabulary.measures import CLASS, COUNTED, OF_ROOT, PERCENT, POINTS, UNIT_GROUP


class TargetsInForce:
    """Looks up the targets of one unit."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self._rows: dict[tuple[str, str], list[tuple[int, Target]]] = defaultdict(list)
        for k, target in enumerate(targets):
            self._rows[target.block, target.unit].append((k, target))

    def of(self, block: str, unit: str) -> tuple[Target, ...]:
        """The targets of a unit, in the order of the file: of one place and measure that of the unit goes before that of its
        block, and that before the one of all blocks.

        >>> rows = [Target("", "", "0", "", "percent", "90"), Target("so", "noi-vu", "0", "", "percent", "92")]
        >>> found = TargetsInForce(rows)
        >>> [row.target for row in found.of("so", "noi-vu")], [row.target for row in found.of("so", "y-te")]
        (['92'], ['90'])
        """
        nearest: dict[tuple[str, ...], tuple[int, Target]] = {}
        for place in dict.fromkeys((("", ""), (block, ""), (block, unit))):
            for k, target in self._rows.get(place, ()):
                nearest[target.node, target.item, target.measure] = k, target
        return tuple(target for _, target in sorted(nearest.values(), key=itemgetter(0)))


def check_targets(draft: StudyDraft) -> None:
    """Targets are numbers, groups of units or classes as their measure says; those of ranks, groups and classes stand on the
    whole index, those of items in percent."""
    assert draft.instrument is not None
    instrument = draft.instrument.instrument
    for made, place in draft.of(Target):
        check_item(draft, made, place)
        checked_date(place, "due", made.due)
        _check_value(draft, made, place)
        if made.node in instrument.node and Node not in draft.instrument.broken:
            _check_measure(instrument, made, place)


def _check_measure(instrument: Instrument, made: Target, place: Place) -> None:
    """The node or item can have a target of this measure."""
    node = instrument.node[made.node]
    if made.measure in OF_ROOT and (node.parent or made.item):
        root = instrument.line[made.node][-1].code
        place.note(
            "targets.root_only", "measure", measure=made.measure, node=made.item or made.node, root=root
        )
    elif made.item and made.measure != PERCENT:
        place.note("targets.item_percent", "measure", measure=made.measure, item=made.item)
    elif made.measure == POINTS and node.max_points is None:
        place.note("targets.no_points", "measure", node=made.node)
    elif made.measure in (POINTS, PERCENT) and made.number is not None:
        most = node.max_points if made.measure == POINTS and node.max_points is not None else 100
        within(place, "target", float(made.number), 0, most)


def _check_value(draft: StudyDraft, made: Target, place: Place) -> None:
    """The target is what its measure asks for."""
    assert draft.instrument is not None
    known = {CLASS: ResultClass, UNIT_GROUP: UnitGroup}
    if made.measure in known:
        record = known[made.measure]
        accepted = draft.known(record) or draft.declared(record)
        if made.target not in accepted:
            place.not_accepted("record.not_accepted", "target", made.target, accepted)
        return
    number = made.number
    if number is None:
        place.note("record.not_number", "target", value=made.target)
    elif made.measure in COUNTED and number != int(number):
        place.note("record.not_whole", "target", value=made.target)
    elif made.measure in COUNTED and number <= 0:
        place.note("record.not_positive", "target", value=made.target)
