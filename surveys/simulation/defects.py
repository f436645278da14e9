"""Defects worked into clean forms, one small function a validity rule.

Each touches one form (a near-duplicate or a doubled code: two) and returns the codes of the forms that now break the rule; an
empty result says that this form cannot carry the defect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from surveys.definitions.instrument.records import BLANK, DONT_KNOW, NOT_ASKED, Instrument, Item, Scale, Unit
from surveys.definitions.study.records import Issued
from surveys.simulation.pile import Pile
from surveys.simulation.plan import Round
from surveys.simulation.population import goodness
from surveys.vocabulary.folding import fold
from surveys.vocabulary.rules import VALIDITY_RULES

Array = np.ndarray


@dataclass(eq=False)
class Desk:
    """What the injectors work with: the instrument, the round, forms issued and never returned (used up one by one), units that
    are not assessed by block, effective parameters by rule."""

    instrument: Instrument
    round: Round
    unreturned: list[Issued]
    excluded: Mapping[str, Sequence[Unit]]
    params: Mapping[str, Mapping[str, object]]
    rng: np.random.Generator

    def pick(self, options: Sequence[int] | Array) -> int:
        """One of the options at random."""
        return int(options[int(self.rng.integers(0, len(options)))])

    def field(self, pile: Pile, role: str) -> str:
        """The field of a role that the forms of the pile have; empty when there is none."""
        found = [f.code for f in self.instrument.fields if f.role == role and f.code in pile.fields]
        return found[0] if found else ""

    def number(self, rule: str, name: str) -> float:
        return float(str(self.params[rule][name]))


Injector = Callable[[Desk, Pile, int], tuple[str, ...]]


def code_of(desk: Desk, pile: Pile, f: int) -> str:
    field = desk.field(pile, "form_code")
    return str(pile.fields[field][f]) if field else ""


def set_code(desk: Desk, pile: Pile, f: int, code: str) -> tuple[str, ...]:
    pile.fields[desk.field(pile, "form_code")][f] = code
    return (code,)


def answered_unit(desk: Desk, pile: Pile, f: int) -> int:
    """One of the units answered on the form, as its place; the only one unless a matrix. −1 when nothing was answered."""
    places = np.flatnonzero((pile.answers[f] >= 0).any(axis=1))
    return desk.pick(places) if len(places) else -1


def ordinal_items(desk: Desk, pile: Pile) -> Array:
    kinds = [desk.instrument.scale[item.scale].kind for item in pile.items]
    return np.flatnonzero([kind == "ordinal" for kind in kinds])


def plain_items(pile: Pile) -> list[int]:
    """Items that neither filter nor are filtered."""
    filters = {item.asked_when[0] for item in pile.items if item.asked_when}
    return [k for k, item in enumerate(pile.items) if not item.asked_when and item.code not in filters]


def takes_text(pile: Pile, f: int) -> bool:
    """Statistical files hold numbers only."""
    return pile.files[pile.file[f]].format != "sav"


def unknown_code(desk: Desk, pile: Pile, f: int) -> tuple[str, ...]:
    """A code that was never issued."""
    stem, _, number = code_of(desk, pile, f).rpartition("-")
    return set_code(desk, pile, f, f"{stem}-9{number}") if stem else ()


def duplicate_code(desk: Desk, pile: Pile, f: int) -> tuple[str, ...]:
    """The code of another form of the same unit, on both."""
    others = np.flatnonzero(pile.clean & (pile.unit[:, 0] == pile.unit[f, 0]))
    others = others[others != f]
    if not len(others) or pile.entered_twice[f] or not desk.field(pile, "form_code"):
        return ()
    other = desk.pick(others)
    if pile.entered_twice[other]:
        return ()
    pile.clean[other] = False
    return set_code(desk, pile, f, code_of(desk, pile, other))


def wrong_questionnaire(desk: Desk, pile: Pile, f: int) -> tuple[str, ...]:
    """The code of a form that was issued for another questionnaire and never came back."""
    others = [k for k, form in enumerate(desk.unreturned) if form.questionnaire != pile.questionnaire.code]
    return set_code(desk, pile, f, desk.unreturned.pop(desk.pick(others)).form_code) if others else ()


def unknown_unit(desk: Desk, pile: Pile, f: int) -> tuple[str, ...]:
    """A slip of the pen in the unit's name that is the name of no other unit."""
    field = desk.field(pile, "unit")
    if not field:
        return ()
    known = {fold(n) for u in desk.instrument.units for n in (u.code, u.name_vi, u.name_en, *u.aliases)}
    name = str(pile.fields[field][f])
    slips = [name[:k] + name[k + 1] + name[k] + name[k + 2 :] for k in range(1, len(name) - 1)]
    slips = [slip for slip in slips if fold(slip) not in known and "  " not in slip]
    if not slips:
        return ()
    pile.fields[field][f] = slips[desk.pick(range(len(slips)))]
    return (code_of(desk, pile, f),)


def excluded_unit(desk: Desk, pile: Pile, f: int) -> tuple[str, ...]:
    """A unit that is not assessed in this round."""
    field, excluded = desk.field(pile, "unit"), desk.excluded.get(pile.questionnaire.block, ())
    if not field or not excluded:
        return ()
    pile.fields[field][f] = excluded[desk.pick(range(len(excluded)))].name_vi
    return (code_of(desk, pile, f),)


def own_unit(desk: Desk, pile: Pile, f: int) -> tuple[str, ...]:
    """A matrix rater who scored the rater's own unit."""
    field = pile.questionnaire.own_unit
    place = answered_unit(desk, pile, f)
    if not field or field not in pile.fields or place < 0 or pile.fields[field][f]:
        return ()
    pile.fields[field][f] = pile.unit_names[pile.unit[f, place]]
    return (code_of(desk, pile, f),)


def outside_fieldwork(desk: Desk, pile: Pile, f: int) -> tuple[str, ...]:
    """Submitted some days before the first or after the last day."""
    field = desk.field(pile, "submitted")
    if not field:
        return ()
    late, days = desk.rng.random() < 0.7, int(desk.rng.integers(1, 21))
    day = np.datetime64(desk.round.end if late else desk.round.start, "s") + np.timedelta64(
        10 * 3600 + 59 * 13, "s"
    )
    pile.fields[field][f] = (day + np.timedelta64(days if late else -days, "D")).astype(object)
    return (code_of(desk, pile, f),)


def missing_identification(desk: Desk, pile: Pile, f: int) -> tuple[str, ...]:
    """An identification field left empty."""
    field = desk.field(pile, "identification")
    if not field:
        return ()
    pile.fields[field][f] = ""
    return (code_of(desk, pile, f),)


def out_of_scale(desk: Desk, pile: Pile, f: int) -> tuple[str, ...]:
    """A number that is no option of the question."""
    place, items = answered_unit(desk, pile, f), plain_items(pile)
    if place < 0 or not items:
        return ()
    k = desk.pick(items)
    pile.written[f, place, k] = str(beyond(desk.instrument.scale[pile.items[k].scale]))
    return (code_of(desk, pile, f),)


def beyond(scale: Scale) -> int:
    """The first whole number above the levels that the scale gives no meaning.

    >>> from surveys.definitions.instrument.records import Level
    >>> beyond(Scale("five", tuple(Level(str(k), (0.0,), "", "") for k in range(1, 6))))
    6
    """
    taken = {name for level in scale.levels for name in (level.code, *level.aliases)}
    taken |= {name for other in scale.non_answers for name in (other.code, *other.aliases)}
    return next(k for k in range(len(scale.levels) + 1, 1000) if str(k) not in taken)


def several_answers(desk: Desk, pile: Pile, f: int) -> tuple[str, ...]:
    """Two options of a single-choice question."""
    place, items = answered_unit(desk, pile, f), plain_items(pile)
    if place < 0 or not items or not takes_text(pile, f):
        return ()
    k = desk.pick(items)
    levels = desk.instrument.scale[pile.items[k].scale].levels
    pile.written[f, place, k] = f"{levels[-2].code}; {levels[-1].code}"
    return (code_of(desk, pile, f),)


def disagreeing_cell(desk: Desk, pile: Pile, f: int) -> tuple[str, ...]:
    """The number of one option with the label of another."""
    place, items = answered_unit(desk, pile, f), plain_items(pile)
    if place < 0 or not items or not takes_text(pile, f):
        return ()
    k = desk.pick(items)
    levels = desk.instrument.scale[pile.items[k].scale].levels
    pile.written[f, place, k] = f"{levels[0].code} - {levels[-1].label_vi}"
    return (code_of(desk, pile, f),)


def too_few_answers(desk: Desk, pile: Pile, f: int) -> tuple[str, ...]:
    """Half of the answers that would be enough; the rest is left open."""
    place = answered_unit(desk, pile, f)
    if place < 0:
        return ()
    answers = pile.answers[f, place]
    expected = (answers != NOT_ASKED).sum()
    enough = desk.number("too_few_answers", "minimum_share") * expected
    for k in desk.rng.permutation(plain_items(pile)):
        if said(answers) > max(enough / 2, 1):
            answers[k] = NOT_ASKED if answers[k] == NOT_ASKED else BLANK
    return (code_of(desk, pile, f),) if 1 <= said(answers) < enough else ()


def said(answers: Array) -> int:
    """Number of questions with a level or "don't know"."""
    return int(((answers >= 0) | (answers == DONT_KNOW)).sum())


def broken_skip(desk: Desk, pile: Pile, f: int) -> tuple[str, ...]:
    """A question answered although its filter says that it does not apply."""
    position = {item.code: k for k, item in enumerate(pile.items)}
    behind = [
        (k, item) for k, item in enumerate(pile.items) if item.asked_when and item.asked_when[0] in position
    ]
    place = answered_unit(desk, pile, f)
    if not behind or place < 0:
        return ()
    k, item = behind[desk.pick(range(len(behind)))]
    assert item.asked_when is not None
    closing = [
        j
        for j, level in enumerate(_scale_of(desk, pile.items[position[item.asked_when[0]]]).levels)
        if level.code not in item.asked_when[1]
    ]
    if not closing:
        return ()
    pile.answers[f, place, position[item.asked_when[0]]] = closing[0]
    pile.answers[f, place, k] = len(_scale_of(desk, item).levels) - 1
    return (code_of(desk, pile, f),)


def _scale_of(desk: Desk, item: Item) -> Scale:
    return desk.instrument.scale[item.scale]


def straight_line(desk: Desk, pile: Pile, f: int) -> tuple[str, ...]:
    """The same level for every ordinal question."""
    place, ordinal = answered_unit(desk, pile, f), ordinal_items(desk, pile)
    given = ~np.isin(pile.answers[f, place, ordinal], (BLANK, NOT_ASKED))
    asked = ordinal[given] if place >= 0 else ordinal[:0]
    if len(asked) < desk.number("straight_line", "minimum_items"):
        return ()
    levels = min(len(_scale_of(desk, pile.items[k]).levels) for k in asked)
    pile.answers[f, place, asked] = desk.rng.integers(0, levels)
    return (code_of(desk, pile, f),)


def near_duplicate(desk: Desk, pile: Pile, f: int) -> tuple[str, ...]:
    """The answers of another form of the same unit copied."""
    others = np.flatnonzero(pile.clean & (pile.unit[:, 0] == pile.unit[f, 0]))
    enough = desk.number("near_duplicate", "minimum_items")
    others = others[others != f]
    for other in desk.rng.permutation(others):
        places = np.flatnonzero((pile.answers[other] >= 0).sum(axis=1) >= enough)
        places = places[(pile.answers[f, places] >= 0).any(axis=1)]
        if len(places):
            place = desk.pick(places)
            pile.answers[f, place] = pile.answers[other, place]
            pile.clean[other] = False
            return code_of(desk, pile, f), code_of(desk, pile, int(other))
    return ()


def too_fast(desk: Desk, pile: Pile, f: int) -> tuple[str, ...]:
    """Half the time that the rule asks for."""
    answered = int((pile.answers[f] >= 0).sum())
    least = max(
        desk.number("too_fast", "minimum_seconds"), answered * desk.number("too_fast", "seconds_per_item")
    )
    if not pile.files[pile.file[f]].timed or least < 4:
        return ()
    pile.seconds[f] = np.floor(least / 2)
    return (code_of(desk, pile, f),)


def double_entry(desk: Desk, pile: Pile, f: int) -> tuple[str, ...]:
    """One to three questions entered differently the second time."""
    place = answered_unit(desk, pile, f)
    if not pile.entered_twice[f] or place < 0:
        return ()
    given = np.flatnonzero(pile.answers[f, place] >= 0)
    changed = desk.rng.choice(given, min(len(given), int(desk.rng.integers(1, 4))), replace=False)
    for k in changed:
        best = goodness(desk.instrument, pile.items[k]).order[-1]
        worst = goodness(desk.instrument, pile.items[k]).order[0]
        pile.second[f, place, k] = worst if pile.answers[f, place, k] == best else best
    return (code_of(desk, pile, f),)


INJECTORS: Mapping[str, Injector] = {
    function.__name__: function
    for function in (
        unknown_code, duplicate_code, wrong_questionnaire, unknown_unit, excluded_unit, own_unit, outside_fieldwork,
        missing_identification, out_of_scale, several_answers, disagreeing_cell, too_few_answers, broken_skip,
        straight_line, near_duplicate, too_fast, double_entry,
    )
}  # fmt: skip


def work_in(
    desk: Desk, piles: Sequence[Pile], counts: Mapping[str, int], most: float
) -> list[tuple[str, str]]:
    """Work the declared number of defects of each rule into the piles; (form code, rule) of each form concerned.

    Every questionnaire gets its turn; at most the share ``most`` of its forms is touched, so that no cell is emptied.
    """
    found: list[tuple[str, str]] = []
    for rule, count in counts.items():
        turn = desk.rng.permutation(len(piles))
        done = 0
        for attempt in range(40 * count):
            pile = piles[turn[attempt % len(turn)]]
            clean = np.flatnonzero(
                pile.clean & (pile.entered_twice if rule == double_entry.__name__ else True)
            )
            if done == count or not len(clean) or (~pile.clean).sum() >= most * len(pile):
                continue
            f = desk.pick(clean)
            before = pile.answers[f].copy()
            codes = INJECTORS[rule](desk, pile, f)
            if not codes:
                pile.answers[f] = before
                continue
            if rule != "double_entry":
                pile.second[f] = pile.answers[f]
            pile.clean[f] = False
            done += 1
            found += [(code, rule) for code in codes]
    return found


def parameters(instrument: Instrument) -> dict[str, dict[str, object]]:
    """Parameters of every rule as the instrument declares them, the defaults elsewhere."""
    declared = {rule.rule: dict(rule.params) for rule in instrument.rules}
    return {name: {**record.defaults, **declared.get(name, {})} for name, record in VALIDITY_RULES.items()}
