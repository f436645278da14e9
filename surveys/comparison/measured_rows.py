"""The rows of a series that one round measured: its results under the codes of their lines, with what stands against a comparison
with the round before."""

from __future__ import annotations

import pandas as pd

from surveys.comparison.changes import KEYS, Comparison, at_roots, keys_of
from surveys.comparison.compared_round import ComparedRound, RoundPart
from surveys.comparison.lines import Lines
from surveys.vocabulary.levels import ITEM_LEVEL
from surveys.vocabulary.remarks import Remark, Remarks
from surveys.vocabulary.statuses import MEASURED, OK

_RANKS = ("rank", "rank_low", "rank_high")
_ROW = [*KEYS, "part"]


def measured_rows(round_: ComparedRound, lines: Lines, against: Comparison | None) -> pd.DataFrame:
    """``SERIES_COLUMNS`` and ``_when``, the place of the round among the others, in the order of the round's tables.
    ``against``: the comparison with the round before, None in the first round."""
    at = lines.labels.index(round_.label)
    parts = [_of_part(part, name) for name, part in round_.parts.items()]
    table = pd.concat(parts, ignore_index=True)
    table = table.merge(_breaks(table, against), on=_ROW, how="left")
    placed = _in_lines(table, lines, at)
    return placed.assign(
        round=round_.label,
        period=round_.period_text,
        edition=round_.instrument.name,
        basis=MEASURED,
        percent=100.0 * table["score"],
        document="",
        _when=float(at),
    )


def _of_part(part: RoundPart, name: str) -> pd.DataFrame:
    """The results of a part of the index, with the ranks beside the totals and how many units were ranked."""
    table = part.table.drop(columns="note", errors="ignore").reset_index(drop=True)
    ranks = {column: at_roots(table, keys_of(part.units), part.units, column) for column in _RANKS}
    ranked = table["block"].map(part.units.groupby("block")["rank"].count()).astype("Int64")
    return table.assign(part=name, **ranks, of_units=ranked.where(ranks["rank"].notna()))


def _breaks(table: pd.DataFrame, against: Comparison | None) -> pd.DataFrame:
    """What each row of a round is to the round before, and what is said where it is not comparable: nothing in the first round;
    no value where the round before lacks the part."""
    rows = table[_ROW]
    if against is None:
        nothing = pd.Series([()] * len(rows), index=rows.index, dtype=object)
        return rows.assign(comparable="", note=nothing)
    found = rows.merge(against.table[[*_ROW, "note"]].assign(comparable=against.breaks), on=_ROW, how="left")
    found["comparable"] = found["comparable"].fillna("no_value")
    notes: list[Remarks] = [
        () if code == OK else note if isinstance(note, tuple) else (Remark("compare.no_value"),)
        for code, note in zip(found["comparable"], found["note"], strict=True)
    ]
    return found.assign(note=pd.Series(notes, index=found.index, dtype=object))


def _in_lines(table: pd.DataFrame, lines: Lines, at: int) -> pd.DataFrame:
    """The rows under the codes of their lines, their own codes beside them, with the last round of each line, and what is said of
    its end in that round."""
    keys, items = keys_of(table), (table["node_level"] == ITEM_LEVEL).tolist()
    nodes = list(zip(table["node_code"].tolist(), items, strict=True))
    unit_of, node_of = lines.units_of(at), lines.nodes_of(at)
    places = [(unit_of[key], node_of[node]) for key, node in zip(keys, nodes, strict=True)]
    lasts = [unit if unit.last <= node.last else node for unit, node in places]
    notes = [
        (*note, place.ends) if place.ends is not None and place.last == at else note
        for note, place in zip(table["note"], lasts, strict=True)
    ]
    return table.assign(
        unit_code_then=table["unit_code"],
        node_code_then=table["node_code"],
        block=[unit.code[0] for unit, _ in places],
        unit_code=[unit.code[1] for unit, _ in places],
        node_code=[node.code[0] for _, node in places],
        last_round=[lines.labels[place.last] for place in lasts],
        note=pd.Series(notes, index=table.index, dtype=object),
    )
