"""A question of type ``range`` as a scale of its steps."""

from __future__ import annotations

import math
import re

from surveys.definitions.instrument.records import Level, Scale
from surveys.fieldwork.xlsform_import.form_structure import AskedQuestion

#: Steps of a range that becomes a scale.
MOST_STEPS = 11
_PARAMETER = re.compile(r"([\w-]+)\s*=\s*([^\s;,]+)")
#: What the standard takes where the parameters do not say.
_USUAL = {"start": 1.0, "end": 10.0, "step": 1.0}


def parameters_of(question: AskedQuestion) -> dict[str, str]:
    """The column ``parameters`` by name.

    The names and the values are separated by ``=``, the parameters by spaces, commas or semicolons.
    """
    return {name.casefold(): value for name, value in _PARAMETER.findall(question.row.get("parameters"))}


def range_scale(question: AskedQuestion, scored: bool) -> Scale | None:
    """The steps of a range from the lowest to the highest: an ordered scale of equal steps where it is ``scored`` or shown as
    stars (more stars are better), otherwise options without points, which is told. None (told) where the steps are too many, or
    cannot be counted."""
    said = parameters_of(question)
    try:
        start, end, step = (float(said.get(name, usual)) for name, usual in _USUAL.items())
    except ValueError:
        question.note("xlsform_import.range_bad", "parameters", value=question.row.get("parameters"))
        return None
    steps = (end - start) / step if step else math.inf
    if not all(map(math.isfinite, (start, end, step))) or steps <= 0 or abs(steps - round(steps)) > 1e-9:
        question.note("xlsform_import.range_bad", "parameters", value=question.row.get("parameters"))
        return None
    count = round(steps) + 1
    if count > MOST_STEPS:
        question.note(
            "xlsform_import.range_long", "parameters", count=count, most=MOST_STEPS, name=question.name
        )
        return None
    numbers = sorted(round(start + k * step, 9) for k in range(count))
    codes = [f"{number:g}" for number in numbers]
    stars = "rating" in question.row.get("appearance").split()
    ordered = scored or stars
    if not ordered:
        question.note("xlsform_import.range_direction", "parameters", name=question.name)
    levels = tuple(
        Level(code, (k / (count - 1) if ordered else 0.0,), code, code, ordered and k / (count - 1) > 0.5)
        for k, code in enumerate(codes)
    )
    code = f"range_{codes[0]}_{codes[-1]}_{step:g}".replace("-", "m") + ("" if ordered else "_choice")
    label = f"{codes[0]}–{codes[-1]}"
    return Scale(code, levels, "ordinal" if ordered else "choice", label_vi=label, label_en=label)
