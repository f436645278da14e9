"""Whatever files hold: every row that was read is a form, a copy, a second entry or no form, and every evaluation of a form is
valid, under review, rejected or left out."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import surveys as sv
from surveys.vocabulary.statuses import DISPOSITIONS, NO_FORMS
from tests.trouble.trial import A1, A2, B1, table, trial

UNIT = st.sampled_from(["Xã An Bình", "Phường Hòa Thuận", "Xã Lạ", ""])
ANSWER = st.sampled_from(["1", "4", "5", "9", "", "4;5", "Hài lòng"])
CODE = st.sampled_from(["P1", "P2", "03", "3", ""])
SECOND = st.integers(0, 3)
ROWS = st.lists(st.tuples(CODE, UNIT, SECOND, ANSWER, ANSWER, ANSWER), max_size=6)
LAYOUT = st.sampled_from(["native", "handmade", "kobo", "google", "second"])


def content(layout: str, rows: list[tuple[str, str, int, str, str, str]]) -> str:
    """A file of a product with these rows; a blank line and a total stand below those made by hand."""
    if layout == "kobo":
        made = [
            (u, *a, k, f"u{k}", f"2025-10-08T02:10:0{k}", k, "Not Approved" if k == 3 else "")
            for _, u, k, *a in rows
        ]
        return table(
            made,
            ("Đơn vị", A1, A2, B1, "_id", "_uuid", "_submission_time", "_index", "_validation_status"),
            ";",
        )
    if layout == "google":
        made = [(f"2025/10/09 8:15:4{k} SA GMT+7", u, *a) for _, u, k, *a in rows]
        return table(made, ("Dấu thời gian", "Đơn vị", A1, A2, B1))
    headings = ("Mã phiếu", "Đơn vị", "Ngày trả lời", A1, A2, B1)
    plain = [(c, u, f"2025-10-05 08:00:0{k}", *a) for c, u, k, *a in rows]
    if layout == "handmade":
        return f"Bảng tổng hợp,,,,,\n{table(plain, headings)},,,,,\nTổng cộng,,,3,3,3\n"
    return table(plain, headings)


@pytest.mark.long
@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(LAYOUT, ROWS), min_size=1, max_size=3))
def test_every_row_and_every_evaluation_is_accounted_for(
    files: list[tuple[str, list[tuple[str, str, int, str, str, str]]]],
) -> None:
    named = {f"r{k}.csv": content(layout, rows) for k, (layout, rows) in enumerate(files)}
    entry = {f"r{k}.csv": "second" if layout == "second" else "" for k, (layout, _) in enumerate(files)}
    returns = "".join(
        f'\n[[returns]]\npath = "{n}"\nquestionnaire = "p1"\nentry = "{entry[n]}"\n' for n in named
    )
    with TemporaryDirectory() as folder:
        screened = sv.load(trial(Path(folder), dict(named), returns)).screen()
    read, rows = screened.returns.read, screened.returns.rows
    disposition = screened.screening.disposition
    kinds = read[["forms", "copies", "second_entries", "no_forms"]]
    assert (kinds.sum(axis=1) == read["rows"]).all()
    assert len(rows) == len(disposition) == read["evaluations"].sum()
    for k, (layout, given_rows) in enumerate(files):
        of_file = read[read["file"] == f"r{k}.csv"]
        assert of_file["rows"].sum() == len(given_rows) + (layout == "handmade")  # the total
        here = disposition[(rows["source_file"] == f"r{k}.csv").to_numpy()]
        counted = sum((here == word).sum() for word in DISPOSITIONS)
        assert counted + sum((here == word).sum() for word in NO_FORMS) == len(here)
        assert (here == "copy").sum() == of_file["copies"].sum()
        assert (here == "second_entry").sum() == of_file["second_entries"].sum()
    funnel = screened.screening.funnel
    assert funnel["returned"].sum() == read["forms"].sum()
    assert (funnel["returned"] == funnel[list(DISPOSITIONS)].sum(axis=1)).all()
