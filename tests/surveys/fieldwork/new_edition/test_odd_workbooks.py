"""Workbooks in which cells were changed at random: a study that can be checked, or faults that name the workbook."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import surveys as sv
from surveys.fieldwork.new_edition.office_sheets import SHEETS
from tests.surveys.fieldwork.new_edition.workbooks import Entries, filled, whole

ODD = (
    "", "x", " ", ",", ";", ";;", "=1+1", "c1", "c1 = Có", "Câu 1 = Có", "Câu 0 = Có", "Câu 99999999999 = x",
    "= =", "-1", "1e400", "nan", "1.234", "0,5", "٣", "²", "Xã An Bình", "Người dân", "all", "không chấm điểm",
    "A" * 5000, "a\nb", "a[b]", "[", "1/2", "31/12/2026", "2026-05-01 00:00:00", "Ti?p", "e\u0301", "🙂", "t1",
    "1", "Không", "Kết quả", "Phục vụ", "Mã phiếu", "100%", "Đơn vị được đánh giá",
)  # fmt: skip


def changed(chance: random.Random) -> Entries:
    entries = whole()
    for _ in range(chance.choice([1, 1, 2, 3, 6])):
        layout = chance.choice(SHEETS)
        rows, column = entries.setdefault(layout.key, []), chance.choice(layout.columns).key
        what = chance.random()
        if not rows or what < 0.15:
            rows.append({column: chance.choice(ODD)})
        elif what < 0.25:
            rows.pop(chance.randrange(len(rows)))
        elif what < 0.35:
            rows.append(dict(chance.choice(rows)))
        else:
            rows[chance.randrange(len(rows))][column] = chance.choice(ODD)
    return entries


@pytest.mark.long
@pytest.mark.parametrize("seed", range(60))
def test_a_changed_workbook_makes_a_sound_study_or_is_told(seed: int, tmp_path: Path) -> None:
    path = filled(tmp_path, changed(random.Random(seed)))
    try:
        sv.new(tmp_path / "study", path)
    except sv.SurveyError as error:
        told = error.problems
    else:
        told = ()
        assert [p for p in sv.check(tmp_path / "study") if p.severity == "error"] == []
    assert all(problem.text("vi") and problem.text("en") for problem in told)
    assert {problem.file for problem in told} <= {path.name, ""}
    assert bool(told) != (tmp_path / "study").exists()
