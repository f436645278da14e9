"""A file of published figures given beside rounds, in the codes of the newest round that has the unit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from surveys.comparison.compared_round import ComparedRound
from surveys.definitions.csv_tables import read_table
from surveys.definitions.record_building import build, columns_of, from_cells
from surveys.definitions.shared_checks import note_doubles
from surveys.definitions.study.headlines import check_headline
from surveys.definitions.study.records import Headline
from surveys.problems import Place, Problems


def read_headlines(path: str | Path, rounds: Sequence[ComparedRound]) -> tuple[Headline, ...]:
    """The rows of a CSV with the columns of ``headlines.csv`` of a study.

    Raises :class:`surveys.problems.SurveyError` with every row that is faulty, names a unit that no round has or a node that the
    edition of that round does not have, or stands there twice.
    """
    problems = Problems()
    table = read_table(Path(path), columns_of(Headline), problems)
    built = [(build(Headline, from_cells(Headline, row), row.place), row.place) for row in table or ()]
    found = [(made, place) for made, place in built if made is not None and _fits(made, place, rounds)]
    keys = ("/".join((made.block, made.unit, made.node, str(made.year), made.document)) for made, _ in found)
    note_doubles(zip(keys, (place for _, place in found), strict=True), "document")
    problems.raise_errors()
    return tuple(made for made, _ in found)


def newest_with(rounds: Sequence[ComparedRound], figure: Headline) -> int | None:
    """The position of the newest round in which the unit of a figure took part, or else whose register has it; None where there
    is none."""
    unit, newest_first = (figure.block, figure.unit), range(len(rounds) - 1, -1, -1)
    took_part = (at for at in newest_first if unit in rounds[at].unit_keys)
    return next(took_part, next((at for at in newest_first if unit in rounds[at].register), None))


def _fits(figure: Headline, place: Place, rounds: Sequence[ComparedRound]) -> bool:
    """Whether unit and node of a figure are known; everything else that is wrong with it is noted."""
    at = newest_with(rounds, figure)
    if at is None:
        _note_unit(figure, place, rounds)
        return False
    instrument = rounds[at].instrument
    if figure.node and figure.node not in instrument.node:
        place.not_accepted("reference.node", "node", figure.node, instrument.node)
        return False
    check_headline(figure, place, instrument)
    return True


def _note_unit(figure: Headline, place: Place, rounds: Sequence[ComparedRound]) -> None:
    known = dict.fromkeys(key for one in reversed(rounds) for key in one.register)
    blocks = list(dict.fromkeys(block for block, _ in known))
    if figure.block not in blocks:
        place.not_accepted("reference.block", "block", figure.block, blocks)
    else:
        units = [unit for block, unit in known if block == figure.block]
        place.not_accepted("reference.unit", "unit", figure.unit, units)
