"""Every edition that ships, from a simulated round to what is handed over: values in every table, no fault for verify to tell."""

from __future__ import annotations

from pathlib import Path

import pytest

import surveys as sv

pytestmark = pytest.mark.long

#: Part of the sizes of a real round: cells of few people keep as many forms as are needed to be shown; surveys of many thousands
#: of citizens need less.
SCALE, OF_MANY = 0.5, {"papi": 0.1, "par-index": 0.25, "sipas": 0.02}
#: Columns that may be blank throughout: what is said of single rows …
SAID = {"note"}
#: … and who decided about forms, where nobody had to.
DECIDED = {"decided_by", "decided_on", "decision_reason"}


@pytest.mark.parametrize("name", [instrument.name for instrument in sv.instruments()])
def test_an_edition_hands_over_values(name: str, tmp_path: Path) -> None:
    scale = OF_MANY.get(name.partition("/")[0], SCALE)
    sv.simulate(name, seed=7, out=tmp_path / "round", scale=scale)
    result = sv.load(tmp_path / "round").score()
    result.write(tmp_path / "results")
    sv.hand_over(tmp_path / "results", tmp_path / "handed")  # which raises what verify finds
    package = sv.read_package(tmp_path / "handed")  # … and so does this
    for table in (package.scores, package.units, package.groups, package.forms):
        assert len(table)
        for block, rows in table.groupby("block"):
            blank = {column for column in table if rows[column].replace("", None).isna().all()}
            assert blank <= SAID, (block, blank)
    blank = {column for column in package.rejected if package.rejected[column].replace("", None).isna().all()}
    assert blank <= DECIDED
    assert set(package.groups["group"]) == {group.code for group in result.screened.study.instrument.groups}
    assert package.kind.council == bool(result.screened.study.assessments)
