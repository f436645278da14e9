"""A simulated world written as a study folder: the same world gives the same bytes."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np

from surveys.definitions.instrument.reading import find_instrument, load_instrument, shipped
from surveys.definitions.instrument.records import Instrument, Unit
from surveys.definitions.study.records import Frame, Margin
from surveys.simulation import return_files
from surveys.simulation.pile import Pile
from surveys.simulation.truth import TRUTH_COLUMNS
from surveys.simulation.world import World

REGISTER = "units.csv"
UNIT_COLUMNS = tuple(field.name for field in fields(Unit))
INSTRUMENT_FILES = ("instrument.toml", "tree.csv", "items.csv", "units.csv", "simulation.toml")


def write(world: World, folder: Path, seed: int) -> None:
    """Write everything about ``world`` into the new ``folder``; ``seed`` names the study."""
    folder.mkdir(parents=True)
    returns = [
        entry for pile in world.piles.values() for entry in _write_returns(world.instrument, pile, folder)
    ]
    issued = [form for part in world.drawn.values() for form in part.issued]
    _write_records(folder / "issued.csv", issued, "form_code questionnaire unit")
    _write_records(folder / "frames.csv", _frames(world), "block unit group population")
    margins = _margins(world)
    _write_records(folder / "margins.csv", margins, "block unit group variable category population")
    columns = "block unit node group score satisfaction_percent se n df document page"
    _write_records(folder / "externals.csv", world.externals, columns)
    truth = [row for part in world.truths for row in part.table().itertuples(index=False)]
    _write_rows(folder / "truth.csv", TRUTH_COLUMNS, ([*row[:4], *map(_number, row[4:])] for row in truth))
    _write_rows(folder / "defects.csv", ("form_code", "rule"), world.defects)
    register = _register(world.instrument)
    if register:
        _write_rows(folder / REGISTER, UNIT_COLUMNS, register)
    (folder / "study.toml").write_text(
        _study_toml(world, returns, bool(margins), bool(register), seed), encoding="utf-8", newline="\n"
    )
    if not _is_shipped(world.instrument):
        _copy_instrument(world.instrument, folder / "instrument")


def _write_returns(instrument: Instrument, pile: Pile, folder: Path) -> list[dict[str, str]]:
    """Write the files of one pile; the ``[[returns]]`` entries that name them."""
    entries = []
    for k, plan in enumerate(pile.files):
        for second in (
            (False, True) if plan.double_entry and pile.entered_twice[pile.file == k].any() else (False,)
        ):
            table = return_files.table_of(instrument, pile, k, second)
            if not table.rows:
                continue
            stem = "-".join(
                part for part in (pile.questionnaire.code, plan.mode, "2" if second else "") if part
            )
            path = f"returns/{stem}.{plan.format}"
            return_files.write(table, folder / path, instrument, plan.format)
            entry = {"path": path, "questionnaire": pile.questionnaire.code, "mode": plan.mode}
            entries.append(entry | ({"entry": "second" if second else "first"} if plan.double_entry else {}))
    return entries


def _is_shipped(instrument: Instrument) -> bool:
    """Whether this is the shipped edition itself, not a folder of the same name."""
    return instrument.name in shipped() and find_instrument(instrument.name).samefile(instrument.folder)


def _register(instrument: Instrument) -> list[list[str]]:
    """Rows of the round's own register: where fewer units take part than the shipped edition lists."""
    if not _is_shipped(instrument) or instrument.units == load_instrument(instrument.name).units:
        return []
    cells = ([getattr(unit, name) for name in UNIT_COLUMNS] for unit in instrument.units)
    return [[cell if isinstance(cell, str) else ";".join(cell) for cell in row] for row in cells]


def _frames(world: World) -> list[Frame]:
    """Population per cell; one of the whole block for matrix raters."""
    found = []
    for population in world.whole.values():
        form = population.questionnaire
        if form.matrix:
            found.append(Frame(form.block, "", form.group, population.persons))
            continue
        sizes = np.bincount(population.unit, minlength=len(population.units))
        found += [
            Frame(form.block, unit.code, form.group, int(n))
            for unit, n in zip(population.units, sizes, strict=True)
        ]
    return found


def _margins(world: World) -> list[Margin]:
    """Known totals of the attributes over all units of a block."""
    found = []
    for population in world.whole.values():
        form = population.questionnaire
        for name in world.plan.cell(form.code).margins:
            values, counts = np.unique(population.attributes[name].astype(str), return_counts=True)
            found += [
                Margin(form.block, form.group, name, str(value), int(count))
                for value, count in zip(values, counts, strict=True)
            ]
    return found


def _write_records(path: Path, records: Sequence[object], columns: str) -> None:
    """A CSV of records, left out when there is none."""
    if records:
        names = columns.split()
        _write_rows(path, names, ([_number(getattr(made, name)) for name in names] for made in records))


def _number(value: object) -> object:
    """Whole numbers without a point, floats with twelve significant digits, None and NaN empty."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    return f"{value:.12g}" if isinstance(value, float) else value


def _write_rows(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8", newline="")


def _copy_instrument(instrument: Instrument, folder: Path) -> None:
    folder.mkdir()
    for name in INSTRUMENT_FILES:
        if (Path(instrument.folder) / name).is_file():
            shutil.copyfile(Path(instrument.folder) / name, folder / name)


def _study_toml(
    world: World, returns: Sequence[Mapping[str, str]], margins: bool, register: bool, seed: int
) -> str:
    """``study.toml`` of the simulated round."""
    instrument, plan = world.instrument, world.plan
    name = instrument.name if _is_shipped(instrument) else "./instrument"
    files = {"issued": "issued.csv", "frames": "frames.csv"}
    files |= {"margins": "margins.csv"} if margins else {}
    files |= {"externals": "externals.csv"} if world.externals else {}
    heading = {
        "code": f"{instrument.code}-{instrument.edition}-{seed}",
        "label_vi": plan.round.label_vi, "label_en": plan.round.label_en, "instrument": name,
    }  # fmt: skip
    parts = [
        _toml("[study]", heading),
        _toml(
            "[fieldwork]", {"start": plan.round.start, "end": plan.round.end, "timezone": "Asia/Ho_Chi_Minh"}
        ),
        *([_toml("[units]", {"file": REGISTER})] if register else []),
        *(
            _toml("[[units.exclusions]]", {"block": e.block, "unit": e.unit, "reason": e.reason})
            for e in plan.exclusions
        ),
        _toml("[files]", files),
        *(_toml("[[returns]]", entry) for entry in returns),
        *(_toml("[[weights]]", entry) for entry in _weights(world)),
        _toml("[minimum]", {"forms": plan.round.minimum_forms}),
        *([_toml("[output]", {"unweighted": True})] if plan.stages else []),
    ]
    return "\n".join(parts)


def _weights(world: World) -> list[dict[str, object]]:
    """Calibration of the groups with margins, design of those drawn in stages; every other group has the default weights."""
    found: list[dict[str, object]] = []
    for code in world.piles:
        form, margins = world.instrument.questionnaire[code], world.plan.cell(code).margins
        entry: dict[str, object] = {"margins": list(margins)} if margins else {}
        if world.plan.stage(code):
            entry |= _given_design(world.instrument)
        if entry:
            found.append({"block": form.block, "group": form.group} | entry)
    return found


def _given_design(instrument: Instrument) -> dict[str, object]:
    """Weights, strata and clusters are read with the forms; a stratum with one cluster was drawn with certainty."""
    field = {declared.role: declared.code for declared in instrument.fields}
    named = {"strata": [field["stratum"]], "clusters": [field["cluster"]], "weight": field["weight"]}
    return {"base": "given", "lonely": "certainty", "finite": False} | named


def _toml(heading: str, entries: Mapping[str, object]) -> str:
    """One table of a TOML document; JSON strings, numbers and lists are TOML as they stand."""
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in entries.items()]
    return "\n".join([heading, *lines, ""])
