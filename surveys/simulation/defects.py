"""Defects worked into clean forms, one small function a validity rule.

Each touches one form (a near-duplicate or a doubled code: two) and returns the codes of the forms that now break the rule, or
raises :class:`UnfitFormError` when the form cannot carry the defect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from surveys.definitions.instrument.records import BLANK, DONT_KNOW, NOT_ASKED, Instrument, Scale
from surveys.definitions.study.records import Issued
from surveys.simulation.population import Array, Simulation, filters_among, worst_to_best
from surveys.simulation.returned_forms import ReturnedForms
from surveys.simulation.simulation_plan import FilePlan
from surveys.vocabulary.folding import fold
from surveys.vocabulary.validity_rules import VALIDITY_RULES

#: Share of the forms of one questionnaire that may carry a defect, so that no cell is emptied.
MOST_DEFECTIVE = 0.12
Codes = tuple[str, ...]
T = TypeVar("T")


class UnfitFormError(Exception):
    """The form cannot carry the defect."""


def require(condition: object) -> None:
    """Raise :class:`UnfitFormError` unless the condition holds."""
    if not condition:
        raise UnfitFormError


@dataclass(frozen=True, eq=False)
class FormToSpoil:
    """One form of a questionnaire, by its position ``f``. ``unreturned``: forms issued and never returned, used up one by one."""

    simulation: Simulation
    unreturned: list[Issued]
    forms: ReturnedForms
    f: int

    @property
    def code(self) -> str:
        """What stands in the field for the form's code; empty when there is none."""
        fields = self.fields("form_code")
        return str(self.forms.fields[fields[0]][self.f]) if fields else ""

    @property
    def answers(self) -> Array:
        """Answers of the form, int8 [W, K]."""
        return np.asarray(self.forms.answers[self.f])

    def fields(self, role: str) -> list[str]:
        """The fields of a role that the forms have."""
        declared = self.simulation.instrument.fields
        return [field.code for field in declared if field.role == role and field.code in self.forms.fields]

    def field(self, role: str) -> str:
        """The first field of a role that the forms have. Raises UnfitFormError."""
        require(self.fields(role))
        return self.fields(role)[0]

    @property
    def file(self) -> FilePlan:
        return self.forms.files[int(self.forms.file[self.f])]

    def write(self, field: str, content: object) -> Codes:
        """Write ``content`` into a field; the code of the form."""
        self.forms.fields[field][self.f] = content
        return (self.code,)

    def scale(self, k: int) -> Scale:
        """Scale of the question at position ``k``."""
        return self.simulation.instrument.scale[self.forms.population.items[k].scale]

    def parameter(self, rule: str, name: str) -> float:
        return float(str(rule_parameters(self.simulation.instrument, rule)[name]))

    def pick(self, options: Sequence[T]) -> T:
        """One of the options at random. Raises UnfitFormError when there is none."""
        require(options)
        return options[int(self.simulation.rng.integers(0, len(options)))]

    def answered_unit(self) -> int:
        """One of the units answered on the form, as its place; the only one unless a matrix. Raises UnfitFormError."""
        return self.pick(np.flatnonzero((self.answers >= 0).any(axis=1)).tolist())

    def others_of_the_unit(self) -> list[int]:
        """Positions of the clean other forms of the same unit."""
        unit = self.forms.unit[:, 0]
        others = np.flatnonzero(self.forms.clean & (unit == unit[self.f]))
        return [other for other in others.tolist() if other != self.f]

    def plain_items(self) -> list[int]:
        """Positions of the items that neither filter nor are filtered."""
        items = self.forms.population.items
        filters = filters_among(items)
        return [k for k, item in enumerate(items) if not item.asked_when and item.code not in filters]


Injector = Callable[[FormToSpoil], Codes]


def unknown_code(form: FormToSpoil) -> Codes:
    """A code that was never issued."""
    field = form.field("form_code")
    stem, _, number = form.code.rpartition("-")
    return form.write(field, f"{stem}-9{number}")


def duplicate_code(form: FormToSpoil) -> Codes:
    """The code of another form of the same unit, on both."""
    field, twice = form.field("form_code"), form.forms.entered_twice
    require(not twice[form.f])
    other = replace(form, f=form.pick(form.others_of_the_unit()))
    require(not twice[other.f])
    form.forms.clean[other.f] = False
    return form.write(field, other.code)


def wrong_questionnaire(form: FormToSpoil) -> Codes:
    """The code of a form that was issued for another questionnaire and never came back."""
    field, own = form.field("form_code"), form.forms.population.questionnaire.code
    taken = form.pick([k for k, issued in enumerate(form.unreturned) if issued.questionnaire != own])
    return form.write(field, form.unreturned.pop(taken).form_code)


def unknown_unit(form: FormToSpoil) -> Codes:
    """A slip of the pen in the unit's name that is the name of no other unit."""
    field, units = form.field("unit"), form.simulation.instrument.units
    name = str(form.forms.fields[field][form.f])
    known = {fold(known) for u in units for known in (u.code, u.name_vi, u.name_en, *u.aliases)}
    slips = [name[:k] + name[k + 1] + name[k] + name[k + 2 :] for k in range(1, len(name) - 1)]
    return form.write(field, form.pick([s for s in slips if fold(s) not in known and "  " not in s]))


def excluded_unit(form: FormToSpoil) -> Codes:
    """A unit that is not assessed in this round."""
    field, block = form.field("unit"), form.forms.population.questionnaire.block
    excluded = form.pick([e.unit for e in form.simulation.plan.exclusions if e.block == block])
    return form.write(field, form.simulation.instrument.unit[block, excluded].name_vi)


def own_unit(form: FormToSpoil) -> Codes:
    """A matrix rater who scored the rater's own unit."""
    forms, field, place = form.forms, form.forms.population.questionnaire.own_unit, form.answered_unit()
    require(field in forms.fields and not forms.fields[field][form.f])
    return form.write(field, forms.unit_names[forms.unit[form.f, place]])


def outside_fieldwork(form: FormToSpoil) -> Codes:
    """Submitted some days before the first or after the last day."""
    field, rng, heading = form.field("submitted"), form.simulation.rng, form.simulation.plan.round
    late, days = rng.random() < 0.7, int(rng.integers(1, 21))
    day = np.datetime64(heading.end if late else heading.start, "D") + (days if late else -days)
    return form.write(field, np.datetime64(f"{day}T10:12:47", "s").astype(object))


def missing_identification(form: FormToSpoil) -> Codes:
    """An identification field left empty."""
    return form.write(form.field("identification"), "")


def out_of_scale(form: FormToSpoil) -> Codes:
    """A number that is no option of the question."""
    return _written_instead(form, lambda scale: str(beyond(scale)), numbers_too=True)


def several_answers(form: FormToSpoil) -> Codes:
    """Two options of a single-choice question."""
    return _written_instead(form, lambda scale: f"{scale.levels[-2].code}; {scale.levels[-1].code}")


def disagreeing_cell(form: FormToSpoil) -> Codes:
    """The number of one option with the label of another."""
    return _written_instead(form, lambda scale: f"{scale.levels[0].code} - {scale.levels[-1].label_vi}")


def _written_instead(form: FormToSpoil, text: Callable[[Scale], str], numbers_too: bool = False) -> Codes:
    """A text in place of an answer; ``numbers_too``: also where a file holds numbers only, as statistical files do."""
    place = form.answered_unit()
    require(numbers_too or form.file.format != "sav")
    k = form.pick(form.plain_items())
    form.forms.written[form.f, place, k] = text(form.scale(k))
    return (form.code,)


def beyond(scale: Scale) -> int:
    """The first whole number above the levels that the scale gives no meaning.

    >>> from surveys.definitions.instrument.records import Level
    >>> beyond(Scale("five", tuple(Level(str(k), (0.0,), "", "") for k in range(1, 6))))
    6
    """
    taken = {name for level in scale.levels for name in (level.code, *level.aliases)}
    taken |= {name for other in scale.non_answers for name in (other.code, *other.aliases)}
    return next(k for k in range(len(scale.levels) + 1, 1000) if str(k) not in taken)


def too_few_answers(form: FormToSpoil) -> Codes:
    """Half of the answers that would be enough; the rest is left open."""
    answers = form.answers[form.answered_unit()]
    enough = form.parameter("too_few_answers", "minimum_share") * (answers != NOT_ASKED).sum()
    for k in form.simulation.rng.permutation(form.plain_items()):
        if said(answers) > max(enough / 2, 1) and answers[k] != NOT_ASKED:
            answers[k] = BLANK
    require(1 <= said(answers) < enough)
    return (form.code,)


def said(answers: Array) -> int:
    """Number of questions with a level or "don't know"."""
    return int(((answers >= 0) | (answers == DONT_KNOW)).sum())


def missing_required(form: FormToSpoil) -> Codes:
    """A required question left blank."""
    answers, items = form.answers[form.answered_unit()], form.forms.population.items
    required = [k for k, item in enumerate(items) if item.required and answers[k] >= 0]
    require(required)
    answers[form.pick(required)] = BLANK
    return (form.code,)


def broken_skip(form: FormToSpoil) -> Codes:
    """A question answered although its filter says that it does not apply."""
    answers, items = form.answers[form.answered_unit()], form.forms.population.items
    position = {item.code: k for k, item in enumerate(items)}
    filtered = [(k, *item.asked_when) for k, item in enumerate(items) if item.asked_when]
    k, filter_code, opening = form.pick([one for one in filtered if one[1] in position])
    filtering = position[filter_code]
    closing = [j for j, level in enumerate(form.scale(filtering).levels) if level.code not in opening]
    require(closing)
    answers[filtering] = closing[0]
    answers[k] = len(form.scale(k).levels) - 1
    return (form.code,)


def straight_line(form: FormToSpoil) -> Codes:
    """The same level for every ordinal question."""
    answers = form.answers[form.answered_unit()]
    asked = np.flatnonzero(~np.isin(answers, (BLANK, NOT_ASKED)))
    ordinal = [k for k in asked.tolist() if form.scale(k).kind == "ordinal"]
    require(len(ordinal) >= form.parameter("straight_line", "minimum_items"))
    answers[ordinal] = form.simulation.rng.integers(0, min(len(form.scale(k).levels) for k in ordinal))
    return (form.code,)


def near_duplicate(form: FormToSpoil) -> Codes:
    """The answers of another form of the same unit copied."""
    enough = form.parameter("near_duplicate", "minimum_items")
    for other in form.simulation.rng.permutation(form.others_of_the_unit()):
        copied = replace(form, f=other)
        long = (copied.answers >= 0).sum(axis=1) >= enough
        places = np.flatnonzero(long & (form.answers >= 0).any(axis=1)).tolist()
        if places:
            place = form.pick(places)
            form.answers[place] = copied.answers[place]
            form.forms.clean[other] = False
            return form.code, copied.code
    raise UnfitFormError


def too_fast(form: FormToSpoil) -> Codes:
    """Half the time that the rule asks for."""
    of_all_items = int((form.answers >= 0).sum()) * form.parameter("too_fast", "seconds_per_item")
    least = max(form.parameter("too_fast", "minimum_seconds"), of_all_items)
    require(form.file.timed and least >= 4)
    form.forms.seconds[form.f] = np.floor(least / 2)
    return (form.code,)


def double_entry(form: FormToSpoil) -> Codes:
    """One to three questions entered differently the second time."""
    forms, rng, place = form.forms, form.simulation.rng, form.answered_unit()
    require(forms.entered_twice[form.f])
    given = np.flatnonzero(form.answers[place] >= 0)
    for k in rng.choice(given, min(len(given), int(rng.integers(1, 4))), replace=False):
        order = worst_to_best(form.simulation.instrument, forms.population.items[k])
        forms.second[form.f, place, k] = order[0] if form.answers[place, k] == order[-1] else order[-1]
    return (form.code,)


INJECTORS: Mapping[str, Injector] = {
    function.__name__: function
    for function in (
        unknown_code, duplicate_code, wrong_questionnaire, unknown_unit, excluded_unit, own_unit, outside_fieldwork,
        missing_identification, out_of_scale, several_answers, disagreeing_cell, too_few_answers,
        missing_required, broken_skip, straight_line, near_duplicate, too_fast, double_entry,
    )
}  # fmt: skip


def work_in(
    simulation: Simulation, questionnaires: Sequence[ReturnedForms], unreturned: Sequence[Issued]
) -> list[tuple[str, str]]:
    """Work the declared number of defects of each rule into the forms; (form code, rule) of each form concerned.

    Every questionnaire gets its turn; at most the share ``MOST_DEFECTIVE`` of its forms is touched.
    """
    found: list[tuple[str, str]] = []
    left = list(unreturned)
    for rule, count in simulation.plan.defects:
        turn = simulation.rng.permutation(len(questionnaires))
        done = 0
        for attempt in range(40 * count):
            forms = questionnaires[turn[attempt % len(turn)]]
            fit = np.flatnonzero(forms.clean & (forms.entered_twice if rule == "double_entry" else True))
            if done < count and len(fit) and (~forms.clean).sum() < MOST_DEFECTIVE * len(forms):
                f = int(fit[simulation.rng.integers(0, len(fit))])
                codes = _spoilt(FormToSpoil(simulation, left, forms, f), rule)
                found += [(code, rule) for code in codes]
                done += bool(codes)
    return found


def _spoilt(form: FormToSpoil, rule: str) -> Codes:
    """Codes of the forms that break the rule once the defect is worked in; none when the form cannot carry it, and it stays as it
    was."""
    forms, before = form.forms, form.answers.copy()
    try:
        codes = INJECTORS[rule](form)
    except UnfitFormError:
        forms.answers[form.f] = before
        return ()
    if rule != "double_entry":
        forms.second[form.f] = forms.answers[form.f]
    forms.clean[form.f] = False
    return codes


def rule_parameters(instrument: Instrument, name: str) -> dict[str, object]:
    """Parameters of a rule as the instrument declares them, the defaults elsewhere."""
    declared = {rule.rule: dict(rule.params) for rule in instrument.rules}
    return VALIDITY_RULES[name].defaults | declared.get(name, {})
