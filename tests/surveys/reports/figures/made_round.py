"""A round as it would be printed, written by hand: six communes, two groups, two criteria, four questions, two models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

import surveys as sv
from surveys.definitions.instrument.records import Group, Instrument
from surveys.handover.official_columns import TABLES
from surveys.handover.read_back import PrintedTable
from surveys.problems import Language
from surveys.reports.analysis_report.reported_round import RoundNames
from surveys.reports.figures.drawn_round import DrawnRound

SAMPLE = Path(__file__).parents[4] / "data-sample" / "first-survey"
#: Numbers that stand only where they must not be shown: at units and cells without a published result.
TRAP = ("12.34", "13.57")
UNITS = {
    "x1": ("91.02", "90.10", "91.90", "1", "1", "2", "ok"),
    "x2": ("88.50", "86.00", "90.00", "2", "1", "4", "provisional"),
    "x3": ("88.50", "87.25", "89.75", "2", "2", "4", "ok"),
    "x4": ("79.99", "75.00", "84.98", "4", "2", "4", "ok"),
    "x5": ("", *TRAP, "", "", "", "suppressed"),
    "x6": ("60.00", "", "", "", "", "", "ok"),
}
NODES = {
    "1": ("95.00", "90.00", "70.10", "81.00", "", "55.00"),
    "2": ("88.00", "87.50", "99.99", "79.00", "50.25", "64.00"),
}
GROUPS = {
    "citizens": (("92.00", "90.00", "94.00"), ("80.00", "70.00", "90.00"), ("85.00", "84.00", "86.00")),
    "staff": (("90.00", "85.00", "95.00"), ("95.00", "93.00", "97.00"), ("", *TRAP)),
}
#: Question → shares of its five levels; those of the last are not published.
ANSWERS = {
    "1a": ("0.05", "0.10", "0.20", "0.30", "0.35"),
    "1b": ("0.30", "0.25", "0.20", "0.15", "0.10"),
    "2a": ("0", "0", "0.125", "0.375", "0.5"),
    "2b": ("", "", "", "", ""),
}
#: Unit → earlier score, this score, p-value (empty: not known).
CHANGES = {
    "x1": ("0.80", "0.9102", "0.001"),
    "x2": ("0.90", "0.885", "0.4"),
    "x3": ("0.88", "0.885", ""),
    "x4": ("0.95", "0.7999", "0.01"),
}
#: Node → importance, performance, field.
DRIVERS = {"1": ("70.00", "72.50", "improve_first"), "2": ("30.00", "90.25", "possible_excess")}
FORMS = {
    "issued": "1250",
    "returned": "1100",
    "valid": "1000",
    "review": "40",
    "rejected": "50",
    "left_out": "10",
}
#: (mode, day) → forms returned.
DAYS = {
    ("online", "2025-10-01"): "10",
    ("paper", "2025-10-01"): "5",
    ("online", "2025-10-04"): "7",
    ("", ""): "3",
}


@cache
def instrument() -> Instrument:
    found = sv.load(SAMPLE).instrument
    return replace(found, groups=(*found.groups, Group("staff", "Cán bộ", "Staff")))


def table(name: str, rows: Sequence[Mapping[str, str]]) -> PrintedTable:
    """A table with the columns of the codebook, empty where the rows say nothing."""
    official = TABLES[name]
    cells = [[row.get(column, "") for column in official.names] for row in rows]
    frame = pd.DataFrame(cells, columns=list(official.names), dtype=object)
    return PrintedTable(official, official.path, frame, np.arange(2, 2 + len(rows), dtype=np.int64))


def units_table(units: Mapping[str, Sequence[str]]) -> PrintedTable:
    names = ("percent", "ci_low", "ci_high", "rank", "rank_low", "rank_high", "status")
    rows = (
        {"block": "xa", "unit_code": code, **dict(zip(names, of_unit, strict=True))}
        for code, of_unit in units.items()
    )
    return table("council-units", list(rows))


def made_tables() -> dict[str, PrintedTable]:
    percents = ("percent", "ci_low", "ci_high")
    scores = [
        {"block": "xa", "unit_code": unit, "node_code": node, "percent": percent}
        for node, of_node in {"0": [row[0] for row in UNITS.values()], **NODES}.items()
        for unit, percent in zip(UNITS, of_node, strict=True)
    ]
    groups = [
        {
            "block": "xa",
            "unit_code": unit,
            "node_code": "0",
            "group": group,
            **dict(zip(percents, of_unit, strict=True)),
        }
        for group, of_group in GROUPS.items()
        for unit, of_unit in zip(UNITS, of_group, strict=False)
    ]
    answers = [
        {
            "block": "xa",
            "item_code": item,
            "level_code": str(level),
            "group": group,
            "n_valid": "120",
            "share": share,
        }
        for item, shares in ANSWERS.items()
        for level, share in enumerate(shares, 1)
        for group in ("all", "citizens")
    ]
    changes = [
        {
            "block": "xa", "unit_code": unit, "node_code": "0", "group": "all", "part": "survey", "round_old": "dot-1",
            "round_new": "dot-2", "score_old": old, "score_new": new, "change": f"{float(new) - float(old):.10f}",
            "p_adjusted": p,
        }
        for unit, (old, new, p) in CHANGES.items()
    ]  # fmt: skip
    changes.append({**changes[0], "unit_code": "x6", "change": "", "score_old": TRAP[0], "p_adjusted": ""})
    model = {"block": "xa", "group": "citizens", "model": "chung"}
    drivers = [
        {**model, "node_code": node, "importance": importance, "performance": performance, "field": field}
        for node, (importance, performance, field) in DRIVERS.items()
    ]
    means = {"mean_importance": "50.00", "mean_performance": "81.38"}
    days = [
        {"questionnaire": "xa-1", "mode": mode, "day": day, "returned": forms, "valid": "0"}
        for (mode, day), forms in DAYS.items()
    ]
    return {
        "council-units": units_table(UNITS),
        "council-scores": table("council-scores", scores),
        "council-groups": table("council-groups", groups),
        "council-forms": table(
            "council-forms", [{"block": "xa", "questionnaire": "xa-1", "counted": "forms", **FORMS}]
        ),
        "answers": table("answers", answers),
        "changes": table("changes", changes),
        "drivers": table("drivers", drivers),
        "driver-models": table("driver-models", [{**model, **means}]),
        "days": table("days", days),
    }


def made(
    language: Language = "vi",
    tables: Mapping[str, PrintedTable] | None = None,
    names: Mapping[tuple[str, str], str] | None = None,
) -> DrawnRound:
    """The round; ``tables`` and ``names`` of units in place of its own."""
    of = instrument()
    called = names or {(u.block, u.code): u.name_vi if language == "vi" else u.name_en for u in of.units}
    return DrawnRound(RoundNames(of, language, called), tables or made_tables(), 0.95, 2)
