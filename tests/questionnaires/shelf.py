"""The shipped editions as plain tables: read with csv and tomllib only, so that no engine code stands between; an edition that
states only its differences is written out first."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SHELF = Path(__file__).parents[2] / "questionnaires"
EDITIONS = (
    "ha-noi/2023", "ha-noi/2025", "papi/2018", "papi/2019", "papi/2021", "par-index/2022", "par-index/2023", "sipas/2022",
    "sipas/2023",
)  # fmt: skip

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
    tables = [
        read_rows(folder / file) if (folder / file).is_file() else []
        for file in ("tree.csv", "items.csv", "units.csv")
    ]
    own = Edition(name, toml, *tables)
    base = toml["identity"].get("based_on")
    return in_full(read_edition(base), own) if base else own


def in_full(base: Edition, own: Edition) -> Edition:
    """An edition of differences written out in full, the slow way: what is taken away goes, then code by code the own one stands
    for that of the base, in its place; what is new, or named as taken away and given again, stands at the end."""
    without = own.toml.get("without", {})
    blocks = without.get("blocks", [])
    gone = {kind: set(without.get(kind, [])) for kind in ("nodes", "items", "units", "questionnaires")}
    gone["questionnaires"] |= {q["code"] for q in base.toml["questionnaires"] if q["block"] in blocks}
    for row in base.tree:
        left = [block for block in listed(row["blocks"]) if block not in blocks]
        gone["nodes"] |= {row["code"]} if row["blocks"] and not left else set()
        row["blocks"] = ";".join(left)
    while below := {row["code"] for row in base.tree if row["parent"] in gone["nodes"]} - gone["nodes"]:
        gone["nodes"] |= below
    tree = [row for row in base.tree if row["code"] not in gone["nodes"]]
    items = [
        row for row in base.items if row["code"] not in gone["items"] and row["node"] not in gone["nodes"]
    ]
    for row in items:
        left = [form for form in listed(row["questionnaires"]) if form not in gone["questionnaires"]]
        row["questionnaires"] = ";".join(left)
    items = [row for row in items if row["questionnaires"]]
    units = [row for row in base.units if row["code"] not in gone["units"] and row["block"] not in blocks]
    toml: dict[str, Any] = {key: value for key, value in own.toml.items() if key != "without"}
    for key, value in base.toml.items():
        taken = gone["questionnaires"] if key == "questionnaires" else set(without.get(key, []))
        if key == "identity":
            toml[key] = (
                {"total_points": value["total_points"], **toml[key]} if "total_points" in value else toml[key]
            )
        elif key == "scales":
            both = {
                **value,
                **{code: {**value.get(code, {}), **new} for code, new in toml.get(key, {}).items()},
            }
            toml[key] = {code: scale for code, scale in both.items() if code not in taken}
        elif isinstance(value, dict):
            toml[key] = {**value, **toml.get(key, {})}
        else:
            known_by = ("rule", "questionnaires") if key == "rules" else ("code",)
            kept = [entry for entry in value if str(entry[known_by[0]]) not in taken]
            toml[key] = _over(kept, toml.get(key, []), known_by)
    rows = (
        ("nodes", base.tree, tree, own.tree),
        ("items", base.items, items, own.items),
        ("units", base.units, units, own.units),
    )
    named = {kind: set(without.get(kind, [])) for kind, *_ in rows}
    whole = (
        [
            row
            for row in _over(
                [row for row in old if row["code"] not in named[kind]],
                new,
                ("block", "code") if kind == "units" else ("code",),
            )
            if row in (*left, *new)
        ]
        for kind, old, left, new in rows
    )
    return Edition(own.name, toml, *whole)


def _over(old: list[Any], new: list[Any], known_by: tuple[str, ...]) -> list[Any]:
    found = {str([entry.get(key, []) for key in known_by]): entry for entry in old}
    for entry in new:
        key = str([entry.get(key, []) for key in known_by])
        found[key] = {**found.get(key, {}), **entry}
    return list(found.values())
