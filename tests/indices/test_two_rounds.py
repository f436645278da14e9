"""Two simulated rounds of SIPAS: the known change of every province lies where the intervals say; editions are told apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from surveys.cli import main
from surveys.comparison.changes import compare
from surveys.comparison.compared_round import ComparedRound
from surveys.problems import SurveyError
from surveys.vocabulary.columns import CHANGE_COLUMNS
from tests.indices.simulated import KEY, Played

pytestmark = pytest.mark.long

RARE = 0.0005
Rounds = Callable[[str, int], Played]


def round_of(played: Played) -> ComparedRound:
    return ComparedRound(played.study.instrument, played.scores.table, played.scores.units)


def known_change(old: Played, new: Played) -> pd.DataFrame:
    """The comparison of two rounds with the true change of every row."""
    table = compare(round_of(old), round_of(new)).table
    before, after = (one.truth.set_index(KEY)["score"] for one in (old, new))
    true = (after - before).rename("true").reset_index()
    return table.merge(true, on=KEY, how="left")


def test_the_known_change_is_covered(played: Rounds) -> None:
    """Totals of six provinces in six pairs of rounds; two provinces of PAPI are in neither round."""
    pairs = [
        known_change(played(name, a), played(name, b))
        for name in ("sipas/2022", "sipas/2023", "papi/2021")
        for a, b in ((1, 2), (3, 4))
    ]
    found = pd.concat(pairs)
    assert found.loc[found["status"] == "ok", "true"].notna().all()
    totals = found[(found["node_code"] == "0") & (found["group"] == "all") & (found["status"] == "ok")]
    assert len(totals) == 2 * (6 + 6 + 4)
    hits = ((totals["ci_low"] <= totals["true"]) & (totals["true"] <= totals["ci_high"])).sum()
    assert stats.binom.ppf(RARE, len(totals), 0.95) <= hits
    z = (totals["change"] - totals["true"]) / totals["se"]
    low, high = np.asarray(stats.chi2.ppf([RARE, 1 - RARE], len(z)))
    assert low <= (z**2).sum() <= high * (totals["df"] / (totals["df"] - 2)).max()


def test_change_and_corrected_p_values_by_hand(played: Rounds) -> None:
    """Welch's t for one province, Holm's correction over the provinces of the block."""
    old, new = played("sipas/2022", 1), played("sipas/2022", 2)
    table = compare(round_of(old), round_of(new)).table
    assert tuple(table.columns) == CHANGE_COLUMNS
    totals, earlier, later = (
        one[(one["node_code"] == "0") & (one["group"] == "all")].set_index("unit_code")
        for one in (table, old.scores.table, new.scores.table)
    )
    p = []
    for unit in totals.index:
        a, b = earlier.loc[unit], later.loc[unit]
        va, vb = a["se"] ** 2, b["se"] ** 2
        df = (va + vb) ** 2 / (va**2 / a["df"] + vb**2 / b["df"])
        t = (b["score"] - a["score"]) / np.sqrt(va + vb)
        p.append(2 * stats.t.sf(abs(t), df))
        assert totals.loc[unit, "change"] == pytest.approx(b["score"] - a["score"], rel=1e-12)
        assert totals.loc[unit, "p_value"] == pytest.approx(p[-1], rel=1e-9)
    order = np.argsort(p)
    holm = np.maximum.accumulate(np.array(p)[order] * np.arange(len(p), 0, -1)).clip(max=1.0)
    assert totals["p_adjusted"].to_numpy()[order] == pytest.approx(holm, rel=1e-9)
    ranks = [one.scores.units.set_index("unit_code")["rank"] for one in (old, new)]
    assert (totals["rank_change"] == ranks[0] - ranks[1]).all()


def test_sipas_2022_and_2023_differ_where_the_items_do(played: Rounds) -> None:
    """33 and 39 items: factors whose items changed, and all above them, are refused with the reason."""
    result = compare(round_of(played("sipas/2022", 1)), round_of(played("sipas/2023", 1)))
    reasons = {dict(p.params)["node"]: p.code for p in result.refused}
    assert reasons["3"] == reasons["4"] == reasons["5"] == "compare.items_changed"
    assert reasons["0"] == reasons["I"] == reasons["II"] == "compare.below_changed"
    refused = result.table[result.table["node_code"].isin(["0", "3"])]
    assert set(refused["status"]) == {"incomparable"}
    assert refused["change"].isna().all()
    assert refused["note"].map(bool).all()


def test_renumbered_items_are_compared_by_their_wording(played: Rounds) -> None:
    """Items 19–22 of 2022 are items 26–29 of 2023; their factor is comparable, and each is compared with itself."""
    old, new = played("sipas/2022", 1), played("sipas/2023", 1)
    table = compare(round_of(old), round_of(new)).table
    mine = table[(table["unit_code"] == "ha-noi") & (table["group"] == "all")].set_index("node_code")
    earlier = old.scores.table[
        (old.scores.table["unit_code"] == "ha-noi") & (old.scores.table["group"] == "all")
    ]
    before = earlier.set_index("node_code")["score"]
    assert mine.loc["6", "status"] == "ok"
    for code, was in zip(("Q26", "Q27", "Q28", "Q29"), ("Q19", "Q20", "Q21", "Q22"), strict=True):
        assert mine.loc[code, "score_old"] == before[was]
    assert mine.loc["Q14", "status"] == "incomparable"
    assert mine.loc["Q5", "status"] == "ok"


def test_different_indices_are_refused(played: Rounds) -> None:
    with pytest.raises(SurveyError) as failure:
        compare(round_of(played("papi/2021", 1)), round_of(played("sipas/2023", 1)))
    assert "compare.no_common_node" in {problem.code for problem in failure.value.problems}


def test_compare_by_command(played: Rounds, tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    """Folders of results and studies alike; exit 1 with the reason where nothing can be compared."""
    old, new = played("sipas/2022", 1).folder, played("sipas/2022", 2).folder
    assert main(["--lang", "en", "score", str(old), "--out", str(tmp_path / "old")]) == 0
    out = tmp_path / "changes"
    assert main(["--lang", "en", "compare", str(tmp_path / "old"), str(new), "--out", str(out)]) == 0
    changes = pd.read_csv(out / "changes.csv", dtype={"node_code": str})
    direct = compare(round_of(played("sipas/2022", 1)), round_of(played("sipas/2022", 2))).table
    assert changes["change"].to_numpy() == pytest.approx(direct["change"].to_numpy(), abs=1e-9, nan_ok=True)
    capsys.readouterr()
    other = played("papi/2021", 1).folder
    assert main(["--lang", "en", "compare", str(tmp_path / "old"), str(other)]) == 1
    assert "no node that measures the same thing" in " ".join(capsys.readouterr().err.split())
