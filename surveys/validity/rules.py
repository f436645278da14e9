"""The validity rules: one small function a rule, from the evidence to the evaluations that break it.

``RULES`` is the whole table. A definition names a rule and gives its severity and parameters; a new rule is a function and
a line here, with its label in ``surveys/wording/validity.toml``. Rules are kernels: their parameters were checked at the border
(:func:`faulty_parameters`), and each returns a :class:`Finding` aligned with the evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from surveys.definitions.instrument.records import DONT_KNOW, OUT_OF_SCALE, SEVERAL, Rule
from surveys.problems import Language, Problem, phrase
from surveys.returns.record_set import among
from surveys.validity import careless
from surveys.validity.duplicates import nearest_in_cells
from surveys.validity.evidence import Evidence, numbers, row_counts

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Finding:
    """Which evaluations break a rule (boolean [m]) and what to look at: item codes or other form codes (object [m])."""

    broken: Array
    detail: Array | None = None


@dataclass(frozen=True)
class RuleRecord:
    """A rule: its function, the type of each parameter, defaults, and ranges (lowest, highest) or accepted words."""

    name: str
    function: Callable[..., Finding]
    parameters: Mapping[str, type] = field(default_factory=dict)
    defaults: Mapping[str, object] = field(default_factory=dict)
    accepted: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    def label(self, language: Language = "vi") -> str:
        """The rule in the user's words.

        >>> RULES["straight_line"].label("en")
        'the same answer to every question'
        """
        return phrase(f"rule_label.{self.name}", language)


def item_list(cells: Array, codes: Array) -> Array:
    """Codes of the marked items of each row, joined by ``;``: boolean [m, K], object [K] → object [m].

    >>> item_list(np.array([[True, True], [False, False]]), np.array(["q1", "q2"], object)).tolist()
    ['q1;q2', '']
    """
    row, column = np.divmod(np.flatnonzero(cells), cells.shape[1])
    detail = np.full(len(cells), "", object)
    of_row = np.split(codes[column], np.flatnonzero(np.diff(row)) + 1) if len(row) else []
    detail[np.unique(row)] = [";".join(items) for items in of_row]
    return detail


def marked_items(evidence: Evidence, cells: Array, minimum: int = 1) -> Finding:
    """Evaluations with at least ``minimum`` marked items, which are the detail."""
    return Finding(row_counts(cells) >= max(minimum, 1), item_list(cells, evidence.item_codes))


def unknown_code(evidence: Evidence) -> Finding:
    """The form's code is not among the issued ones (where the issued forms of the questionnaire are listed)."""
    return Finding(evidence.listed & (evidence.form_code != "") & ~evidence.known_code)


def duplicate_code(evidence: Evidence, keep: str = "none") -> Finding:
    """Several forms carry the same code. ``keep``: none of them counts, or the first one read does."""
    code, form = numbers(evidence.code_key), evidence.form
    first, last = np.full(len(form), form.max(initial=0)), np.zeros(len(form), int)
    np.minimum.at(first, code, form)
    np.maximum.at(last, code, form)
    repeated = (first != last)[code] & (evidence.form_code != "")
    is_first = (first[code] == form) & (keep == "first")
    return Finding(repeated & ~is_first)


def wrong_questionnaire(evidence: Evidence, unit: bool = True) -> Finding:
    """The code was issued for another questionnaire or (``unit``) for another unit; detail: which."""
    other_form = evidence.known_code & (evidence.issued_questionnaire != evidence.questionnaire)
    told_apart = (evidence.issued_unit != "") & (evidence.unit != "") & ~other_form
    other_unit = evidence.known_code & told_apart & (evidence.issued_unit != evidence.unit) & unit
    detail = np.where(other_form, evidence.issued_questionnaire, evidence.issued_unit)
    return Finding(other_form | other_unit, detail)


def unknown_unit(evidence: Evidence) -> Finding:
    """The unit is missing or was not recognised in the register."""
    return Finding((evidence.unit == "") & ~evidence.is_empty_form)


def excluded_unit(evidence: Evidence) -> Finding:
    """The unit is not assessed in this round; detail: its code."""
    return Finding(evidence.excluded, evidence.unit)


def own_unit(evidence: Evidence) -> Finding:
    """The rater scored the rater's own unit, on a questionnaire that forbids it; detail: its code."""
    forbids = [q.code for q in evidence.instrument.questionnaires if q.own_unit]
    same = (evidence.own_unit != "") & (evidence.own_unit == evidence.unit)
    return Finding(same & among(evidence.questionnaire, forbids), evidence.unit)


def outside_fieldwork(evidence: Evidence) -> Finding:
    """Submitted before the first or after the last day of fieldwork; a form without a date is not judged."""
    first, last = evidence.window
    return Finding((evidence.day < first) | (evidence.day > last))


def missing_identification(evidence: Evidence) -> Finding:
    """A field that identifies the form or the respondent was left empty."""
    no_code = evidence.asks_code & evidence.listed & (evidence.form_code == "")
    return Finding(~evidence.identified | no_code)


def out_of_scale(evidence: Evidence, minimum_items: int = 1) -> Finding:
    """An answer that is no level of its scale; detail: the items."""
    read_as = (evidence.answers == OUT_OF_SCALE) & ~evidence.faults["disagrees"] & ~evidence.faults["several"]
    return marked_items(evidence, read_as | evidence.faults["out_of_scale"], minimum_items)


def several_answers(evidence: Evidence, minimum_items: int = 1) -> Finding:
    """Several answers to a question that has one; detail: the items."""
    return marked_items(evidence, (evidence.answers == SEVERAL) | evidence.faults["several"], minimum_items)


def disagreeing_cell(evidence: Evidence, minimum_items: int = 1) -> Finding:
    """A cell whose number and label say different things; detail: the items."""
    return marked_items(evidence, evidence.faults["disagrees"], minimum_items)


def too_few_answers(
    evidence: Evidence, minimum_share: float = 2 / 3, dont_know_counts: bool = True
) -> Finding:
    """Answered less than ``minimum_share`` of the questions that had to be answered; ``dont_know_counts``: saying "don't
    know" is answering."""
    said = evidence.answered | ((evidence.answers == DONT_KNOW) & dont_know_counts)
    answered, expected = row_counts(said & evidence.expected), row_counts(evidence.expected)
    return Finding((answered < minimum_share * expected - 1e-9) | (expected == 0))


def broken_skip(evidence: Evidence, minimum_items: int = 1) -> Finding:
    """Questions answered although the answer to their filter says that they do not apply; detail: the items."""
    return marked_items(evidence, evidence.skips[1], minimum_items)


def straight_line(evidence: Evidence, minimum_items: int = 10, share: float = 1.0) -> Finding:
    """The same level chosen in a run of at least ``share`` of the answered questions (ordinal scales, in the order of the
    form, gaps skipped), where at least ``minimum_items`` were answered."""
    instrument = evidence.instrument
    ordinal = [k for k, item in enumerate(instrument.items) if instrument.scale[item.scale].kind == "ordinal"]
    answers = evidence.answers.take(ordinal, axis=1)
    answered = row_counts(answers >= 0)
    needed = share * answered - 1e-9
    # A run of a level is never longer than the level is frequent: runs are sought only where some level is frequent enough.
    frequent = [row_counts(answers == level) >= needed for level in range(answers.max(initial=-1) + 1)]
    broken = (answered >= max(minimum_items, 1)) & np.any(frequent, axis=0)
    chosen, number = closed_up(answers[broken])
    broken[broken] = np.minimum(careless.longest_run(chosen), number) >= needed[broken]
    return Finding(broken)


def closed_up(answers: Array) -> tuple[Array, Array]:
    """Answers of each row moved together over the gaps, float [m, K] with NaN behind them, and their number [m].

    >>> closed_up(np.array([[3, -1, 3, 2]]))[0].tolist()
    [[3.0, 3.0, 2.0, nan]]
    """
    order = np.argsort(answers < 0, axis=1, kind="stable")
    moved = np.take_along_axis(answers, order, axis=1).astype(float)
    return np.where(moved < 0, np.nan, moved), (answers >= 0).sum(axis=1)


def near_duplicate(
    evidence: Evidence,
    share: float = 0.95,
    minimum_items: int = 10,
    within: str = "unit",
    modes: str = "any",
    over_all: bool = False,
) -> Finding:
    """Agrees with another form of the same questionnaire on at least ``share`` of the questions both answered (``over_all``: of
    all questions), with at least ``minimum_items`` answered by both; detail: the closest form.

    ``within``: compared inside a unit, inside an interviewer's forms, or inside the whole questionnaire. ``modes``: any two
    forms, or only forms collected in different modes (paper and online).
    """
    inside = {
        "unit": evidence.unit,
        "interviewer": evidence.interviewer,
        "questionnaire": evidence.questionnaire,
    }
    named = inside[within] != ""
    cell = numbered(evidence.questionnaire, np.where(named, inside[within], ""))
    owner = evidence.form if modes == "any" else numbered(evidence.mode)
    partner, _ = nearest_in_cells(evidence.answers, cell, owner, minimum_items, over_all, share - 1e-9)
    broken = (partner >= 0) & named
    return Finding(broken, np.where(broken, evidence.form_code[partner], ""))


def numbered(*keys: Array) -> Array:
    """One number per distinct combination of the keys, int [m].

    >>> numbered(np.array(["b", "a", "b"]), np.array(["x", "x", "x"])).tolist()
    [0, 1, 0]
    """
    number = np.zeros(len(keys[0]), int)
    for key in keys:
        code = numbers(key)
        number = numbers(number * (code.max(initial=0) + 1) + code)
    return number


def too_fast(evidence: Evidence, minimum_seconds: float = 0.0, seconds_per_item: float = 2.0) -> Finding:
    """The whole form took less than ``minimum_seconds``, or less than ``seconds_per_item`` for each answer on it; a form
    without a time is not judged."""
    form = numbers(evidence.form)
    answers = np.bincount(form, row_counts(evidence.answered))[form]
    return Finding(evidence.seconds < np.maximum(minimum_seconds, seconds_per_item * answers))


def double_entry(evidence: Evidence, minimum_items: int = 1) -> Finding:
    """The two data entries of the form disagree; detail: the items."""
    differing = marked_items(evidence, evidence.entered_differently, minimum_items)
    return Finding(differing.broken | evidence.entered_once, differing.detail)


_SHARE, _COUNT = (0.0, 1.0), (1, None)
_ITEMS: dict[str, Any] = {
    "parameters": {"minimum_items": int}, "defaults": {"minimum_items": 1}, "accepted": {"minimum_items": _COUNT},
}  # fmt: skip

RULES: Mapping[str, RuleRecord] = {
    record.name: record
    for record in (
        RuleRecord("unknown_code", unknown_code),
        RuleRecord(
            "duplicate_code", duplicate_code, {"keep": str}, {"keep": "none"}, {"keep": ("none", "first")}
        ),
        RuleRecord("wrong_questionnaire", wrong_questionnaire, {"unit": bool}, {"unit": True}),
        RuleRecord("unknown_unit", unknown_unit),
        RuleRecord("excluded_unit", excluded_unit),
        RuleRecord("own_unit", own_unit),
        RuleRecord("outside_fieldwork", outside_fieldwork),
        RuleRecord("missing_identification", missing_identification),
        RuleRecord("out_of_scale", out_of_scale, **_ITEMS),
        RuleRecord("several_answers", several_answers, **_ITEMS),
        RuleRecord("disagreeing_cell", disagreeing_cell, **_ITEMS),
        RuleRecord(
            "too_few_answers",
            too_few_answers,
            {"minimum_share": float, "dont_know_counts": bool},
            {"minimum_share": 2 / 3, "dont_know_counts": True},
            {"minimum_share": _SHARE},
        ),
        RuleRecord("broken_skip", broken_skip, **_ITEMS),
        RuleRecord(
            "straight_line",
            straight_line,
            {"minimum_items": int, "share": float},
            {"minimum_items": 10, "share": 1.0},
            {"minimum_items": _COUNT, "share": _SHARE},
        ),
        RuleRecord(
            "near_duplicate",
            near_duplicate,
            {"share": float, "minimum_items": int, "within": str, "modes": str, "over_all": bool},
            {"share": 0.95, "minimum_items": 10, "within": "unit", "modes": "any", "over_all": False},
            {
                "share": _SHARE,
                "minimum_items": _COUNT,
                "within": ("unit", "interviewer", "questionnaire"),
                "modes": ("any", "different"),
            },
        ),
        RuleRecord(
            "too_fast",
            too_fast,
            {"minimum_seconds": float, "seconds_per_item": float},
            {"minimum_seconds": 0.0, "seconds_per_item": 2.0},
            {"minimum_seconds": (0.0, None), "seconds_per_item": (0.0, None)},
        ),
        RuleRecord("double_entry", double_entry, **_ITEMS),
    )
}


def faulty_parameters(rules: Iterable[Rule], file: str = "") -> tuple[Problem, ...]:
    """Every rule or parameter that cannot be carried out as declared, with what is accepted.

    >>> [p.code for p in faulty_parameters([Rule("straight_line", "reject", (("share", 1.5),))])]
    ['validity.parameter_range']
    """
    found = []
    for rule in rules:
        record = RULES.get(rule.rule)
        if record is None:
            params = (("rule", rule.rule), ("accepted", ", ".join(RULES)))
            found.append(Problem("validity.unknown_rule", file=file, column="rules", params=params))
            continue
        found += [
            _faulty(rule, name, value, file) for name, value in rule.params if not _fits(record, name, value)
        ]
    return tuple(found)


def _fits(record: RuleRecord, name: str, value: object) -> bool:
    if name not in record.parameters:
        return False
    kind, accepted = record.parameters[name], record.accepted.get(name)
    if kind is str:
        return accepted is None or value in accepted
    if kind is bool or isinstance(value, bool):
        return isinstance(value, bool) and kind is bool
    if not isinstance(value, (int, float)) or (kind is int and not float(value).is_integer()):
        return False
    low, high = accepted or (None, None)
    return bool(np.isfinite(value)) and (low is None or value >= low) and (high is None or value <= high)


def _faulty(rule: Rule, name: str, value: object, file: str) -> Problem:
    record = RULES[rule.rule]
    if name not in record.parameters:
        accepted, code = ", ".join(record.parameters) or "-", "validity.unknown_parameter"
    else:
        accepted, code = _accepted_text(record, name), "validity.parameter_range"
    params = (("rule", rule.rule), ("parameter", name), ("value", str(value)), ("accepted", accepted))
    return Problem(code, file=file, column=f"rules.{rule.rule}.{name}", params=params)


def _accepted_text(record: RuleRecord, name: str) -> str:
    """``0.0 … 1.0``, ``≥ 1`` or the accepted words."""
    kind, accepted = record.parameters[name], record.accepted.get(name)
    if kind is bool:
        return "true, false"
    if accepted is None or kind is str:
        return ", ".join(accepted or ())
    low, high = accepted
    return f"≥ {low}" if high is None else f"{low} … {high}"
