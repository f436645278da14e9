"""Figures that were published of a year, as points of a series: no interval, no difference to what a round measured.

How a published figure was measured, and how sure it is, nobody knows here: it is shown beside the measured ones and never
subtracted from them. Where a round measured the same year, a difference beyond the rounding of the printed figure is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pandas as pd

from surveys.comparison.compared_round import ComparedRound, Key
from surveys.comparison.headline_file import newest_with
from surveys.comparison.lines import Lines
from surveys.definitions.instrument.records import Node
from surveys.definitions.study.headlines import FIRST_YEAR, LAST_YEAR, full_value, node_of
from surveys.definitions.study.records import Headline
from surveys.problems import Problems
from surveys.vocabulary.columns import SERIES_COLUMNS
from surveys.vocabulary.levels import ALL_GROUPS, SURVEY, TOTAL
from surveys.vocabulary.remarks import Remark, remark
from surveys.vocabulary.statuses import PUBLISHED

#: Noise of floats beside the rounding of printed figures.
_NOISE = 1e-9
_FIGURE = ["block", "unit_code", "node_code", "part"]


@dataclass(frozen=True)
class _Figure:
    """A published figure in the line of its unit and node: the round whose codes it is in."""

    printed: Headline
    at: int
    node: Node


def published_rows(
    rounds: Sequence[ComparedRound], lines: Lines, headlines: Sequence[Headline], problems: Problems
) -> pd.DataFrame:
    """One row for each figure, ``SERIES_COLUMNS`` with ``_when``, its place among the rounds, and ``_year`` and ``_half``, half a
    unit of the last printed digit on the scale of the score.

    ``headlines``: beside those of the rounds, in the codes of the newest round that has the unit. A figure that several files
    have stands once; where they contradict each other, that of the file given counts, then the newest round's, and it is told.
    """
    newest = len(rounds) - 1
    given = (
        (figure, at if (at := newest_with(rounds, figure)) is not None else newest) for figure in headlines
    )
    of_rounds = ((f, at) for at in reversed(range(len(rounds))) for f in rounds[at].headlines)
    rows: dict[tuple[object, ...], tuple[Headline, dict[str, object]]] = {}
    for figure, at in chain(given, of_rounds):
        node = node_of(figure, rounds[at].instrument)
        if node is None:
            continue
        row = _row(_Figure(figure, at, node), rounds, lines)
        key = tuple(row[name] for name in ("block", "unit_code", "node_code", "period", "document"))
        before = rows.setdefault(key, (figure, row))[0]
        if (before.value, before.measure, before.rank) != (figure.value, figure.measure, figure.rank):
            problems.add(
                "compare.headlines_differ",
                severity="warning",
                unit=figure.unit,
                year=figure.year,
                document=figure.document,
            )
    columns = [*SERIES_COLUMNS, "_when", "_year", "_half"]
    found = pd.DataFrame([row for _, row in rows.values()], columns=columns)
    numbers = ["score", "ci_low", "ci_high", "percent", "points", "max_points", "_half"]
    whole = ["rank", "rank_low", "rank_high", "of_units"]
    found = found.astype({**dict.fromkeys(numbers, float), **dict.fromkeys(whole, "Int64")})
    return found.sort_values("_when", kind="stable", ignore_index=True)


def _row(figure: _Figure, rounds: Sequence[ComparedRound], lines: Lines) -> dict[str, object]:
    printed, round_ = figure.printed, rounds[figure.at]
    own: Key = (printed.block, printed.unit)
    unit, node = lines.of_unit(own, figure.at), lines.of_node((figure.node.code, False), figure.at)
    block, code = unit.code if unit else own
    full = full_value(printed, figure.node)
    value = np.nan if printed.value is None else float(printed.value)
    score = value / full if full else np.nan
    most = figure.node.max_points
    said = (remark("compare.said", text=printed.note),) if printed.note else ()
    return {
        "block": block,
        "unit_code": code,
        "unit_name": round_.register.get(own, printed.unit),
        "node_code": node.code[0] if node else figure.node.code,
        "node_level": figure.node.level,
        "group": ALL_GROUPS,
        "part": TOTAL if round_.instrument.assessed_leaves(figure.node.code, printed.block) else SURVEY,
        "round": str(printed.year),
        "period": str(printed.year),
        "edition": "",
        "unit_code_then": printed.unit,
        "node_code_then": figure.node.code,
        "basis": PUBLISHED,
        "status": "",
        "score": score,
        "percent": 100.0 * score,
        "points": np.nan if most is None else score * most,
        "max_points": most,
        "rank": printed.rank,
        "of_units": printed.of_units,
        "comparable": PUBLISHED,
        "last_round": lines.labels[min([len(rounds) - 1, *(one.last for one in (unit, node) if one)])],
        "note": (Remark("compare.published"), *said),
        "document": printed.document,
        "_when": moment_of(printed.year, rounds),
        "_year": printed.year,
        "_half": _half_a_digit(printed) / full if full else np.nan,
    }


def moment_of(year: int, rounds: Sequence[ComparedRound]) -> float:
    """Where a figure published of a year stands among the rounds, which stand at 0, 1, …: behind those of that year and of
    earlier ones, before the next; figures of several years in their order.

    >>> moment_of(2021, []) < moment_of(2022, []) < 0
    True
    """
    earlier = sum(one.year is not None and one.year <= year for one in rounds)
    return earlier - 1.0 + (year - FIRST_YEAR + 1) / (LAST_YEAR - FIRST_YEAR + 2)


def _half_a_digit(printed: Headline) -> float:
    """Half a unit of the last digit that is printed.

    >>> from decimal import Decimal
    >>> _half_a_digit(Headline("tinh", "ha-noi", "", 2023, "164/KH", Decimal("83.50"), "percent"))
    0.005
    """
    exponent = 0 if printed.value is None else printed.value.as_tuple().exponent
    return 0.5 * 10.0 ** (exponent if isinstance(exponent, int) else 0)


def tell_differing(
    figures: pd.DataFrame,
    rounds: Sequence[ComparedRound],
    measured: Sequence[pd.DataFrame],
    problems: Problems,
) -> None:
    """Published figures that are not what a round measured of their year, beyond the rounding of what is printed."""
    for round_, rows in zip(rounds, measured, strict=True):
        of_year = figures[figures["_year"] == round_.year]
        over_groups = rows.loc[rows["group"] == ALL_GROUPS, [*_FIGURE, "percent"]]
        both = of_year.merge(over_groups, on=_FIGURE, suffixes=("", "_measured"))
        gap = (both["percent"] - both["percent_measured"]).abs() / 100.0
        for row in both[gap > both["_half"] + _NOISE].to_dict("records"):
            problems.add(
                "compare.published_differs",
                severity="warning",
                unit=row["unit_code"],
                node=row["node_code"],
                year=row["period"],
                document=row["document"],
                round=round_.label,
                published=f"{row['percent']:.6g}",
                measured=f"{row['percent_measured']:.6g}",
            )
