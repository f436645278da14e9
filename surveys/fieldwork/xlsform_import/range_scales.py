"""A question of type ``range`` as a scale of its steps.

What the parameters mean: "Range widget", ODK documentation, docs.getodk.org/form-question-types.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from surveys.definitions.instrument.records import Level, Scale
from surveys.fieldwork.xlsform_import.choice_lists import ChoiceList
from surveys.fieldwork.xlsform_import.form_structure import AskedQuestion
from surveys.fieldwork.xlsform_import.ladders import Ladder, ladder_of
from surveys.fieldwork.xlsform_import.languages import TwoTexts
from surveys.problems import nearest

#: Steps of a range that becomes a scale.
MOST_STEPS = 11
_PARAMETER = re.compile(r"([\w-]+)\s*=\s*([^\s;,]+)")
#: What the standard takes where the parameters do not say.
_USUAL = {"start": 1.0, "end": 10.0, "step": 1.0}
#: The parameter that names a list of choices, of which the names are numbers of the range and the labels stand beside these.
LABELS = "tick_labelset"


class Ticks(NamedTuple):
    """The steps of a range, rising; the distance of two; and what stands beside each (code of a step → its label)."""

    codes: tuple[str, ...]
    step: str
    labels: Mapping[str, TwoTexts]


def parameters_of(text: str) -> dict[str, str]:
    """The column ``parameters`` by name.

    The names and the values are separated by ``=``, the parameters by spaces, commas or semicolons.

    >>> parameters_of("start=0 end=10;Step = 2")
    {'start': '0', 'end': '10', 'step': '2'}
    """
    return {name.casefold(): value for name, value in _PARAMETER.findall(text)}


def is_scale_alone(text: str) -> bool:
    """Whether the parameters of a range say nothing but its steps and their labels.

    >>> is_scale_alone("start=0 end=10"), is_scale_alone("start=0 tick_interval=2"), is_scale_alone("start:0")
    (True, False, False)
    """
    return {*parameters_of(text)} <= {*_USUAL, LABELS} and not _PARAMETER.sub("", text).strip(" ;,")


def range_scale(question: AskedQuestion, scored: bool, lists: Mapping[str, ChoiceList]) -> Scale | None:
    """The steps of a range as an ordered scale of equal steps where the labels beside it are a ladder, it is ``scored``, or shown
    as stars (more stars are better), otherwise as options without points, which is told. None (told) where the steps are too
    many, or cannot be counted."""
    ticks = _ticks(question, lists)
    if ticks is None:
        return None
    stars = "rating" in question.row.get("appearance").split()
    ladder = _ladder(ticks) or (_rising(len(ticks.codes)) if scored or stars else None)
    if not ladder:
        question.note("xlsform_import.range_direction", "parameters", name=question.name)
    values = ladder.values if ladder else (0.0,) * len(ticks.codes)
    satisfied = ladder.satisfied if ladder else (False,) * len(ticks.codes)
    labels = [ticks.labels.get(code, TwoTexts(code, code)) for code in ticks.codes]
    levels = tuple(
        Level(code, (value,), label.vi or code, label.en or code, is_good)
        for code, value, label, is_good in zip(ticks.codes, values, labels, satisfied, strict=True)
    )
    first, last = ticks.codes[0], ticks.codes[-1]
    named = parameters_of(question.row.get("parameters")).get(LABELS, "") if ticks.labels else ""
    steps = f"range_{first}_{last}_{ticks.step}".replace("-", "m")
    code = "_".join(filter(None, (steps, named, "" if ladder else "choice")))
    label = f"{first}–{last}"
    return Scale(code, levels, "ordinal" if ladder else "choice", label_vi=label, label_en=label)


def _ticks(question: AskedQuestion, lists: Mapping[str, ChoiceList]) -> Ticks | None:
    """The steps; None (told) where they cannot be counted or are too many."""
    said = parameters_of(question.row.get("parameters"))
    try:
        start, end, step = (float(said.get(name, usual)) for name, usual in _USUAL.items())
    except ValueError:
        start = end = step = math.nan
    steps = (end - start) / step if step else math.inf
    if (
        not all(map(math.isfinite, (start, end, step, steps)))
        or steps <= 0
        or abs(steps - round(steps)) > 1e-9
    ):
        question.note("xlsform_import.range_bad", "parameters", value=question.row.get("parameters"))
        return None
    count = round(steps) + 1
    if count > MOST_STEPS:
        question.note(
            "xlsform_import.range_long", "parameters", count=count, most=MOST_STEPS, name=question.name
        )
        return None
    numbers = sorted(round(start + k * step, 9) for k in range(count))
    codes = tuple(map(_written, numbers))
    return Ticks(codes, _written(step), _labels(question, said.get(LABELS, ""), codes, lists))


def _labels(
    question: AskedQuestion, named: str, codes: tuple[str, ...], lists: Mapping[str, ChoiceList]
) -> dict[str, TwoTexts]:
    """What stands beside the steps; a list that the form does not have is a fault, and an option beside no step is told."""
    if named and named not in lists:
        params: dict[str, Any] = {
            "value": named,
            "accepted": ", ".join([*lists][:40]),
            "nearest": nearest(named, [*lists]),
        }
        place, column = question.row.place, question.row.written("parameters")
        place.note("xlsform_import.list_unknown", column, **params)
    choices = lists[named].choices if named in lists else ()
    labels = {_number(choice.name): choice.label for choice in choices if choice.label.first}
    beside = [name for name in labels if name not in codes]
    if beside:
        question.note("xlsform_import.range_label", "parameters", list=named, names=", ".join(beside[:12]))
    return {code: labels[code] for code in codes if code in labels}


def _number(name: str) -> str:
    """The name of an option as a step would be written; the name itself where it is no number."""
    try:
        number = float(name)
    except ValueError:
        return name
    return _written(number) if math.isfinite(number) else name


def _written(number: float) -> str:
    """A number as exports have it: without an exponent, and without noughts behind the point.

    >>> _written(1000001.0), _written(0.25), _written(-3.0)
    ('1000001', '0.25', '-3')
    """
    return f"{number:.9f}".rstrip("0").rstrip(".")


def _ladder(ticks: Ticks) -> Ladder | None:
    """The ladder that the labels beside the steps are, in Vietnamese or in English; a step without a label is called by its
    number."""
    for language in (0, 1):
        found = ladder_of([ticks.labels.get(code, (code, code))[language] for code in ticks.codes])
        if found:
            return found
    return None


def _rising(count: int) -> Ladder:
    values = tuple(k / (count - 1) for k in range(count))
    return Ladder(values, tuple(value > 0.5 for value in values))
