"""A simulated round written as a study folder: the same round gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from math import isnan
from pathlib import Path

import numpy as np

from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.instrument.records import Instrument, Unit
from surveys.definitions.instrument.shelf import find_instrument, shipped
from surveys.definitions.instrument.written_out import own_files
from surveys.definitions.record_writing import table_bytes
from surveys.definitions.study.publication import Publication
from surveys.definitions.study.reading import PUBLICATION
from surveys.definitions.study.records import Agency, Assessment, External, Frame, Issued, MarginTotal, Target
from surveys.definitions.study.sample_plan import SamplePlan
from surveys.definitions.study.writing import study_text
from surveys.simulation.form_files import columns_of, forms_bytes
from surveys.simulation.returned_forms import ReturnedForms
from surveys.simulation.simulated_round import SimulatedRound
from surveys.simulation.simulation_toml import PLAN_FILE
from surveys.simulation.truth import TRUTH_COLUMNS
from surveys.vocabulary.csv import csv_bytes

REGISTER = "units.csv"
#: Files of the study that hold records, with their columns.
RECORD_FILES: Mapping[str, tuple[str, ...]] = {
    "issued": ("form_code", "questionnaire", "unit"),
    "frames": ("block", "unit", "group", "population"),
    "margins": ("block", "unit", "group", "variable", "category", "population"),
    "externals": (
        "block", "unit", "node", "group", "score", "satisfaction_percent", "se", "n", "df", "document", "page",
    ),
    "assessments": tuple(field.name for field in fields(Assessment)),
    "agencies": tuple(field.name for field in fields(Agency)),
    "targets": tuple(field.name for field in fields(Target)),
}  # fmt: skip


def study_files(played: SimulatedRound, seed: int) -> dict[str, bytes]:
    """Every file of the folder of a round: path → content; ``seed`` names the study."""
    instrument = played.simulation.instrument
    returns = [entry for forms in played.forms.values() for entry in _return_files(instrument, forms)]
    plan = played.simulation.plan
    issued = [form for drawn in played.samples.values() for form in drawn.issued]
    records: Mapping[
        str, Sequence[Issued | Frame | MarginTotal | External | Assessment | Agency | Target]
    ] = {
        # Forms whose code no column holds would all wait for review as ones without a code.
        "issued": issued if instrument.asks_code else [],
        "frames": list(_frames(played)),
        "margins": list(_margins(played)),
        "externals": played.externals,
        "assessments": played.assessments,
        "agencies": [one for one in plan.agencies if _takes_part(instrument, one)],
        "targets": [one for one in plan.targets if _takes_part(instrument, one)],
    }
    named = {name: f"{name}.csv" for name, found in records.items() if found}
    made = {entry["path"]: content for entry, content in returns}
    for name, file in named.items():
        columns = RECORD_FILES[name]
        made[file] = _rows_bytes(columns, ([getattr(r, c) for c in columns] for r in records[name]))
    truth = (row for part in played.truths for row in part.table().itertuples(index=False))
    made["truth.csv"] = _rows_bytes(TRUTH_COLUMNS, truth)
    made["defects.csv"] = _rows_bytes(("form_code", "rule"), played.defects)
    if _has_own_register(instrument):
        made[REGISTER] = table_bytes(Unit, instrument.units)
    made["study.toml"] = _study_toml(played, [entry for entry, _ in returns], named, seed).encode()
    return made if _is_shipped(instrument) else made | _instrument_files(instrument)


def _takes_part(instrument: Instrument, one: Agency | Target) -> bool:
    """Whether an agency or target is of no single unit, or of one of the round."""
    return not one.unit or (one.block, one.unit) in instrument.unit


def _return_files(instrument: Instrument, forms: ReturnedForms) -> Iterator[tuple[dict[str, str], bytes]]:
    """The files of one questionnaire, each with the ``[[returns]]`` entry that names it."""
    questionnaire = forms.population.questionnaire.code
    for file, plan in enumerate(forms.files):
        twice = plan.double_entry and forms.entered_twice[forms.file == file].any()
        for entry in ("first", "second") if twice else ("first",):
            columns = columns_of(instrument, forms, file, entry == "second")
            if not columns[0].cells:
                continue
            stem = "-".join(filter(None, (questionnaire, plan.mode, "2" if entry == "second" else "")))
            path = f"returns/{stem}.{plan.format}"
            named = {"path": path, "questionnaire": questionnaire, "mode": plan.mode}
            more = {"entry": entry} if plan.double_entry else {}
            yield named | more, forms_bytes(columns, plan.format, instrument)


def _is_shipped(instrument: Instrument) -> bool:
    """Whether this is the shipped edition itself, not a folder of the same name."""
    return instrument.name in shipped() and find_instrument(instrument.name).samefile(instrument.folder)


def _has_own_register(instrument: Instrument) -> bool:
    """Whether fewer units take part in the round than the shipped edition lists."""
    return _is_shipped(instrument) and instrument.units != load_instrument(instrument.name).units


def _frames(played: SimulatedRound) -> Iterator[Frame]:
    """Population per cell; one of the whole block for matrix raters."""
    for population in played.populations.values():
        form = population.questionnaire
        if form.matrix:
            yield Frame(form.block, "", form.group, population.persons)
            continue
        sizes = np.bincount(population.unit, minlength=len(population.units)).tolist()
        for unit, size in zip(population.units, sizes, strict=True):
            yield Frame(form.block, unit.code, form.group, size)


def _margins(played: SimulatedRound) -> Iterator[MarginTotal]:
    """Known totals of the attributes over all units of a block."""
    for population in played.populations.values():
        form = population.questionnaire
        for name in population.cell.margins:
            values, counts = np.unique(population.attributes[name].astype(str), return_counts=True)
            for value, count in zip(values.tolist(), counts.tolist(), strict=True):
                yield MarginTotal(form.block, form.group, name, value, count)


def _rows_bytes(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> bytes:
    return csv_bytes(columns, (map(_cell, row) for row in rows), guard=False, mark=False, line_end="\n")


def _cell(value: object) -> object:
    """Floats with twelve significant digits, NaN empty; several values divided by ``;``."""
    if isinstance(value, tuple):
        return ";".join(value)
    if isinstance(value, float):
        return None if isnan(value) else f"{value:.12g}"
    return value


def _instrument_files(instrument: Instrument) -> dict[str, bytes]:
    """The instrument of the round, complete in itself, and the plan it was simulated by."""
    plan = Path(instrument.folder) / PLAN_FILE
    found = own_files(instrument) | ({PLAN_FILE: plan.read_bytes()} if plan.is_file() else {})
    return {f"instrument/{name}": content for name, content in found.items()}


def _study_toml(
    played: SimulatedRound, returns: Sequence[Mapping[str, str]], files: Mapping[str, str], seed: int
) -> str:
    """``study.toml`` of the simulated round."""
    instrument, plan = played.simulation.instrument, played.simulation.plan
    study = {
        "code": f"{instrument.code}-{instrument.edition}-{seed}",
        "label_vi": plan.round.label_vi,
        "label_en": plan.round.label_en,
        "instrument": instrument.name if _is_shipped(instrument) else "./instrument",
    }
    fieldwork = {"start": plan.round.start, "end": plan.round.end, "timezone": "Asia/Ho_Chi_Minh"}
    tables: list[tuple[str, Mapping[str, object]]] = [("[study]", study), ("[fieldwork]", fieldwork)]
    tables += list(_publication(plan.publication))
    if played.assessments:
        days = {name: getattr(plan.assessment, name) for name in ("self_assessed_by", "explained_by")}
        tables.append(("[assessment]", {name: day for name, day in days.items() if day}))
    if _has_own_register(instrument):
        tables.append(("[units]", {"file": REGISTER}))
    tables += [("[[units.exclusions]]", asdict(exclusion)) for exclusion in plan.exclusions]
    tables += [("[[plan]]", _said(one)) for one in plan.plans if played.simulation.scale == 1]
    tables.append(("[files]", files))
    tables += [("[[returns]]", entry) for entry in returns]
    tables += [("[[weights]]", entry) for entry in _weights(played)]
    tables.append(("[minimum]", {"forms": plan.round.minimum_forms}))
    if plan.stages:
        tables.append(("[output]", {"unweighted": True}))
    return study_text(tables)


def _said(plan: SamplePlan) -> dict[str, object]:
    """The keys of a plan that are not as they are by default."""
    return {
        field.name: getattr(plan, field.name)
        for field in fields(plan)
        if getattr(plan, field.name) != field.default
    }


def _publication(publication: Publication) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The tables that say with whose name and about which period the results go out."""
    for name, section in PUBLICATION.items():
        said = getattr(publication, name)
        heading = f"[[{name}]]" if section.form == "array" else f"[{name}]"
        for record in said if section.form == "array" else (said,):
            entries = {key: value for key, value in asdict(record).items() if value}
            if entries:
                yield heading, entries


def _weights(played: SimulatedRound) -> Iterator[dict[str, object]]:
    """Calibration of the groups with margins, design of those drawn in stages, groups asked as a whole; every other group has the
    default weights."""
    field = {declared.role: declared.code for declared in played.simulation.instrument.fields}
    for code, forms in played.forms.items():
        form, entry = forms.population.questionnaire, dict[str, object]()
        if len(played.samples[code].issued) == forms.population.persons:
            entry["census"] = True
        if forms.population.cell.margins:
            entry["margins"] = list(forms.population.cell.margins)
        if forms.population.clusters:
            # Weights, strata and clusters are read with the forms; a stratum with one cluster was drawn with certainty.
            entry |= {"base": "given", "lonely": "certainty", "finite": False, "strata": [field["stratum"]]}
            entry |= {"clusters": [field["cluster"]], "weight": field["weight"]}
        if entry:
            yield {"block": form.block, "group": form.group} | entry
