"""The printed totals from the printed parts, through the engine itself, to half of the last printed digit."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from surveys.cli import main
from surveys.definitions.check import check
from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.instrument.records import Instrument
from surveys.handed_over import verify
from surveys.published.audit import audit
from tests.indices.published_tables import (
    PUBLISHED,
    index_of_unit,
    last_digit,
    leaves,
    of_unit,
    printed,
    scored,
    write_study,
)

#: Hanoi prints the last criterion of field 8 as 8.6; the edition knows it as 8.5.
RENUMBERED = {"8.6": "8.5"}
#: The five service factors of SIPAS, Hanoi 2023.
HANOI_SIPAS = {"8.1.1": 0.8405, "8.1.2": 0.8415, "8.1.3": 0.8405, "8.1.4": 0.8366, "8.1.5": 0.8253}


def par_points(table: str) -> dict[str, str]:
    return {RENUMBERED.get(row["code"], row["code"]): row["points"] for row in printed(table)}


def asks_people(instrument: Instrument, code: str) -> bool:
    """A criterion that is surveyed, or has something below it that is."""
    below = any(asks_people(instrument, child.code) for child in instrument.children.get(code, ()))
    return below or instrument.node[code].measured_by in ("survey", "external")


def shares(instrument: Instrument, values: dict[str, str]) -> dict[str, float]:
    """Printed points as scores in [0, 1]."""
    return {code: float(value) / (instrument.node[code].max_points or 1) for code, value in values.items()}


def par_study(folder: Path, table: str, unit: str, sipas: dict[str, float]) -> Path:
    """Assessed criteria as final points, surveyed ones as estimates, 8.1 from the five factors of SIPAS where they are known."""
    instrument = load_instrument("par-index/2023")
    parts = leaves(instrument, par_points(table))
    surveyed = {code: points for code, points in parts.items() if asks_people(instrument, code)}
    assessed = {code: points for code, points in parts.items() if code not in surveyed}
    if sipas:
        del surveyed["8.1"]
    return write_study(folder, "par-index/2023", unit, shares(instrument, surveyed) | sipas, assessed)


@pytest.mark.long
@pytest.mark.parametrize(
    ("table", "unit", "sipas", "total"),
    [
        ("par_index_ha_noi_2023", "ha-noi", HANOI_SIPAS, "91.43"),
        ("par_index_dak_nong_2023", "dak-nong", {}, "85.415"),
    ],
)
def test_par_index_of_a_province(
    tmp_path: Path, table: str, unit: str, sipas: dict[str, float], total: str
) -> None:
    """Every printed total from the printed leaves, to half of the last digit of each; the index from the eight fields too."""
    points = par_points(table)
    assert points.pop("0") == total
    folder = par_study(tmp_path, table, unit, sipas)
    assert [problem.code for problem in check(folder) if problem.severity == "error"] == []
    found = index_of_unit(scored(folder), unit)
    assert (found.loc["0", "status"], found.loc["0", "max_points"]) == ("ok", 100)
    assert (found.loc["0", "council_max"], found.loc["0", "survey_max"]) == (68, 32)
    half = float(last_digit(points))
    for code, value in points.items():
        parts = sum(other.startswith(f"{code}.") for other in points) or 1
        assert abs(found.loc[code, "points"] - float(value)) <= parts * half + 1e-9, code
    fields = [Decimal(value) for code, value in points.items() if len(code) == 1]
    assert len(fields) == 8
    assert abs(sum(fields) - Decimal(total)) <= last_digit({"0": total})
    whole = leaves(load_instrument("par-index/2023"), points)
    assert abs(found.loc["0", "points"] - float(total)) <= len(whole) * half + 1e-9


def test_satisfaction_as_points_of_the_par_index(tmp_path: Path) -> None:
    """8.1 = index % × maximum / 100 over the five factors: Cần Thơ 8.0700 exactly, Hanoi 8.3664, printed 8.37."""
    rows = {row["code"]: row for row in printed("par_index_can_tho_2022")}
    can_tho = {
        code: float(Decimal(rows[code]["points"]) / Decimal(rows[code]["max_points"])) for code in HANOI_SIPAS
    }
    for unit, edition, factors, expected in (
        ("can-tho", "par-index/2022", can_tho, 8.07),
        ("ha-noi", "par-index/2023", HANOI_SIPAS, 8.3664),
    ):
        found = of_unit(scored(write_study(tmp_path / unit, edition, unit, factors)), unit)
        assert found.loc["8.1", "points"] == pytest.approx(expected, abs=5e-5)
        assert found.loc["8.1", "max_points"] == 10


def test_papi_of_hanoi(tmp_path: Path) -> None:
    """Eight dimensions from 28 sub-dimensions, to half of the fourth digit for each part; the index from the eight."""
    instrument = load_instrument("papi/2021")
    values = {row["code"]: row["score"] for row in printed("papi_ha_noi_2023")}
    dimensions = {code: value for code, value in values.items() if code in tuple("12345678")}
    parts = shares(instrument, leaves(instrument, values))
    assert (len(parts), len(dimensions)) == (28, 8)
    found = of_unit(scored(write_study(tmp_path / "parts", "papi/2021", "ha-noi", parts)), "ha-noi")
    for code, value in dimensions.items():
        halves = len(instrument.children[code])
        assert abs(found.loc[code, "points"] - float(value)) <= halves * 0.00005 + 1e-9, code
    scores = scored(
        write_study(tmp_path / "dimensions", "papi/2021", "ha-noi", shares(instrument, dimensions))
    )
    assert of_unit(scores, "ha-noi").loc["0", "points"] == pytest.approx(43.9603, abs=0.00005)
    others = scores.units[scores.units["unit_code"] != "ha-noi"]
    assert len(others) == 62
    assert others[["points", "percent", "rank"]].isna().all(axis=None)


def test_sipas_policy_block_of_hanoi(tmp_path: Path) -> None:
    """(2·83.68 + 2·82.78 + 9·83.40 + 9·83.62)/22 = 83.46: factors pooled by their numbers of items."""
    values = {row["code"]: float(row["satisfaction_percent"]) for row in printed("sipas_ha_noi_2023")}
    factors = {code: value / 100 for code, value in values.items() if code in tuple("123456789")}
    found = of_unit(scored(write_study(tmp_path, "sipas/2023", "ha-noi", factors)), "ha-noi")
    policy = 100 * found.loc["I", "score"]
    assert policy == pytest.approx((2 * 83.68 + 2 * 82.78 + 9 * 83.40 + 9 * 83.62) / 22)
    assert policy == pytest.approx(83.46, abs=0.005)
    assert found.loc[["0", "I", "II", *factors], "status"].eq("external").all()


@pytest.mark.parametrize(
    ("table", "instrument"),
    [
        ("papi_ha_noi_2023", "papi/2021"),
        ("sipas_ha_noi_2023", "sipas/2023"),
        ("par_index_ha_noi_2023", "par-index/2023"),
        ("par_index_dak_nong_2023", "par-index/2023"),
    ],
)
def test_the_audit_finds_the_same_tables_consistent(table: str, instrument: str) -> None:
    assert audit(PUBLISHED / f"{table}.csv", instrument).consistent


def test_points_of_a_whole_and_of_its_part_are_refused(tmp_path: Path) -> None:
    assessed = {"1.3": "2.0", "1.3.1": "1.0", "2.4": "3.5"}
    folder = write_study(tmp_path, "par-index/2023", "ha-noi", HANOI_SIPAS, assessed)
    found = {(p.code, p.row) for p in check(folder) if p.severity == "error"}
    assert found == {("assessments.twice", 3), ("assessments.not_assessed", 4)}


@pytest.mark.long
def test_a_round_without_forms_is_handed_over_and_verified(tmp_path: Path) -> None:
    """The 100 points of Hanoi's PAR Index as a package of its own: assessed, surveyed and taken over."""
    study = par_study(tmp_path / "round", "par_index_ha_noi_2023", "ha-noi", HANOI_SIPAS)
    assert main(["score", str(study), "--out", str(tmp_path / "out")]) == 0
    assert verify(tmp_path / "out") == ()
    assert {"index.csv", "index-units.csv"} <= {path.name for path in (tmp_path / "out").iterdir()}
