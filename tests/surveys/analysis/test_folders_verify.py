"""Folders of analyses verify, in whatever decimals and language a study prints its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

import surveys as sv
from tests.surveys.analysis.tabulated_round import tabulated_round

pytestmark = pytest.mark.long

PRINTED = [{}, {"points_decimals": 2, "percent_decimals": 1, "score_decimals": 6, "language": "en"}]


@pytest.mark.parametrize("printed", PRINTED, ids=["as usual", "coarse, English"])
def test_folders_of_analyses_verify(tmp_path: Path, printed: Mapping[str, object]) -> None:
    result = sv.load(tabulated_round(tmp_path / "round")).replace(output=printed).score()
    result.gaps().write(tmp_path / "gaps")
    result.reach("percent", "80").write(tmp_path / "reach")
    result.tables("sex,unit").write(tmp_path / "tables")
    result.export(tmp_path / "export", "csv")
    sv.compare(result, result).write(tmp_path / "comparison")
    for name in ("gaps", "reach", "tables", "export", "comparison"):
        assert sv.verify(tmp_path / name) == (), name
