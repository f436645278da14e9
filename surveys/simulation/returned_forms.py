"""The sample drawn for one questionnaire, and the forms that came back, as they will be written into files; defects are worked
into them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from surveys.definitions.instrument.records import BLANK, Field, Instrument
from surveys.definitions.study.records import Issued
from surveys.simulation.population import Array, Population, Simulation
from surveys.simulation.simulation_plan import FilePlan, RoundHeading, TextPlan
from surveys.simulation.two_stages import design_fields, draw_in_stages

SECONDS = (4.0, 12.0)  # time taken for one question by an attentive respondent


@dataclass(frozen=True, eq=False)
class DrawnSample:
    """Issued forms, those that did not come back and, of those that did, the persons and what the sample says about them: role
    of a field → object [n]."""

    issued: tuple[Issued, ...]
    unreturned: tuple[Issued, ...]
    persons: Array
    contents: Mapping[str, Array]


@dataclass(eq=False)
class ReturnedForms:
    """F returned forms of a questionnaire, W units on each (1 unless a matrix), K items.

    ``fields``: field code → object [F] of what stands in the field; ``answers`` int8 [F, W, K]; ``unit`` int [F, W] position
    among the units; ``written``: (form, place of the unit, item) → text written instead of the answer; ``second``: answers of the
    second data entry [F, W, K] where ``entered_twice`` [F]; ``clean`` bool [F]: no defect worked in; ``file`` int [F].
    """

    population: Population
    files: tuple[FilePlan, ...]
    file: Array
    unit: Array
    answers: Array
    seconds: Array
    entered_twice: Array
    second: Array
    clean: Array
    fields: dict[str, Array] = field(default_factory=dict)
    written: dict[tuple[int, int, int], str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.file)

    @property
    def unit_names(self) -> list[str]:
        return [unit.name_vi for unit in self.population.units]


def draw_sample(simulation: Simulation, population: Population) -> DrawnSample:
    """Persons of the units in which the survey is held, answering at random: drawn in stages where the plan says so, otherwise
    a simple random sample without replacement in each unit (of all raters for a matrix)."""
    rng, cell, matrix = simulation.rng, population.cell, population.questionnaire.matrix
    surveyed = ~population.taken_over
    held = surveyed & [unit.code not in cell.missing_units for unit in population.units]
    if population.clusters:
        sample = draw_in_stages(population.clusters, population.unit, held, rng)
        drawn, back = _sent_out(simulation, population, sample["person"].to_numpy(), population.unit)
        return replace(drawn, contents={**drawn.contents, **design_fields(sample, back)})
    stratum = np.zeros(population.persons, int) if matrix else population.unit
    strata = np.array([0]) if matrix else np.flatnonzero(surveyed)
    issued = np.minimum(simulation.sizes(cell.issued, len(strata)), np.bincount(stratum)[strata])
    chosen = [
        np.sort(rng.choice(np.flatnonzero(stratum == u), count, replace=False))
        for u, count in zip(strata, issued, strict=True)
        if matrix or held[u]
    ]
    return _sent_out(simulation, population, np.concatenate(chosen), stratum)[0]


def _sent_out(
    simulation: Simulation, population: Population, persons: Array, stratum: Array
) -> tuple[DrawnSample, Array]:
    """Forms issued to ``persons``, and which of them came back, bool [n]. ``stratum`` int [P]."""
    form = population.questionnaire
    codes = np.array([f"{form.code.upper()}-{k:05d}" for k in range(1, len(persons) + 1)], object)
    units = [""] * len(persons) if form.matrix else [population.units[u].code for u in stratum[persons]]
    issued = tuple(Issued(code, form.code, unit) for code, unit in zip(codes, units, strict=True))
    back = simulation.rng.random(len(persons)) < population.cell.response
    for stratum_number in np.unique(stratum[persons]):  # nobody answering at all would be another round
        back[np.flatnonzero(stratum[persons] == stratum_number)[:2]] = True
    unreturned = tuple(issued[k] for k in np.flatnonzero(~back))
    contents = {"form_code": codes[back]}
    if form.matrix:
        contents["rater"] = np.array([f"{form.code}/{person + 1:04d}" for person in persons[back]], object)
    else:
        names = np.array([unit.name_vi for unit in population.units], object)
        contents["unit"] = names[stratum[persons[back]]]
    return DrawnSample(issued, unreturned, persons[back], contents), back


def fill_in(simulation: Simulation, population: Population, drawn: DrawnSample) -> ReturnedForms:
    """The clean forms of the persons drawn."""
    rng, persons = simulation.rng, drawn.persons
    files = simulation.plan.files_of(population.questionnaire.code)
    rows = population.rows_of(persons)
    answers = population.answers[rows]
    answers[~population.rated[rows]] = BLANK
    shares = np.array([plan.share for plan in files])
    file = rng.choice(len(files), len(persons), p=shares / shares.sum())
    twice = rng.random(len(persons)) < np.array([plan.double_entry for plan in files])[file]
    pace = rng.uniform(*SECONDS, len(persons))
    forms = ReturnedForms(
        population,
        files,
        file,
        population.unit[rows],
        answers,
        seconds=np.round(pace * np.maximum((answers >= 0).sum(axis=(1, 2)), 10)),
        entered_twice=twice,
        second=answers.copy(),
        clean=np.ones(len(persons), bool),
    )
    known = _known_contents(simulation, forms, drawn)
    for declared in simulation.instrument.fields:
        content = known.get(declared.code)
        if content is None:
            content = _drawn_content(simulation, forms, declared)
        if content is not None:
            forms.fields[declared.code] = content
    return forms


def _known_contents(simulation: Simulation, forms: ReturnedForms, drawn: DrawnSample) -> dict[str, Array]:
    """Field code → what is known to stand in the field of every form, object [F]."""
    population = forms.population
    own_unit = np.array([*forms.unit_names, ""], object)[population.own_unit[drawn.persons]]
    found = {population.questionnaire.own_unit: own_unit}
    for declared in simulation.instrument.fields:
        if declared.role in drawn.contents:
            found[declared.code] = drawn.contents[declared.role].copy()
        elif declared.code in population.attributes:
            written = {code: labels[0] for code, labels in declared.categories}
            chosen = population.attributes[declared.code][drawn.persons]
            found[declared.code] = np.array([written.get(category, category) for category in chosen], object)
    return found


def _drawn_content(simulation: Simulation, forms: ReturnedForms, declared: Field) -> Array | None:
    """What is drawn at random for a field, object [F]; None when the forms have no such field."""
    rng = simulation.rng
    if declared.role == "submitted":
        return submission_times(simulation.plan.round, len(forms), rng)
    if declared.role in ("interviewer", "operator"):
        return _staff(forms, declared.role, rng)
    texts = [text for text in simulation.plan.texts if text.field == declared.code]
    return _made_up(texts[-1], len(forms), rng) if texts else None


def _staff(forms: ReturnedForms, role: str, rng: np.random.Generator) -> Array | None:
    """One of twelve interviewers or operators on every paper form; None when no form is on paper."""
    on_paper = np.array([not plan.timed for plan in forms.files])[forms.file]
    if not on_paper.any():
        return None
    staff = np.array([f"{role[:2].upper()}{k:02d}" for k in range(1, 13)], object)
    return np.where(on_paper, staff[rng.integers(0, len(staff), len(forms))], "")


def _made_up(text: TextPlan, n: int, rng: np.random.Generator) -> Array:
    words = [np.array(part, object)[rng.integers(0, len(part), n)] for part in text.parts]
    return np.array([" ".join(word for word in name if word) for name in zip(*words, strict=True)], object)


def submission_times(heading: RoundHeading, n: int, rng: np.random.Generator) -> Array:
    """Moments within fieldwork between 7 and 21 o'clock, datetime64[s] in an object array [n]."""
    first, last = np.datetime64(heading.start, "D"), np.datetime64(heading.end, "D")
    days = first + rng.integers(0, (last - first).astype(int) + 1, n)
    seconds = rng.integers(7 * 3600, 21 * 3600, n)
    return (days.astype("datetime64[s]") + seconds).astype(object)


def fields_of(forms: ReturnedForms, instrument: Instrument, file: int) -> list[Field]:
    """Fields that have a column in one file: those with any content, and the one for seconds where time was taken."""
    rows = forms.file == file
    return [
        declared
        for declared in instrument.fields
        if (declared.role == "seconds" and forms.files[file].timed)
        or (declared.code in forms.fields and any(forms.fields[declared.code][rows]))
    ]
