"""The page of notation names everything a user can ask for, and every source it cites is listed."""

import re
from importlib.resources import files

import pytest

from weighting.calibration.distance import NAMES
from weighting.estimation.intervals import INTERVALS
from weighting.hypotheses.rank_tests import SCORES
from weighting.regression.regression import FAMILIES
from weighting.replication.factors import KINDS
from weighting.sample_size.allocation import ALLOCATIONS
from weighting.sample_size.margins import INTERVALS_PLANNED
from weighting.sample_size.planning_values import TESTS_OF_DIFFERENCE
from weighting.tables.independence import TESTS
from weighting.variance.lonely_strata import LONELY

PAGE = (files("weighting") / "NOTATION.md").read_text(encoding="utf-8")
BODY, SOURCES = PAGE.split("## Sources")


@pytest.mark.parametrize(
    "name", [*INTERVALS, *LONELY, *INTERVALS_PLANNED, *TESTS_OF_DIFFERENCE, *ALLOCATIONS]
)
def test_intervals_and_policies_are_defined(name: str) -> None:
    assert f"`{name}`" in BODY


@pytest.mark.parametrize("name", [*TESTS, *SCORES, *FAMILIES])
def test_tests_and_regressions_are_defined(name: str) -> None:
    assert f"`{name}`" in BODY


@pytest.mark.parametrize("name", [*NAMES, *KINDS])
def test_distances_and_replicates_are_defined(name: str) -> None:
    assert f"| {name}" in BODY


def test_every_citation_has_its_source_and_every_source_is_cited() -> None:
    cited = {
        (re.findall(r"\w+", part)[0], year)
        for brackets in re.findall(r"\[([^\[\]]*\d{4}[^\[\]]*)\]", BODY)
        for part, year in re.findall(r"([^;]*?)(\d{4})", brackets)
    }
    listed = {
        (line.split(",")[0].strip("* "), re.findall(r"\((\d{4})\)", line)[0])
        for line in SOURCES.strip().splitlines()
    }
    assert cited == listed
