"""The codebook of the package: which tables it has, what their columns mean, how their numbers are printed.

One declaration serves the writer (:mod:`surveys.handover.tables`), the Data Package descriptor and the verification,
so that none of them can drift from the others. Labels and explanations are wording: ``handover.column.NAME`` and
``handover.about.NAME``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from surveys.definitions.study.records import Output
from surveys.problems import phrase
from surveys.vocabulary.statuses import CHANGE_STATUSES, DISPOSITIONS, STATUSES

#: How a column is printed: text (codes and words), remarks (codes that become words), count (whole numbers), plain (shortest
#: decimal), and the kinds whose decimals the study declares: score, percent, points; probability has two decimals more than
#: percent.
Kind = Literal["text", "remarks", "count", "plain", "score", "percent", "points", "probability"]

_STANDARD = "https://datapackage.org/profiles/2.0"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``lowest`` and ``highest`` bound its numbers; ``accepted`` closes its words; ``required``: no gaps."""

    name: str
    kind: Kind = "text"
    lowest: float | None = None
    highest: float | None = None
    accepted: tuple[str, ...] = ()
    required: bool = False

    @property
    def is_number(self) -> bool:
        return self.kind not in ("text", "remarks")


@dataclass(frozen=True)
class Table:
    """One CSV file of the package. ``path`` is relative to the folder of its descriptor; ``key`` identifies a row."""

    name: str
    path: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    bom: bool = False

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @cached_property
    def column(self) -> Mapping[str, Column]:
        return {column.name: column for column in self.columns}


def decimals_of(kind: Kind, output: Output) -> int | None:
    """Digits after the point of a printed number; None where the shortest decimal is printed.

    >>> decimals_of("points", Output()), decimals_of("plain", Output())
    (4, None)
    """
    return {
        "count": 0,
        "score": output.score_decimals,
        "percent": output.percent_decimals,
        "probability": output.percent_decimals + 2,
        "points": output.points_decimals,
    }.get(kind)


def _words(*names: str, required: bool = True) -> tuple[Column, ...]:
    return tuple(Column(name, required=required) for name in names)


def _counts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "count", lowest=0) for name in names)


_STATUS = Column("status", accepted=STATUSES, required=True)
_NOTE = Column("note", "remarks")
_PERCENT = Column("percent", "percent", 0, 100)
_POINTS = (Column("max_points", "plain", lowest=0), Column("points", "points", lowest=0))
_RANKS = _counts("rank", "rank_low", "rank_high")

SCORES = Table(
    "scores",
    "scores.csv",
    (
        *_words("edition", "block", "unit_code", "unit_name", "node_code", "node_level", "group"),
        *_counts("n_valid"),
        Column("n_eff", "score", 0),
        Column("score", "score", 0, 1),
        Column("se", "score", 0),
        Column("ci_low", "score"),
        Column("ci_high", "score"),
        Column("df", "score", 0),
        Column("satisfaction_percent", "percent", 0, 100),
        Column("satisfaction_ci_low", "percent"),
        Column("satisfaction_ci_high", "percent"),
        *_POINTS,
        _STATUS,
        _NOTE,
    ),
    key=("block", "unit_code", "node_code", "group"),
)
UNITS = Table(
    "units",
    "units.csv",
    (
        *_words("block", "unit_code", "unit_name"),
        Column("points", "points", 0),
        Column("max_points", "plain", 0),
        _PERCENT,
        Column("ci_low", "percent"),
        Column("ci_high", "percent"),
        *_RANKS,
        Column("probability_top_quarter", "probability", 0, 1),
        Column("unit_group"),
        _STATUS,
        _NOTE,
    ),
    key=("block", "unit_code"),
)
SHARES = Table(
    "shares",
    "shares.csv",
    (
        *_words(
            "edition", "block", "unit_code", "node_code", "item_code", "level_code", "level_label", "group"
        ),
        *_counts("n_valid"),
        Column("share", "score", 0, 1),
        Column("se", "score", 0),
        Column("ci_low", "score"),
        Column("ci_high", "score"),
        _STATUS,
        _NOTE,
    ),
    key=("block", "unit_code", "item_code", "level_code", "group"),
)
UNWEIGHTED = Table(
    "unweighted",
    "unweighted.csv",
    (
        *_words("block", "unit_code", "node_code", "group"),
        *(Column(name, "score", 0, 1) for name in ("score", "unweighted_score")),
        *(Column(name, "score", 0) for name in ("se", "unweighted_se")),
        *(Column(name, "score") for name in ("ci_low", "ci_high", "unweighted_ci_low", "unweighted_ci_high")),
    ),
    key=("block", "unit_code", "node_code", "group"),
)
FORMS = Table(
    "forms",
    "forms.csv",
    (
        *_words("form_code", "questionnaire", "block", "unit_code", "group", "mode", required=False),
        *_words("source_file"),
        Column("source_row", "count", 1, required=True),
        Column("disposition", accepted=DISPOSITIONS, required=True),
        Column("reasons"),
    ),
)
FUNNEL = Table(
    "funnel",
    "funnel.csv",
    (
        *_words("block", "unit_code", "group", "questionnaire", required=False),
        *_counts("issued", "returned", *DISPOSITIONS),
    ),
    key=("block", "unit_code", "group", "questionnaire"),
)
WEIGHTS = Table(
    "weights",
    "weights.csv",
    (
        *_words("block", "unit_code", "group", "questionnaire", "form_code"),
        *(
            Column(name, "score", 0, required=True)
            for name in ("base_weight", "calibrated_weight", "weight", "g")
        ),
    ),
)
DIAGNOSTICS = Table(
    "weight-diagnostics",
    "weight-diagnostics.csv",
    (
        *_words("block", "group"),
        *_counts("forms", "evaluations"),
        Column("population", "plain", 0),
        *(
            Column(name, "score", 0)
            for name in ("weight_total", "lowest_weight", "highest_weight", "kish_deff", "effective_n")
        ),
        *_words("calibrated_to", required=False),
        *_counts("trimmed"),
    ),
    key=("block", "group"),
)
TREE = Table(
    "tree",
    "tree.csv",
    (
        *_words("code"),
        *_words("parent", required=False),
        *_words("level"),
        *_words("rule", "measured_by", required=False),
        Column("weight", "plain"),
        Column("max_points", "plain", 0),
        Column("low", "plain"),
        Column("high", "plain"),
        *_words("groups", "blocks", required=False),
        *_words("label_vi", "label_en", required=False),
    ),
    key=("code",),
)
REASONS = Table(
    "reasons",
    "review/reasons.csv",
    (
        *_words("form_code", "questionnaire", "block", "unit_code", "group", required=False),
        *_words("rule", "severity"),
        *_words("detail", required=False),
        *_words("source_file"),
        *_words("source_sheet", required=False),
        Column("source_row", "count", 1, required=True),
    ),
    bom=True,
)
UNDECIDED = Table(
    "undecided",
    "review/forms.csv",
    (
        *_words("form_code", "unit", "reasons_vi", "reasons", required=False),
        *_words("decision", "reviewer", "reason", "date", required=False),
        *_words("source_file"),
        Column("source_row", "count", 1, required=True),
    ),
    bom=True,
)
PROPOSALS = Table(
    "proposals",
    "review/units.csv",
    (
        *_words("block", "text"),
        *_counts("forms"),
        *_words("proposed_code", "proposed_name", required=False),
        Column("similarity", "probability", 0, 1),
        *_words("decision", required=False),
    ),
    key=("block", "text", "proposed_code"),
    bom=True,
)
CELLS = Table(
    "cells",
    "review/cells.csv",
    (
        *_words("source_file"),
        *_words("source_sheet", required=False),
        Column("source_row", "count", 1, required=True),
        *_words("form_code", required=False),
        *_words("item_code"),
        *_words("text", required=False),
        *_words("fault"),
    ),
    bom=True,
)
ENTRIES = Table(
    "entries",
    "review/entries.csv",
    (
        *_words("form", "field"),
        *_words("first", "second", "final", "who", required=False),
    ),
    bom=True,
)
AGREEMENT = Table(
    "agreement",
    "review/agreement.csv",
    (
        *_words("operator", required=False),
        *_words("field"),
        *_counts("compared", "agreed"),
        Column("share", "probability", 0, 1),
    ),
    bom=True,
)
CONVERSIONS = Table(
    "conversions",
    "review/conversions.csv",
    (
        *_words("file"),
        *_words("sheet", "column", required=False),
        *_words("conversion"),
        *_counts("cells"),
    ),
    bom=True,
)
WARNINGS = Table(
    "warnings",
    "review/warnings.csv",
    (
        *_words("code"),
        *_words("file", "sheet", required=False),
        Column("row", "count", 1),
        *_words("column", required=False),
        *_words("text_vi", "text_en"),
    ),
    bom=True,
)
COUNCIL_SCORES = Table(
    "council-scores",
    "scores.csv",
    (
        *_words("block", "unit_code", "unit_name", "node_code", "node_name"),
        *_POINTS,
        *_counts("n_valid"),
        _STATUS,
        _NOTE,
    ),
    key=("block", "unit_code", "node_code"),
)
COUNCIL_UNITS = Table(
    "council-units",
    "units.csv",
    (*_words("block", "unit_code", "unit_name"), *_POINTS, _PERCENT, *_RANKS, _STATUS, _NOTE),
    key=("block", "unit_code"),
)
REJECTED = Table(
    "council-rejected",
    "rejected.csv",
    (
        *_words("form_code", "questionnaire", "block", "unit_code", "group", required=False),
        *_words("reasons", "reasons_vi"),
    ),
)
CHANGES = Table(
    "changes",
    "changes.csv",
    (
        *_words("block"),
        *_words("unit_code_old", required=False),
        *_words("unit_code", "unit_name", "node_code", "node_level", "group"),
        Column("score_old", "score", 0, 1),
        Column("score_new", "score", 0, 1),
        Column("change", "score", -1, 1),
        Column("se", "score", 0),
        Column("ci_low", "score", -1, 1),
        Column("ci_high", "score", -1, 1),
        Column("df", "score", 0),
        Column("p_value", "score", 0, 1),
        Column("p_adjusted", "score", 0, 1),
        *_counts("rank_old", "rank_new"),
        Column("rank_change", "plain"),
        Column("status", accepted=CHANGE_STATUSES, required=True),
        _NOTE,
    ),
    key=("block", "unit_code", "node_code", "group"),
)


def descriptor(
    name: str, title: str, tables: Mapping[str, Table], files: Mapping[str, tuple[int, str]], output: Output
) -> dict[str, object]:
    """A Data Package v2 descriptor (https://datapackage.org/standard/data-package/).

    ``tables``: path → table; ``files``: path → (bytes, sha256 hex). Codes are never numbers, even where they look so.
    """
    return {
        "$schema": f"{_STANDARD}/datapackage.json",
        "name": name,
        "title": title,
        "description": f"{phrase('handover.package.about', 'vi')} | {phrase('handover.package.about', 'en')}",
        "resources": [_resource(path, table, *files[path], output) for path, table in tables.items()],
    }


def _resource(path: str, table: Table, size: int, digest: str, output: Output) -> dict[str, object]:
    return {
        "$schema": f"{_STANDARD}/dataresource.json",
        "name": table.name,
        "type": "table",
        "path": path,
        "title": phrase(f"handover.table.{table.name}", "vi"),
        "description": f"{phrase(f'handover.table.{table.name}', 'vi')} | {phrase(f'handover.table.{table.name}', 'en')}",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": size,
        "hash": f"sha256:{digest}",
        "dialect": {
            "delimiter": ",",
            "lineTerminator": "\r\n",
            "quoteChar": '"',
            "doubleQuote": True,
            "header": True,
        },
        "schema": {
            "$schema": f"{_STANDARD}/tableschema.json",
            "fieldsMatch": "exact",
            "fields": [_field(column, output) for column in table.columns],
            "missingValues": [""],
            **({"primaryKey": list(table.key)} if table.key else {}),
        },
    }


def _field(column: Column, output: Output) -> dict[str, object]:
    decimals = decimals_of(column.kind, output)
    kind = {"text": "string", "remarks": "string", "count": "integer"}.get(column.kind, "number")
    about = f"handover.about.{column.name}"
    field: dict[str, object] = {
        "name": column.name,
        "type": kind,
        "title": phrase(f"handover.column.{column.name}", "vi"),
        "description": f"{phrase(about, 'vi')} | {phrase(about, 'en')}",
    }
    if decimals:
        field["decimals"] = decimals
    constraints = _constraints(column)
    return {**field, "constraints": constraints} if constraints else field


def _constraints(column: Column) -> dict[str, object]:
    found: dict[str, object] = {"required": True} if column.required else {}
    if column.lowest is not None:
        found["minimum"] = column.lowest
    if column.highest is not None:
        found["maximum"] = column.highest
    if column.accepted:
        found["enum"] = list(column.accepted)
    return found
