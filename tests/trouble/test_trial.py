"""The study in which trouble is made is read rightly where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

import surveys as sv
from tests.trouble.trial import forms, score_of, table, told, trial

ROWS = [
    ("P1", "Xã An Bình", "2025-10-05 08:00:00", "Hài lòng", "Rất hài lòng", 3),
    ("P2", "Phường Hòa Thuận", "2025-10-06 08:00:00", 4, 2, 5),
    ("P3", "Xã An Bình", "2025-10-07 08:00:00", 3, 5, 1),
]


def test_forms_without_trouble_are_valid_and_scored_as_by_hand(tmp_path: Path) -> None:
    path = trial(tmp_path, {"r.csv": table(ROWS)})
    assert forms(path) == {("r.csv", 2): "valid", ("r.csv", 3): "valid", ("r.csv", 4): "valid"}
    result = sv.load(path).score()
    assert score_of(result, "an-binh", "1") == pytest.approx(((0.75 + 0.5) / 2 + (1 + 1) / 2) / 2)
    assert score_of(result, "hoa-thuan", "2") == 1.0
    assert told(path, "returns.cell_out_of_scale") == []


def test_what_is_wrong_is_told_by_its_code(tmp_path: Path) -> None:
    path = trial(tmp_path, {"r.csv": table([(*ROWS[0][:3], "Tạm được", 4, 3), *ROWS[1:]])})
    assert [(p.file, p.row) for p in told(path, "returns.cell_out_of_scale")] == [("r.csv", 2)]
