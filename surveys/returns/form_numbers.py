"""What a form is called where nothing may stand that a respondent typed.

A code that was issued or is of a declared pattern stays. Any other one, and a form without a code, becomes a running number:
forms of one code have one number, and so have all evaluations of one form. The numbers follow a digest of what the forms say;
they know nothing of the order of rows and files, nor of the alphabet of what was typed.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from surveys.definitions.study.form_codes import codes_given, pattern_of
from surveys.definitions.study.records import StudyDefinition
from surveys.problems import phrase
from surveys.returns.record_set import Returns, among
from surveys.vocabulary.digests import digest_of

#: Columns of the key that leads from a number back to the form, one row for each row of a file.
NUMBER_COLUMNS = (
    "form_number", "form_code", "submission", "questionnaire", "source_file", "source_sheet", "source_row",
)  # fmt: skip


def form_names(study: StudyDefinition, returns: Returns) -> np.ndarray:
    """The code or the running number of the form of each evaluation, object [n]."""
    rows = returns.rows
    codes, submissions = (rows[name].to_numpy(object) for name in ("form_code", "submission"))
    given = codes_given(study, codes)
    names = np.where(among(codes, given), codes, _numbered_before(study, codes, submissions))
    open_yet = np.flatnonzero(names == "")
    if len(open_yet):
        key = np.where(codes == "", rows["form"].to_numpy().astype(str), codes)[open_yet]
        mine = pd.factorize(pd.MultiIndex.from_arrays([codes[open_yet] == "", key]))[0]
        numbers = running_numbers(mine, form_order(rows.iloc[open_yet]))
        names[open_yet] = spelled(numbers, _prefix(study, given))
    return names


def number_key(returns: Returns, names: np.ndarray) -> pd.DataFrame:
    """The key to the running numbers among :func:`form_names`, columns ``NUMBER_COLUMNS``, in their order."""
    numbered = returns.rows[names != returns.rows["form_code"].to_numpy(object)]
    listed: pd.DataFrame = numbered.assign(form_number=names[numbered.index.to_numpy()])[list(NUMBER_COLUMNS)]
    return listed.drop_duplicates().sort_values(list(NUMBER_COLUMNS), ignore_index=True)


def running_numbers(kind: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Kinds (int [n], 0 …) numbered from 1 in the order of the least of the texts ``order`` [n] of each; int [n].

    >>> running_numbers(np.array([0, 1, 0, 2]), np.array(["b", "c", "z", "a"], object)).tolist()
    [2, 3, 2, 1]
    """
    least = pd.Series(order).groupby(kind).min()
    rank = least.argsort(kind="stable").argsort(kind="stable").to_numpy() + 1
    return np.asarray(rank[kind])


def spelled(numbers: np.ndarray, prefix: str = "") -> np.ndarray:
    """Numbers as texts of one length, object [n].

    >>> spelled(np.array([1, 12]), "no-").tolist()
    ['no-01', 'no-12']
    """
    width = len(str(numbers.max(initial=0)))
    return np.array([f"{prefix}{number:0{width}d}" for number in numbers.tolist()], dtype=object)


def digested(text: str) -> str:
    """A digest that puts texts in an order that tells nothing about them."""
    return digest_of(text.encode(errors="surrogatepass"))


def form_order(rows: pd.DataFrame) -> np.ndarray:
    """A text for each evaluation by whose order running numbers are given, object [n]: a digest of what its form says; forms that
    say the same are told apart by digests of what they are called. ``rows``: tidy rows [n]."""
    said = zip(rows["content"], rows["form_code"], rows["submission"], strict=True)
    return np.array(
        [digested(content) + digested(f"{code}\x1f{name}") for content, code, name in said], object
    )


def _prefix(study: StudyDefinition, given: frozenset[str]) -> str:
    """What stands in front of running numbers: no code that the institute gave begins with it."""
    prefix = phrase("returns.form_number", study.output.language)
    codes = {*given, *(form.form_code for form in study.issued), *study.fieldwork.form_codes}
    while any(code.startswith(prefix) for code in codes):
        prefix += "-"
    return prefix


def _numbered_before(study: StudyDefinition, codes: np.ndarray, submissions: np.ndarray) -> np.ndarray:
    """The running numbers that forms without a code have already, as in a pseudonymised copy; object [n]."""
    prefix = phrase("returns.form_number", study.output.language)
    ours = [pattern for pattern in study.fieldwork.form_codes if re.fullmatch(rf"{prefix}-*#+", pattern)]
    if not ours:
        return np.full(len(codes), "", object)
    known = [bool(pattern_of(ours).fullmatch(name)) for name in submissions.tolist()]
    return np.where((codes == "") & known, submissions, "").astype(object)
