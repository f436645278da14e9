"""8.1 of the PAR Index from a scored SIPAS round: points, errors and source are those of the satisfaction index."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from surveys.cli import main
from surveys.definitions.check import check
from surveys.vocabulary.remarks import in_words
from tests.indices.published_tables import of_unit, scored
from tests.indices.simulated import Played

pytestmark = pytest.mark.long

#: Criterion of the PAR Index → service factor of SIPAS, and its maximum points.
FACTORS = {"8.1.1": "5", "8.1.2": "6", "8.1.3": "7", "8.1.4": "8", "8.1.5": "9"}
POINTS = {"8.1.1": 1.5, "8.1.2": 1.5, "8.1.3": 2.5, "8.1.4": 2.5, "8.1.5": 2.0}
STUDY = """
[study]
code = "par"
instrument = "par-index/2022"

[[results]]
path = "sipas/scores.csv"
document = "SIPAS 2022"
nodes = { NODES }
"""


@pytest.fixture
def folder(played: Callable[[str, int], Played], tmp_path: Path) -> Path:
    """A study without forms that names the result of a SIPAS round."""
    assert main(["score", str(played("sipas/2022", 1).folder), "--out", str(tmp_path / "out")]) == 0
    (tmp_path / "par" / "sipas").mkdir(parents=True)
    shutil.copy(tmp_path / "out" / "scores.csv", tmp_path / "par" / "sipas")
    write(tmp_path / "par", FACTORS)
    return tmp_path / "par"


def write(folder: Path, nodes: dict[str, str]) -> None:
    pairs = ", ".join(f'"{node}" = "{factor}"' for node, factor in nodes.items())
    (folder / "study.toml").write_text(STUDY.replace("NODES", pairs), encoding="utf-8")


def test_satisfaction_enters_as_points(folder: Path) -> None:
    sipas = pd.read_csv(folder / "sipas" / "scores.csv", dtype={"node_code": str})
    mine: Any = sipas[(sipas["unit_code"] == "cao-bang") & (sipas["group"] == "all")].set_index("node_code")
    assert [p.code for p in check(folder) if p.severity == "error"] == []
    found = of_unit(scored(folder), "cao-bang")
    for node, factor in FACTORS.items():
        assert found.loc[node, "points"] == pytest.approx(mine.loc[factor, "score"] * POINTS[node])
        assert found.loc[node, "se"] == pytest.approx(mine.loc[factor, "se"])
        assert found.loc[node, "status"] == "external"
        assert "SIPAS 2022" in in_words(found.loc[node, "note"], "vi")
    total = sum(mine.loc[factor, "score"] * POINTS[node] for node, factor in FACTORS.items())
    assert found.loc["8.1", "points"] == pytest.approx(total)
    # factors of one survey hang together: its document makes them fully correlated unless the study says otherwise
    widest = sum(mine.loc[factor, "se"] * POINTS[node] for node, factor in FACTORS.items()) / 10
    assert found.loc["8.1", "se"] == pytest.approx(widest)


def test_provinces_that_the_result_does_not_have_stay_empty(folder: Path) -> None:
    found = of_unit(scored(folder), "son-la")
    assert found.loc[list(FACTORS), "score"].isna().all()
    assert set(found.loc[list(FACTORS), "status"]) == {"incomplete"}


def test_unknown_nodes_on_either_side_are_named(folder: Path) -> None:
    write(folder, {"8.1.1": "55"})
    assert [(p.code, p.column) for p in check(folder) if p.severity == "error"] == [
        ("reference.node", "results[1].nodes")
    ]
    write(folder, {"8.1.9": "5"})
    assert {p.code for p in check(folder) if p.severity == "error"} == {"reference.node"}


def test_a_result_outside_the_folder_or_missing_is_refused(folder: Path) -> None:
    text = (folder / "study.toml").read_text(encoding="utf-8")
    for path, code in (("sipas/none.csv", "study.file_missing"), ("../out/scores.csv", "file.outside")):
        (folder / "study.toml").write_text(text.replace("sipas/scores.csv", path), encoding="utf-8")
        assert [p.code for p in check(folder) if p.severity == "error"] == [code]
