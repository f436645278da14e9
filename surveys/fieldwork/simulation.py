"""A simulated round of any instrument: a whole study folder with returns, frames, injected defects and the known truth.

The population comes first and has fixed answers; samples are drawn from it without replacement, people answer or not at random,
defects go into forms drawn at random. So the truth is known exactly (:mod:`surveys.fieldwork.truth`), every defect is listed, and the same seed
gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from surveys.definitions.files import load_instrument, shipped
from surveys.definitions.instrument import Instrument, Questionnaire, Unit
from surveys.definitions.study import External, Frame, Issued, Margin
from surveys.fieldwork import return_files
from surveys.fieldwork.defects import Desk, parameters, work_in
from surveys.fieldwork.pile import Drawn, Pile, draw_persons, fill_in
from surveys.fieldwork.population import Population, is_straight, populate, redraw
from surveys.fieldwork.simulation_plan import CellPlan, SimulationPlan, read_plan
from surveys.fieldwork.truth import Truth, level_values, tally
from surveys.problems import fault
from surveys.validity.duplicates import nearest_in_cells

Array = np.ndarray
FEWEST = 8  # a smaller scale never makes a cell smaller than this
ASIDE = (
    0.25  # how far a redrawn person moves away from the crowd, in standard deviations of the latent answer
)
MOST_DEFECTIVE = 0.12  # share of the forms of one questionnaire that may carry a defect
INSTRUMENT_FILES = ("instrument.toml", "tree.csv", "items.csv", "units.csv", "simulation.toml")


def simulate(
    instrument: Instrument | str | Path,
    seed: int,
    out: Path | str,
    *,
    scale: float = 1.0,
    defects: bool = True,
) -> None:
    """Write the folder of a simulated round: ``study.toml``, returns, frames, margins, external estimates, ``truth.csv``
    (``block, unit_code, node_code, group, score, satisfaction_percent``) and ``defects.csv`` (``form_code, rule``).

    ``instrument`` is a shipped name, a folder or a loaded instrument; ``scale`` multiplies the sizes of its ``simulation.toml``.
    Raises :class:`surveys.problems.SurveyError` when the definitions are wrong, ``out`` holds files or ``scale`` is not positive.
    """
    out = Path(out)
    if not (np.isfinite(scale) and scale > 0):
        raise fault("fieldwork.scale", value=scale)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise fault("fieldwork.folder_not_empty", file=str(out))
    made = instrument if isinstance(instrument, Instrument) else load_instrument(instrument)
    world = simulated_world(made, read_plan(made), seed, scale, defects)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as unfinished:
        folder = Path(unfinished) / "round"
        _write(world, folder, seed)
        if out.exists():
            out.rmdir()
        folder.rename(out)


@dataclass(eq=False)
class World:
    """Everything about a simulated round before it is written."""

    instrument: Instrument
    plan: SimulationPlan
    whole: Mapping[str, Population]
    drawn: Mapping[str, Drawn]
    piles: Mapping[str, Pile]
    externals: Sequence[External]
    truths: Sequence[Truth]
    defects: Sequence[tuple[str, str]]


def simulated_world(
    instrument: Instrument, plan: SimulationPlan, seed: int, scale: float, defects: bool
) -> World:
    """Draw populations, samples, forms and defects."""
    rng = np.random.default_rng(seed)
    excluded = {(e.block, e.unit) for e in plan.exclusions}
    assessed = {
        block.code: tuple(u for u in instrument.units_of(block.code) if (u.block, u.code) not in excluded)
        for block in instrument.blocks
    }
    quality = {block: rng.beta(2.0, 1.6, len(units)) for block, units in assessed.items()}
    whole: dict[str, Population] = {}
    populations: dict[str, Population] = {}
    drawn: dict[str, Drawn] = {}
    externals: list[External] = []
    for form in instrument.questionnaires:
        cell = plan.cell(form.code)
        whole[form.code] = _population(
            instrument, plan, form, assessed[form.block], quality[form.block], scale, rng
        )
        elsewhere = _elsewhere(cell, assessed[form.block])
        populations[form.code] = _without(whole[form.code], elsewhere)
        externals += _estimates(instrument, plan, whole[form.code], elsewhere, scale, rng)
        if populations[form.code].units:
            drawn[form.code] = _drawn(populations[form.code], cell, scale, rng)
            _clean(instrument, plan, populations[form.code], drawn[form.code], rng)
    given, published = _measured_elsewhere(instrument, plan, assessed, rng)
    externals += published
    truths = [
        _truth(instrument, block.code, assessed[block.code], whole, populations, given)
        for block in instrument.blocks
    ]
    piles = {code: _pile(instrument, plan, populations[code], drawn[code], rng) for code in drawn}
    listed = _defects(instrument, plan, drawn, piles, rng) if defects else []
    return World(instrument, plan, whole, drawn, piles, externals, truths, listed)


def scaled(number: float, scale: float) -> int:
    """A size of the plan at this scale; small sizes stay as they are."""
    return max(round(number * scale), min(round(number), FEWEST))


def _population(
    instrument: Instrument,
    plan: SimulationPlan,
    form: Questionnaire,
    units: tuple[Unit, ...],
    quality: Array,
    scale: float,
    rng: np.random.Generator,
) -> Population:
    cell = plan.cell(form.code)
    low, high = (scaled(size, scale) for size in cell.population)
    sizes = rng.integers(low, high + 1, 1 if form.matrix else len(units))
    score = cell.score[0] + (cell.score[1] - cell.score[0]) * quality
    attributes = tuple(a for a in plan.attributes if form.code in a.questionnaires)
    return populate(instrument, form, units, sizes, score, cell, attributes, plan.answers, rng)


def _elsewhere(cell: CellPlan, units: Sequence[Unit]) -> Array:
    """Units whose result is taken over from another survey, bool [U]."""
    return np.array(["*" in cell.external_units or unit.code in cell.external_units for unit in units], bool)


def _without(population: Population, elsewhere: Array) -> Population:
    """The population of the units that are surveyed."""
    if not elsewhere.any():
        return population
    stays = ~elsewhere[population.unit]
    renumbered = np.cumsum(~elsewhere) - 1
    return replace(
        population,
        units=tuple(unit for unit, gone in zip(population.units, elsewhere, strict=True) if not gone),
        person=np.arange(stays.sum()),
        unit=renumbered[population.unit[stays]],
        answers=population.answers[stays],
        rated=population.rated[stays],
        attributes={name: values[stays] for name, values in population.attributes.items()},
        own_unit=population.own_unit[stays],
        cuts=population.cuts[~elsewhere],
        latent=population.latent[stays],
    )


def _drawn(population: Population, cell: CellPlan, scale: float, rng: np.random.Generator) -> Drawn:
    matrix = population.questionnaire.matrix
    sizes = (
        np.array([population.persons])
        if matrix
        else np.bincount(population.unit, minlength=len(population.units))
    )
    low, high = (scaled(size, scale) for size in cell.issued)
    issued = np.minimum(rng.integers(low, high + 1, len(sizes)), sizes)
    return draw_persons(population, issued, cell.response, rng)


def _clean(
    instrument: Instrument,
    plan: SimulationPlan,
    population: Population,
    drawn: Drawn,
    rng: np.random.Generator,
) -> None:
    """Sampled persons whose answers equal another's by chance answer anew and a little less favourably, since the crowd stands at
    the top of the scale; the population changes with them."""
    rows = population.rows_of(drawn.persons).ravel()
    cell = plan.cell(population.questionnaire.code)
    for _ in range(50):
        twins = rows[
            _twins(instrument, population.answers[rows], population.unit[rows], population.person[rows])
        ]
        if not len(twins):
            return
        population.latent[twins] -= ASIDE
        redraw(instrument, population, twins, cell, plan.answers, rng)


def _twins(instrument: Instrument, answers: Array, unit: Array, person: Array) -> Array:
    """Evaluations too much like another person's of the same unit by the declared rule, bool [n]; one question stricter, so that a
    single altered answer makes no new pair."""
    params = parameters(instrument)["near_duplicate"]
    least = max(int(str(params["minimum_items"])) - 1, 1)
    share = float(str(params["share"])) - 1.0 / answers.shape[1]
    partner, found = nearest_in_cells(answers, unit, person, least, bool(params["over_all"]))
    return np.asarray((partner >= 0) & (found >= share - 1e-9))


def _pile(
    instrument: Instrument,
    plan: SimulationPlan,
    population: Population,
    drawn: Drawn,
    rng: np.random.Generator,
) -> Pile:
    code = population.questionnaire.code
    attributes = [a for a in plan.attributes if code in a.questionnaires]
    return fill_in(
        instrument,
        population,
        drawn,
        plan.cell(code),
        plan.files_of(code),
        attributes,
        plan.texts,
        plan.round,
        rng,
    )


def _defects(
    instrument: Instrument,
    plan: SimulationPlan,
    drawn: Mapping[str, Drawn],
    piles: Mapping[str, Pile],
    rng: np.random.Generator,
) -> list[tuple[str, str]]:
    """Injected defects, and whatever else they brought about by chance."""
    excluded = {
        block.code: [instrument.unit[e.block, e.unit] for e in plan.exclusions if e.block == block.code]
        for block in instrument.blocks
    }
    unreturned = [form for part in drawn.values() for form in part.unreturned]
    desk = Desk(instrument, plan.round, unreturned, excluded, parameters(instrument), rng)
    listed = work_in(desk, list(piles.values()), dict(plan.defects), MOST_DEFECTIVE)
    declared = {rule.rule for rule in instrument.rules}
    known = set(listed)
    for pile in piles.values():
        for rule, forms in _by_chance(instrument, pile).items():
            codes = (
                [str(pile.fields[desk.field(pile, "form_code")][f]) for f in forms]
                if rule in declared
                else []
            )
            listed += [(code, rule) for code in dict.fromkeys(codes) if (code, rule) not in known]
    return listed


def _by_chance(instrument: Instrument, pile: Pile) -> dict[str, Array]:
    """Forms of a pile, as it will be written, that are straight lines or too much like another."""
    F, W, K = pile.answers.shape
    answers = pile.answers.reshape(F * W, K).copy()
    for f, place, k in pile.written:
        answers[f * W + place, k] = -1
    params, form = parameters(instrument), np.repeat(np.arange(F), W)
    alike = params["near_duplicate"]
    least, share = int(str(alike["minimum_items"])), float(str(alike["share"]))
    partner, found = nearest_in_cells(answers, pile.unit.ravel(), form, least, bool(alike["over_all"]))
    long = (answers >= 0).sum(axis=1) >= int(str(params["straight_line"]["minimum_items"]))
    return {
        "straight_line": np.unique(form[is_straight(instrument, pile.items, answers) & long]),
        "near_duplicate": np.unique(form[(partner >= 0) & (found >= share - 1e-9)]),
    }


# --- what is known ----------------------------------------------------------------------------------------------------


def _truth(
    instrument: Instrument,
    block: str,
    units: Sequence[Unit],
    whole: Mapping[str, Population],
    populations: Mapping[str, Population],
    given: Mapping[tuple[str, str], Array],
) -> Truth:
    """The truth of one block. Answers changed after the populations were drawn are taken over first."""
    forms = [form for form in instrument.questionnaires if form.block == block]
    for form in forms:
        changed, everybody = populations[form.code], whole[form.code]
        if changed is not everybody:
            stays = np.isin([u.code for u in everybody.units], [u.code for u in changed.units])
            everybody.answers[stays[everybody.unit]] = changed.answers
    tallies = {form.group: tally(instrument, whole[form.code]) for form in forms}
    scores = {node: pair for (where, node), pair in given.items() if where == block}
    return Truth(instrument, block, [unit.code for unit in units], tallies, scores)


def _estimates(
    instrument: Instrument,
    plan: SimulationPlan,
    population: Population,
    elsewhere: Array,
    scale: float,
    rng: np.random.Generator,
) -> list[External]:
    """What another survey published about the units ``elsewhere``: estimates of every node the group answers, from a simple
    random sample of the size this questionnaire would have had."""
    cell, found = plan.cell(population.questionnaire.code), []
    for u in np.flatnonzero(elsewhere):
        members = np.flatnonzero((population.unit == u) & population.rated)
        n = min(scaled(cell.issued[1] * cell.response, scale), len(members))
        sample = population.answers[np.sort(rng.choice(members, n, replace=False))]
        for node in instrument.nodes:
            items = [k for k, item in enumerate(population.items) if item.node == node.code]
            if items and node.rule != "shares":
                estimate = _mean_of_items(instrument, population, sample[:, items], items, n / len(members))
                found.append(
                    External(
                        population.questionnaire.block,
                        population.units[u].code,
                        node.code,
                        population.questionnaire.group,
                        document=plan.round.document,
                        n=float(n),
                        **estimate,
                    )  # fmt: skip
                )
    return found


def _mean_of_items(
    instrument: Instrument, population: Population, answers: Array, items: Sequence[int], fraction: float
) -> dict[str, float]:
    """Mean of the item means with its standard error, and the satisfaction percentage: answers [n, k] of k items."""
    n, scores, shares = len(answers), [], []
    influence = np.zeros(n)
    for column, k in enumerate(items):
        value, satisfied = level_values(instrument, population.items[k])
        given = answers[:, column] >= 0
        y = np.where(given, value[answers[:, column]], 0.0)
        mean = y.sum() / max(given.sum(), 1)
        scores.append(mean)
        shares.append(satisfied[answers[given, column]].mean())
        influence += np.where(given, y - mean, 0.0) / max(given.sum(), 1) / len(items)
    se = np.sqrt((1 - fraction) * n / (n - 1) * ((influence - influence.mean()) ** 2).sum())
    return {
        "score": round(float(np.mean(scores)), 6),
        "satisfaction_percent": round(100 * float(np.mean(shares)), 4),
        "se": round(float(se), 6),
    }


def _measured_elsewhere(
    instrument: Instrument,
    plan: SimulationPlan,
    assessed: Mapping[str, Sequence[Unit]],
    rng: np.random.Generator,
) -> tuple[dict[tuple[str, str], Array], list[External]]:
    """Nodes that another survey measures: their truth [2, U] by (block, node), and the estimate it publishes."""
    given, found = {}, []
    for node in instrument.nodes:
        if node.measured_by != "external":
            continue
        for block in [b.code for b in instrument.blocks if not node.blocks or b.code in node.blocks]:
            true = rng.uniform(0.7, 0.92, len(assessed[block]))
            n, se = 500, np.sqrt(true * (1 - true) / 500)
            given[block, node.code] = np.array([true, true])
            value = np.clip(true + se * rng.standard_normal(len(true)), 0, 1)
            found += [
                External(
                    block,
                    unit.code,
                    node.code,
                    "",
                    round(float(v), 6),
                    plan.round.document,
                    satisfaction_percent=round(100 * float(v), 4),
                    se=round(float(s), 6),
                    n=float(n),
                )  # fmt: skip
                for unit, v, s in zip(assessed[block], value, se, strict=True)
            ]
    return given, found


# --- the folder -------------------------------------------------------------------------------------------------------


def _write(world: World, folder: Path, seed: int) -> None:
    folder.mkdir(parents=True)
    returns = [
        entry for pile in world.piles.values() for entry in _write_returns(world.instrument, pile, folder)
    ]
    issued = [form for part in world.drawn.values() for form in part.issued]
    _write_records(folder / "issued.csv", Issued, issued, "form_code questionnaire unit")
    _write_records(folder / "frames.csv", Frame, _frames(world), "block unit group population")
    margins = _margins(world)
    columns = "block unit group variable category population"
    _write_records(folder / "margins.csv", Margin, margins, columns)
    columns = "block unit node group score satisfaction_percent se n df document page"
    _write_records(folder / "externals.csv", External, world.externals, columns)
    truth = [row for part in world.truths for row in part.table().itertuples(index=False)]
    _write_rows(folder / "truth.csv", _truth_columns(), ([*row[:4], *map(_number, row[4:])] for row in truth))
    _write_rows(folder / "defects.csv", ("form_code", "rule"), world.defects)
    (folder / "study.toml").write_text(
        _study_toml(world, returns, bool(margins), seed), encoding="utf-8", newline="\n"
    )
    if world.instrument.name not in shipped():
        _copy_instrument(world.instrument, folder / "instrument")


def _truth_columns() -> tuple[str, ...]:
    from surveys.fieldwork.truth import TRUTH_COLUMNS

    return TRUTH_COLUMNS


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


def _write_records(path: Path, record: type, records: Sequence[object], columns: str) -> None:
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


def _study_toml(world: World, returns: Sequence[Mapping[str, str]], margins: bool, seed: int) -> str:
    """``study.toml`` of the simulated round."""
    instrument, plan = world.instrument, world.plan
    name = instrument.name if instrument.name in shipped() else "./instrument"
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
        *(
            _toml("[[units.exclusions]]", {"block": e.block, "unit": e.unit, "reason": e.reason})
            for e in plan.exclusions
        ),
        _toml("[files]", files),
        *(_toml("[[returns]]", entry) for entry in returns),
        *(_toml("[[weights]]", entry) for entry in _weights(world)),
        _toml("[minimum]", {"forms": plan.round.minimum_forms}),
    ]
    return "\n".join(parts)


def _weights(world: World) -> list[dict[str, object]]:
    """Calibration of the groups with margins; every other group has the default weights."""
    found: list[dict[str, object]] = []
    for code in world.piles:
        form, margins = world.instrument.questionnaire[code], world.plan.cell(code).margins
        if margins:
            found.append({"block": form.block, "group": form.group, "margins": list(margins)})
    return found


def _toml(heading: str, entries: Mapping[str, object]) -> str:
    """One table of a TOML document; JSON strings, numbers and lists are TOML as they stand."""
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in entries.items()]
    return "\n".join([heading, *lines, ""])
