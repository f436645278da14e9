"""Rules about forms beside one another: equal codes, near-duplicates, two entries of one form."""

from __future__ import annotations

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import Instrument
from surveys.returns.submissions.copies import DIFFERS, SHEET
from surveys.validity.evidence import Array, Evidence
from surveys.validity.rules.finding import Finding, marked_items, noticed
from surveys.validity.similar_forms import expected_pairs, nearest_in_cells
from surveys.vocabulary.roles import PERSON_ROLES

#: So many pairs that chance alone explains in one cell are not listed one by one.
BY_CHANCE = 100


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
    all questions), with at least ``minimum_items`` answered by both; detail: the closest form, or nothing where chance alone
    explains :data:`BY_CHANCE` such pairs in the cell: then the pair says nothing.

    ``within``: compared inside a unit, inside an interviewer's forms, or inside the whole questionnaire. ``modes``: any two
    forms, or only forms collected in different modes (paper and online).
    """
    inside = evidence["unit_code" if within == "unit" else within]
    named = inside != ""
    cell = numbered(evidence["questionnaire"], np.where(named, inside, ""))
    owner = evidence["form"] if modes == "any" else numbered(evidence["mode"])
    partner, _ = nearest_in_cells(evidence.answers, cell, owner, minimum_items, over_all, share - 1e-9)
    broken = (partner >= 0) & named
    closest = np.where(broken, evidence["form_code"][partner], "").astype(object)
    for number in np.unique(cell[broken]).tolist():
        rows = cell == number
        if expected_pairs(evidence.answers[rows], share) >= BY_CHANCE:
            closest[rows] = ""
    return Finding(broken, closest)


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


def copies_differ(evidence: Evidence) -> Finding:
    """The submission was read several times with different content, and no time tells which is the latest."""
    return Finding((evidence["copy"] == DIFFERS) | noticed(evidence, "copies_differ"))


def copied_sheet(evidence: Evidence) -> Finding:
    """Every form of the sheet, without a name and a time, stands on another sheet too."""
    return Finding((evidence["copy"] == SHEET) | noticed(evidence, "copied_sheet"))


def one_per_person(evidence: Evidence, fields: tuple[str, ...], keep: str, within: str) -> Finding:
    """Forms of one person: all ``fields`` (empty: those of role identification, or else personal) are filled and equal; detail:
    another form of the person, the one that is kept if any.

    ``within``: a questionnaire, a unit (of a questionnaire) or the whole study. ``keep``: none of the forms counts, or the first
    or the last by the time of submission; none where the times do not tell.
    """
    asked = list(fields) or _identifying(evidence.instrument)
    who = evidence.persons[asked].to_numpy()
    named, unit = (who != 0).all(axis=1) & bool(asked), evidence["unit_code"]
    cells = {
        "questionnaire": [evidence["questionnaire"]],
        "unit": [evidence["questionnaire"], np.where(unit != "", unit, evidence["unit_text"])],
        "study": [],
    }
    key = numbered(~named, *cells[within], *who.T)
    answered = pd.DataFrame({"key": key, "form": evidence["form"], "time": evidence.submitted})
    answered["code"] = evidence["form_code"]
    kept, other = _of_one_person(answered[named], keep)
    pairs = list(zip(key.tolist(), evidence["form"].tolist(), strict=True))
    broken = np.array([pair in other and pair not in kept for pair in pairs], bool) & named
    return Finding(broken, np.array([other.get(pair, "") for pair in pairs], object))


def _identifying(instrument: Instrument) -> list[str]:
    """The fields that tell persons apart where the rule names none."""
    by_role = {role: [f.code for f in instrument.fields if f.role == role] for role in PERSON_ROLES}
    return next(filter(None, by_role.values()), [])


def _of_one_person(
    answered: pd.DataFrame, keep: str
) -> tuple[set[tuple[int, int]], dict[tuple[int, int], str]]:
    """(key, form) of the form that is kept of each person, and the code of another form of the person for every form that is
    not the only one; from key, form, time and code of evaluations."""
    forms = answered.drop_duplicates(["key", "form"]).sort_values(["key", "form"])
    forms = forms[forms["key"].duplicated(keep=False)]
    of_person = forms.groupby("key")
    best = forms["time"] == of_person["time"].transform("max" if keep == "last" else "min")
    told = of_person["time"].transform("count") == of_person["form"].transform("size")
    kept = forms[best & told & (best.groupby(forms["key"]).transform("sum") == 1) & (keep != "none")]
    first, second = (
        of_person["code"].transform("first"),
        of_person["code"].transform(lambda code: code.iat[1]),
    )
    names = first.where(of_person.cumcount() > 0, second)
    of_kept = forms["key"].map(kept.set_index("key")["code"]).astype(object)
    names = of_kept.where(of_kept.notna(), names)
    pairs = list(zip(forms["key"].tolist(), forms["form"].tolist(), strict=True))
    is_kept = set(zip(kept["key"].tolist(), kept["form"].tolist(), strict=True))
    return is_kept, dict(zip(pairs, names.tolist(), strict=True))
