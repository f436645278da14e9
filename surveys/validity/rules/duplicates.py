"""Rules about forms beside one another: equal codes, near-duplicates, two entries of one form."""

from __future__ import annotations

import numpy as np
import pandas as pd

from surveys.validity.evidence import Array, Evidence
from surveys.validity.rules.finding import Finding, marked_items
from surveys.validity.similar_forms import nearest_in_cells


def duplicate_code(evidence: Evidence, keep: str) -> Finding:
    """Several forms carry the same code. ``keep``: none of them counts, or the first one read does."""
    form = pd.Series(evidence["form"])
    forms_of_code = form.groupby(numbered(evidence.code_key))
    first, last = forms_of_code.transform("min"), forms_of_code.transform("max")
    repeated = (first != last) & (evidence["form_code"] != "")
    return Finding(np.asarray(repeated & ~((first == form) & (keep == "first"))))


def near_duplicate(
    evidence: Evidence,
    share: float,
    minimum_items: int,
    within: str,
    modes: str,
    over_all: bool,
) -> Finding:
    """Agrees with another form of the same questionnaire on at least ``share`` of the questions both answered (``over_all``: of
    all questions), with at least ``minimum_items`` answered by both; detail: the closest form.

    ``within``: compared inside a unit, inside an interviewer's forms, or inside the whole questionnaire. ``modes``: any two
    forms, or only forms collected in different modes (paper and online).
    """
    inside = evidence["unit_code" if within == "unit" else within]
    named = inside != ""
    cell = numbered(evidence["questionnaire"], np.where(named, inside, ""))
    owner = evidence["form"] if modes == "any" else numbered(evidence["mode"])
    partner, _ = nearest_in_cells(evidence.answers, cell, owner, minimum_items, over_all, share - 1e-9)
    broken = (partner >= 0) & named
    return Finding(broken, np.where(broken, evidence["form_code"][partner], ""))


def numbered(*keys: Array) -> Array:
    """One number per distinct combination of the keys, int [m].

    >>> numbered(np.array(["b", "a", "b"]), np.array(["x", "x", "x"])).tolist()
    [0, 1, 0]
    """
    number = np.zeros(len(keys[0]), int)
    for key in keys:
        code, labels = pd.factorize(key)
        number = pd.factorize(number * len(labels) + code)[0]
    return number


def double_entry(evidence: Evidence, minimum_items: int) -> Finding:
    """The two data entries of the form disagree; detail: the items."""
    differing = marked_items(evidence, evidence.entered_differently, minimum_items)
    return Finding(differing.broken | evidence.entered_once, differing.detail)
