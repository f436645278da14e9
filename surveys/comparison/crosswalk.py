"""Which unit of a new round succeeded which unit of an old one: from a crosswalk file, or from the old register.

A unit that was divided has no single successor: it is not compared, not even with a new unit of the same code.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from surveys.comparison.compared_round import DIVIDED, ComparedRound, Key
from surveys.definitions.csv_tables import TableColumns, read_table
from surveys.problems import Place, Problems

COLUMNS = TableColumns(dict.fromkeys(("block", "old_unit", "new_block", "new_unit"), True))


def successors(old: ComparedRound, new: ComparedRound, crosswalk: str | Path | None = None) -> dict[Key, Key]:
    """(block, old unit) → (block, new unit), or ``DIVIDED``.

    ``crosswalk``: a CSV with the columns block, old_unit, new_block, new_unit; without it the successors named in the old
    register count, for units that are not in the new round themselves. Raises :class:`surveys.problems.SurveyError` with every
    row that names an unknown unit.
    """
    if crosswalk is None:
        return from_register(old, new.unit_keys)
    problems = Problems()
    pairs = _read(Path(crosswalk), old.unit_keys, new.unit_keys, problems)
    problems.raise_errors()
    return single(pairs)


def from_register(old: ComparedRound, present: Sequence[Key]) -> dict[Key, Key]:
    """Successors that the old register names, where they take part in the new round and the unit itself does not."""
    by_code: dict[str, list[Key]] = {}
    for block, unit in present:
        by_code.setdefault(unit, []).append((block, unit))
    return single(
        ((unit.block, unit.code), heir)
        for unit in old.instrument.units
        if (unit.block, unit.code) not in set(present)
        for code in unit.successors
        for heir in by_code.get(code, ())
    )


def single(pairs: Iterable[tuple[Key, Key]]) -> dict[Key, Key]:
    """One successor for each old unit; ``DIVIDED`` for those with several.

    >>> single([(("huyen", "a"), ("xa", "x")), (("huyen", "b"), ("xa", "x")), (("huyen", "b"), ("xa", "y"))])
    {('huyen', 'a'): ('xa', 'x'), ('huyen', 'b'): ('', '')}
    """
    heirs: dict[Key, set[Key]] = {}
    for unit, heir in pairs:
        heirs.setdefault(unit, set()).add(heir)
    return {unit: next(iter(found)) if len(found) == 1 else DIVIDED for unit, found in heirs.items()}


def _read(
    path: Path, before: Sequence[Key], after: Sequence[Key], problems: Problems
) -> list[tuple[Key, Key]]:
    """The pairs of a crosswalk file; units that neither round has are noted with the nearest one."""
    table = read_table(path, COLUMNS, problems)
    pairs = []
    for row in table or ():
        unit, heir = (row["block"], row["old_unit"]), (row["new_block"], row["new_unit"])
        _refer(row.place, ("block", "old_unit"), unit, before)
        _refer(row.place, ("new_block", "new_unit"), heir, after)
        pairs.append((unit, heir))
    return pairs


def _refer(place: Place, columns: tuple[str, str], key: Key, known: Sequence[Key]) -> None:
    """Note a block that the round does not have, or a unit that is not in it."""
    blocks = list(dict.fromkeys(block for block, _ in known))
    if key[0] not in blocks:
        place.not_accepted("reference.block", columns[0], key[0], blocks)
    elif key not in known:
        units = [unit for block, unit in known if block == key[0]]
        place.not_accepted("reference.unit", columns[1], key[1], units)
