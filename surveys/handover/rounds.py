"""Rounds that were handed over, read back for a comparison; and the comparison handed over in turn."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from surveys.definitions.files import load_instrument, shipped
from surveys.definitions.instrument import Instrument, Unit
from surveys.definitions.study import Output
from surveys.definitions.tables import read_table
from surveys.handover import codebook
from surveys.handover.folder import write_folder
from surveys.handover.manifest import MANIFEST, comparison_manifest, is_manifest
from surveys.handover.package import sealed
from surveys.handover.printed import Printed, read_printed
from surveys.handover.tables import csv_bytes, printed
from surveys.problems import Problems, fault
from surveys.scoring.comparison import Comparison, Round

Key = tuple[str, str]
_CROSSWALK = {"block": True, "unit": True, "new_block": True, "new_unit": True}


def is_result(folder: Path) -> bool:
    """True for a folder of results (with scores) that this program wrote."""
    return is_manifest(folder / MANIFEST) and (folder / codebook.SCORES.path).is_file()


def read_round(folder: Path) -> Round:
    """A round from its folder of results: scores to the printed decimals.

    Raises SurveyError when the tables cannot be read, or when the instrument is not one that is shipped (then the study
    itself has to be compared).
    """
    problems = Problems()
    found = [read_printed(folder, table.path, table, problems) for table in (codebook.SCORES, codebook.UNITS)]
    problems.raise_errors()
    name = str(json.loads((folder / MANIFEST).read_bytes()).get("instrument", ""))
    if name not in shipped():
        raise fault("handover.instrument_not_shipped", file=str(folder), instrument=name)
    scores, units = (_frame(table) for table in found if table is not None)
    return Round(load_instrument(name), scores, units.astype({"rank": "Int64"}))


def successors_of(old: Instrument, new: Instrument, crosswalk: str | Path | None = None) -> dict[Key, Key]:
    """(block, old unit) → (block, new unit): from a crosswalk file, else from the successors in the old register.

    Units that were split among several are left out: they have no single successor. The file has the columns block, unit,
    new_block, new_unit. Raises SurveyError for a file that cannot be read.
    """
    if crosswalk is not None:
        return _read_crosswalk(Path(crosswalk))
    by_code: dict[str, list[Unit]] = {}
    for unit in new.units:
        by_code.setdefault(unit.code, []).append(unit)
    heirs = {(u.block, u.code): by_code.get(u.successors[0], []) for u in old.units if len(u.successors) == 1}
    return {key: (found[0].block, found[0].code) for key, found in heirs.items() if len(found) == 1}


def deliver_comparison(comparison: Comparison, out: Path) -> None:
    """Write the changes at ``out``: table, descriptor, checksums; all or nothing."""
    table = codebook.CHANGES
    content = csv_bytes(table, printed(table, comparison.table, Output()))
    files = sealed(
        "changes", "", {table.path: table}, {table.path: content}, {MANIFEST: comparison_manifest()}, Output()
    )
    write_folder(out, files)


def _frame(table: Printed) -> pd.DataFrame:
    """Texts and numbers of a printed table."""
    columns: Mapping[str, object] = {
        c.name: table.number(c.name) if c.is_number else table.text(c.name) for c in table.table.columns
    }
    frame = pd.DataFrame(columns)
    return frame.assign(df=np.where(frame["score"].notna(), frame["df"], np.nan)) if "df" in frame else frame


def _read_crosswalk(path: Path) -> dict[Key, Key]:
    problems = Problems()
    table = read_table(path, _CROSSWALK, problems)
    problems.raise_errors()
    rows = () if table is None else table.rows
    return {(r["block"], r["unit"]): (r["new_block"], r["new_unit"]) for r in rows}
