"""The returned forms of one questionnaire, as they will be written into files; defects are worked into them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from surveys.definitions.instrument.records import BLANK, Field, Instrument, Item, Questionnaire
from surveys.definitions.study.records import Issued
from surveys.simulation.plan import AttributePlan, CellPlan, FilePlan, Round, TextPlan
from surveys.simulation.population import Population
from surveys.simulation.stages import StagedDraw

Array = np.ndarray
SECONDS = (4.0, 12.0)  # time taken for one question by an attentive respondent


@dataclass(eq=False)
class Pile:
    """F returned forms, W units on each (1 unless a matrix), K items.

    ``fields``: field code → object [F] of what stands in the field; ``answers`` int8 [F, W, K]; ``unit`` int [F, W] position
    among the units; ``written``: (form, place of the unit, item) → text written instead of the answer; ``second``: answers of the
    second data entry [F, W, K] where ``entered_twice`` [F]; ``clean`` bool [F]: no defect worked in; ``file`` int [F].
    """

    questionnaire: Questionnaire
    items: tuple[Item, ...]
    unit_codes: tuple[str, ...]
    unit_names: tuple[str, ...]
    files: tuple[FilePlan, ...]
    file: Array
    unit: Array
    answers: Array
    fields: dict[str, Array]
    seconds: Array
    entered_twice: Array
    second: Array
    clean: Array
    rows: Array  # [F, W] evaluations of the population behind the forms
    written: dict[tuple[int, int, int], str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.file)


@dataclass(frozen=True, eq=False)
class Drawn:
    """Issued forms and, of those returned, the persons, their codes, and what the fields of the sampling design say (role →
    object [n])."""

    issued: tuple[Issued, ...]
    persons: Array
    codes: Array
    unreturned: tuple[Issued, ...]
    design: Mapping[str, Array] = field(default_factory=dict)


def draw_persons(population: Population, issued: Array, response: float, rng: np.random.Generator) -> Drawn:
    """A simple random sample without replacement in each unit, answering at random. ``issued`` int [U], or [1] for a matrix."""
    form = population.questionnaire
    stratum = np.zeros(population.persons, int) if form.matrix else population.unit
    chosen = [
        np.sort(rng.choice(np.flatnonzero(stratum == u), count, replace=False))
        for u, count in enumerate(issued)
    ]
    return _sent_out(population, np.concatenate(chosen), stratum, response, rng)[0]


def draw_staged(population: Population, draw: StagedDraw, response: float, rng: np.random.Generator) -> Drawn:
    """The persons of a two-stage sample, answering at random; their forms carry stratum, cluster and weight."""
    drawn, back = _sent_out(population, draw.persons, population.unit, response, rng)
    return replace(drawn, design=draw.fields(back))


def _sent_out(
    population: Population, persons: Array, stratum: Array, response: float, rng: np.random.Generator
) -> tuple[Drawn, Array]:
    """Forms issued to ``persons``, and which of them came back, bool [n]. ``stratum`` int [P]."""
    form = population.questionnaire
    number = np.arange(1, len(persons) + 1)
    codes = np.array([f"{form.code.upper()}-{k:05d}" for k in number], object)
    units = [""] * len(persons) if form.matrix else [population.units[u].code for u in stratum[persons]]
    listed = [Issued(code, form.code, unit) for code, unit in zip(codes, units, strict=True)]
    back = rng.random(len(persons)) < response
    for stratum_number in np.unique(stratum[persons]):  # nobody answering at all would be another round
        back[np.flatnonzero(stratum[persons] == stratum_number)[:2]] = True
    unreturned = tuple(listed[k] for k in np.flatnonzero(~back))
    return Drawn(tuple(listed), persons[back], codes[back], unreturned), back


def fill_in(
    instrument: Instrument,
    population: Population,
    drawn: Drawn,
    cell: CellPlan,
    files: Sequence[FilePlan],
    attributes: Sequence[AttributePlan],
    texts: Sequence[TextPlan],
    round_: Round,
    rng: np.random.Generator,
) -> Pile:
    """The clean forms of the persons drawn."""
    form, persons = population.questionnaire, drawn.persons
    rows = population.rows_of(persons)
    answers = population.answers[rows].copy()
    answers[~population.rated[rows]] = BLANK
    shares = np.array([file.share for file in files])
    file = rng.choice(len(files), len(persons), p=shares / shares.sum())
    twice = rng.random(len(persons)) < np.array([f.double_entry for f in files])[file]
    pace = rng.uniform(*SECONDS, len(persons))
    seconds = np.round(pace * np.maximum((answers >= 0).sum(axis=(1, 2)), 10))
    pile = Pile(
        form,
        population.items,
        tuple(unit.code for unit in population.units),
        tuple(unit.name_vi for unit in population.units),
        tuple(files),
        file,
        population.unit[rows],
        answers,
        {},
        seconds,
        twice,
        answers.copy(),
        np.ones(len(persons), bool),
        rows,
    )
    categories = {f.code: dict(f.categories) for f in instrument.fields}
    for declared in instrument.fields:
        content = _content(declared, pile, population, drawn, texts, round_, rng)
        if content is None and declared.code in population.attributes:
            labels = categories[declared.code]
            chosen = population.attributes[declared.code][persons]
            content = np.array([labels[c][0] if c in labels else c for c in chosen], object)
        if content is not None:
            pile.fields[declared.code] = content
    return pile


def _content(
    declared: Field,
    pile: Pile,
    population: Population,
    drawn: Drawn,
    texts: Sequence[TextPlan],
    round_: Round,
    rng: np.random.Generator,
) -> Array | None:
    """What stands in a field of every form, object [F]; None when the form has no such field."""
    n, form = len(pile), pile.questionnaire
    made_up = {text.field: text for text in texts}
    if declared.role == "form_code":
        return drawn.codes.copy()
    if declared.role == "unit" and not form.matrix:
        return np.array(pile.unit_names, object)[pile.unit[:, 0]]
    if declared.role == "submitted":
        return submission_times(round_, n, rng)
    if declared.role in drawn.design:
        return drawn.design[declared.role]
    if declared.role == "rater" and form.matrix:
        return np.array([f"{form.code}/{person + 1:04d}" for person in drawn.persons], object)
    if declared.code == form.own_unit and form.own_unit:
        names = np.array([*pile.unit_names, ""], object)
        return names[population.own_unit[drawn.persons]]
    if declared.role in ("interviewer", "operator"):
        on_paper = np.array([not file.timed for file in pile.files])[pile.file]
        staff = np.array([f"{declared.role[:2].upper()}{k:02d}" for k in range(1, 13)], object)
        return np.where(on_paper, staff[rng.integers(0, len(staff), n)], "") if on_paper.any() else None
    if declared.code in made_up:
        words = [
            np.array(part, object)[rng.integers(0, len(part), n)] for part in made_up[declared.code].parts
        ]
        return np.array(
            [" ".join(word for word in name if word) for name in zip(*words, strict=True)], object
        )
    return None


def submission_times(round_: Round, n: int, rng: np.random.Generator) -> Array:
    """Moments within fieldwork between 7 and 21 o'clock, datetime64[s] in an object array [n]."""
    first, last = np.datetime64(round_.start, "D"), np.datetime64(round_.end, "D")
    days = first + rng.integers(0, (last - first).astype(int) + 1, n)
    seconds = rng.integers(7 * 3600, 21 * 3600, n)
    return (days.astype("datetime64[s]") + seconds).astype(object)


def fields_of(pile: Pile, instrument: Instrument, file: int) -> Mapping[str, Field]:
    """Fields that have a column in one file: those with any content, and the one for seconds where time was taken."""
    rows = pile.file == file
    return {
        declared.code: declared
        for declared in instrument.fields
        if (declared.role == "seconds" and pile.files[file].timed)
        or (declared.code in pile.fields and any(pile.fields[declared.code][rows]))
    }
