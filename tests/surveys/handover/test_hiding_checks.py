"""A hidden result shows no number, in whatever table and column."""

from __future__ import annotations

import pytest

from surveys.handover.hiding_checks import hidden_show_nothing
from surveys.handover.official_columns import COUNCIL_SCORES, SCORES, SHARES, UNITS, UNWEIGHTED, OfficialTable
from tests.surveys.handover.test_readding import printed

HIDDEN = {
    "block": "b",
    "unit_code": "u",
    "node_code": "1",
    "group": "all",
    "status": "suppressed",
    "n_valid": "3",
}
SHOWN = {**HIDDEN, "unit_code": "v", "status": "ok", "score": "0.5"}


@pytest.mark.parametrize(
    ("table", "column"),
    [
        *(
            (SCORES, name)
            for name in ("score", "se", "df", "n_eff", "ci_low", "satisfaction_percent", "points")
        ),
        *((SHARES, name) for name in ("share", "se", "ci_low", "ci_high")),
        *((UNITS, name) for name in ("percent", "points", "rank", "probability_top_quarter")),
        *((COUNCIL_SCORES, name) for name in ("percent", "points", "ci_high")),
    ],
    ids=lambda one: getattr(one, "name", one),
)
def test_a_number_of_a_suppressed_result_is_told(table: OfficialTable, column: str) -> None:
    right = printed(table, [{**HIDDEN, "max_points": "2"}, SHOWN])
    assert list(hidden_show_nothing({table.name: right})) == []
    wrong = printed(table, [{**HIDDEN, "max_points": "2", column: "0.5"}, SHOWN])
    found = [(p.code, p.row, p.column) for p in hidden_show_nothing({table.name: wrong})]
    assert found == [("verify.suppressed_shown", 2, column)]


def test_an_unweighted_result_beside_a_hidden_one_is_told() -> None:
    rows = [{**HIDDEN, "unweighted_score": "0.25"}, {**SHOWN, "unweighted_score": "0.5"}]
    found = list(hidden_show_nothing({"unweighted": printed(UNWEIGHTED, rows)}))
    assert [(p.row, p.column) for p in found] == [(2, "unweighted_score")]


def test_a_percentage_for_the_council_of_a_result_without_a_value_is_told() -> None:
    """Also where it is called incomplete: its own score is not there."""
    scores = printed(SCORES, [{**HIDDEN, "status": "incomplete"}, SHOWN])
    council = printed(
        COUNCIL_SCORES,
        [{**HIDDEN, "status": "incomplete", "percent": "50.00"}, {**SHOWN, "percent": "50.00"}],
    )
    found = list(hidden_show_nothing({"scores": scores, "council-scores": council}))
    assert [(p.row, p.column) for p in found] == [(2, "percent")]
