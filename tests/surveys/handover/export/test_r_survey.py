"""R's survey package works out every score and plain standard error from the exported sample: to rounding, nothing let off."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import surveys as sv
from surveys.scoring.plain_errors import plain_errors

pytestmark = pytest.mark.long
ROOT = Path(__file__).parents[4]
SAMPLE = ROOT / "data-sample" / "ha-noi-2023"
REFERENCE = ROOT / "tests" / "reference" / "export"
SCRIPT = ROOT / "surveys" / "handover" / "export" / "score.R"
KEY = ["block", "unit_code", "node_code", "group"]
#: The nodes whose results are kept: the root and a field, reversed items, few groups and all, matrix raters, calibrated groups.
NODES = ("0", "2", "2.4.1", "4.1.5", "5.2.4", "5.5.2", "5.7.4", "6.1.4", "7.3.2", "8.1", "8.1.3", "8.1.5")


@cache
def has_r(*packages: str) -> bool:
    """Whether R is here with these packages."""
    if shutil.which("Rscript") is None:
        return False
    asked = "quit(status = !all(sapply(commandArgs(TRUE), requireNamespace, quietly = TRUE)))"
    return (
        subprocess.run(["Rscript", "-e", asked, *packages], capture_output=True, check=False).returncode == 0
    )


def needs_r(*packages: str) -> None:
    if not has_r(*packages):
        pytest.skip(f"needs R with {', '.join(packages)} (Debian: r-base-core, r-cran-survey, r-cran-haven)")


def of_r(folder: Path, *nodes: str) -> pd.DataFrame:
    """What the script of an export gives, by ``KEY``."""
    out = folder.parent / f"{folder.name}-of-r.csv"
    ran = subprocess.run(["Rscript", str(folder / "score.R"), "--out", str(out), *nodes],
                         capture_output=True, text=True, check=False)  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "largest relative difference" in ran.stdout
    return pd.read_csv(out, dtype=dict.fromkeys(KEY, str)).set_index(KEY)


def same(expected: pd.DataFrame, theirs: pd.DataFrame) -> None:
    """Every result that can be worked out is there, and equal to 1e-9; no other is."""
    ours = expected[expected["not_from_answers"] == ""].set_index(KEY)
    assert set(theirs.index) == set(ours.index)
    ours = ours.loc[theirs.index]
    np.testing.assert_allclose(ours["score"], theirs["score_r"], rtol=1e-9)
    np.testing.assert_allclose(ours["se_plain"], theirs["se_r"], rtol=1e-9, atol=1e-12)


def written(folder: Path) -> pd.DataFrame:
    """``expected.csv`` of an export."""
    found = pd.read_csv(folder / "expected.csv", dtype=str, encoding="utf-8-sig", keep_default_na=False)
    numbers = ["score", "se_plain", "se"]
    return found.assign(**found[numbers].apply(pd.to_numeric))


def of_nodes(folder: Path, nodes: tuple[str, ...]) -> pd.DataFrame:
    """What is expected of some nodes and of the questions that stand below them."""
    items = pd.read_csv(folder / "items.csv", dtype=str, encoding="utf-8-sig")
    expected = written(folder)
    assert set(nodes) <= set(expected["node_code"])
    below = items.loc[items["node_code"].isin(nodes), "item_code"]
    return expected[expected["node_code"].isin([*nodes, *below])]


@pytest.fixture(scope="module")
def round_of_ha_noi() -> sv.Result:
    return sv.load(SAMPLE).score()


@pytest.fixture(scope="module")
def exported(round_of_ha_noi: sv.Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("ha-noi") / "export"
    round_of_ha_noi.export(out, "csv")
    return out


def test_the_kept_results_are_of_this_script() -> None:
    assert (REFERENCE / "score.R").read_bytes() == SCRIPT.read_bytes(), "run tests/reference/export/rerun.sh"


def test_our_plain_errors_are_those_that_r_gave(round_of_ha_noi: sv.Result) -> None:
    ours = plain_errors(round_of_ha_noi.screened, round_of_ha_noi.scores)
    theirs = pd.read_csv(REFERENCE / "results.csv", dtype=dict.fromkeys(KEY, str)).set_index(KEY)
    items = [item.code for item in round_of_ha_noi.returns.instrument.items if item.node in NODES]
    same(ours[ours["node_code"].isin([*NODES, *items])], theirs)
    over = theirs.xs("all", level="group").index.get_level_values("node_code")
    assert set(over) == set(NODES)


def test_what_the_sample_has_of_difficult_designs(exported: Path) -> None:
    """That the results above are a test: matrix raters, finite populations, calibrated groups, small cells."""
    designs = pd.read_csv(exported / "designs.csv", encoding="utf-8-sig", keep_default_na=False)
    matrix = designs["evaluations"] > designs["clusters"]
    assert matrix.any()
    assert (designs["finite"] == 1).all()
    assert (designs["calibrated_to"] != "").sum() >= 3
    expected = written(exported)
    assert (expected["not_from_answers"] != "").any()
    official = (expected["se"] / expected["se_plain"])[expected["se_plain"] > 0]
    assert official.min() < 0.9
    assert official.max() > 1.1


def test_r_finds_the_same_in_a_sample_exported_now(exported: Path) -> None:
    needs_r("survey")
    same(of_nodes(exported, NODES), of_r(exported, *NODES))


@pytest.mark.parametrize(
    ("edition", "scale", "to", "nodes"),
    [("sipas/2023", 0.02, "sav", ("0", "1")), ("papi/2021", 0.03, "dta", ("0", "1", "5.3"))],
)
def test_r_follows_every_rule_and_reads_other_formats(
    edition: str, scale: float, to: str, nodes: tuple[str, ...], tmp_path: Path
) -> None:
    """Pooled answers, rescaled sub-dimensions, several stages, lonely strata."""
    needs_r("survey", "haven")
    sv.simulate(edition, seed=5, out=tmp_path / "round", scale=scale)
    sv.load(tmp_path / "round").score().export(tmp_path / "out", to)
    same(of_nodes(tmp_path / "out", nodes), of_r(tmp_path / "out", *nodes))


def test_haven_reads_labels_and_missing_values_as_declared(
    round_of_ha_noi: sv.Result, tmp_path: Path
) -> None:
    needs_r("haven")
    for to in ("sav", "dta"):
        round_of_ha_noi.export(tmp_path / to, to)
    asked = """
        folder <- commandArgs(TRUE)
        s <- haven::read_sav(file.path(folder, "sav/sample.sav"), user_na = TRUE)$V2_4_1a
        d <- haven::read_dta(file.path(folder, "dta/sample.dta"))$V2_4_1a
        cat(attr(s, "label"), names(which(attr(s, "labels") == -2)), attr(s, "na_range"),
            sum(unclass(s) == -2), sum(is.na(s)), sep = "\\n")
        cat("", attr(d, "label"), names(attr(d, "labels"))[haven::na_tag(attr(d, "labels")) %in% "b"],
            sum(haven::na_tag(d) == "b", na.rm = TRUE), sum(is.na(d)), sep = "\\n")
    """
    ran = subprocess.run(["Rscript", "-e", asked, str(tmp_path)], capture_output=True, text=True, check=True)
    spss, stata = ran.stdout.split("\n\n")
    returns = round_of_ha_noi.returns
    item = returns.instrument.item["2.4.1a"]
    counted = round_of_ha_noi.screened.dispositions.counted
    answers = returns.answers[counted, returns.instrument.item_position[item.code]]
    unknown, none = str(int((answers == -2).sum())), str(int((answers < 0).sum()))
    label = f"2.4.1a. {item.text_vi}"
    assert spss.split("\n") == [label, "Không biết", "-7", "-1", unknown, none]
    cut, said, *counts = stata.strip().split("\n")
    assert label.startswith(cut.removesuffix("… [V2_4_1a]"))
    assert len(cut) == 80
    assert [said, *counts] == ["Không biết", unknown, none]
