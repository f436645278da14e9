"""The shipped editions as plain tables: read with csv and tomllib only, so that no engine code stands between; an edition that
states only its differences is written out first."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from surveys.definitions.instrument.written_out import written_out

SHELF = Path(__file__).parents[2] / "questionnaires"
EDITIONS = (
    "ha-noi/2023",
    "ha-noi/2025",
    "papi/2018",
    "papi/2021",
    "par-index/2022",
    "sipas/2022",
    "sipas/2023",
)
TABLES = ("tree.csv", "items.csv", "units.csv")

Rows = list[dict[str, str]]


def listed(cell: str) -> list[str]:
    """Entries of a cell divided by ``;``."""
    return [part for part in cell.split(";") if part]


def read_rows(path: Path) -> Rows:
    """Rows of a CSV; a row that is too long or too short shows up under the key None or with the value None."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True)
class Edition:
    """One folder of definitions."""

    name: str
    toml: dict[str, Any]
    tree: Rows
    items: Rows
    units: Rows

    @property
    def folder(self) -> Path:
        return SHELF / self.name

    def node(self, code: str) -> dict[str, str]:
        return {row["code"]: row for row in self.tree}[code]

    def children(self, code: str) -> Rows:
        return [row for row in self.tree if row["parent"] == code]

    def items_of(self, node: str) -> Rows:
        return [row for row in self.items if row["node"] == node]

    def on(self, questionnaire: str) -> Rows:
        return [row for row in self.items if questionnaire in listed(row["questionnaires"])]

    @property
    def scored_leaves(self) -> Rows:
        """Nodes with items whose answers enter a total."""
        return [row for row in self.tree if row["measured_by"] == "survey" and row["rule"] != "shares"]


def read_edition(name: str) -> Edition:
    folder = SHELF / name
    toml = tomllib.loads((folder / "instrument.toml").read_text(encoding="utf-8"))
    if "based_on" not in toml["identity"]:
        return Edition(name, toml, *(read_rows(folder / table) for table in TABLES))
    whole = {file: content.decode() for file, content in written_out(folder).items()}
    tables = (list(csv.DictReader(whole[table].splitlines())) for table in TABLES)
    return Edition(name, tomllib.loads(whole["instrument.toml"]), *tables)
