"""A copy must be screened as the original was: what differs is found before anybody gets the copy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from surveys.definitions.study.reading import load_study
from surveys.problems import SurveyError, fault, the_first
from surveys.returns.reading import read_returns
from surveys.returns.record_set import Returns, kept_fields
from surveys.validity.dispositions import Dispositions
from surveys.validity.screened_round import ScreenedRound
from surveys.validity.screening import screen
from surveys.vocabulary.columns import CELL_COLUMNS
from surveys.vocabulary.temporary_folder import temporary_folder


def refuse_different(screened: ScreenedRound, row: np.ndarray, files: Mapping[str, bytes]) -> None:
    """Read and screen a copy (path → content), whose evaluations stand for those at ``row``, int [m], of the original.

    Raises SurveyError when it is read or screened in another way, or not at all; then its scores would not be the same.
    """
    with temporary_folder() as folder:
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        try:
            study = load_study(folder)
            returns = read_returns(study)
            dispositions = screen(study, returns)
        except SurveyError as error:
            first = error.problems[0]
            raise fault("sharing.unreadable", reason=first.text(screened.study.output.language)) from None
    found = ScreenedRound(study, returns, dispositions)
    different = list(_differences(screened, row, found))
    if different:
        raise fault("sharing.different", what=the_first(different, 6))


def _differences(screened: ScreenedRound, row: np.ndarray, found: ScreenedRound) -> Iterator[str]:
    """What the copy says in another way than the original: names of columns, items and rules."""
    if len(found.returns) != len(row):
        yield f"{len(row)} → {len(found.returns)}"
        return
    before, now = screened.returns, found.returns
    items = (before.answers[row] != now.answers).any(axis=0)
    yield from (item.code for item, differs in zip(before.instrument.items, items, strict=True) if differs)
    yield from _different_columns(before, row, now)
    yield from _different_rules(screened.dispositions, row, found.dispositions)
    if not screened.dispositions.funnel.equals(found.dispositions.funnel):
        yield "funnel"


def _different_columns(before: Returns, row: np.ndarray, now: Returns) -> Iterator[str]:
    """Columns that say something else, or tell others apart or together than they did."""
    rows = before.rows.iloc[row].reset_index(drop=True)
    for name in (*CELL_COLUMNS, "own_unit", "entry", "state", "identified"):
        if rows[name].tolist() != now.rows[name].tolist():
            yield name
    if not rows["seconds"].equals(now.rows["seconds"]):
        yield "seconds"
    if not (rows["submitted"].dt.date.equals(now.rows["submitted"].dt.date)):
        yield "submitted"
    kept = [field.code for field in kept_fields(before.instrument)]
    for name in ("form", "form_code", "submission", "rater", "interviewer", *kept):
        one, other = (pd.factorize(of[name], use_na_sentinel=True)[0] for of in (rows, now.rows))
        if not np.array_equal(one, other):
            yield name
    for field in (field.code for field in kept_fields(before.instrument) if field.role == "weight"):
        if not rows[field].equals(now.rows[field]):
            yield field


def _different_rules(before: Dispositions, row: np.ndarray, now: Dispositions) -> Iterator[str]:
    """Rules that other evaluations broke, and dispositions."""
    place = np.full(len(before.disposition), -1)
    place[row] = np.arange(len(row))
    was, found = (reasons[["row", "rule", "severity"]] for reasons in (before.reasons, now.reasons))
    was = was.assign(row=place[was["row"].to_numpy(int)])
    counted = [
        Counter(reasons.itertuples(index=False, name=None)) for reasons in (was[was["row"] >= 0], found)
    ]
    yield from sorted({rule for _, rule, _ in (counted[0] - counted[1]) + (counted[1] - counted[0])})
    if not np.array_equal(before.disposition[row], now.disposition):
        yield "disposition"
    if before.cells.iloc[row].to_numpy(object).tolist() != now.cells.to_numpy(object).tolist():
        yield "cells"
