"""From an office's list with the names of its communes to a score: each file that a plan writes is entered and read."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import surveys as sv
from surveys.definitions.toml_writing import toml_table
from surveys.vocabulary.csv import csv_bytes

COMMUNES = ("Xã An Bình", "Xã Tân Hòa")
QUESTIONS = ("Đúng hẹn", "Dễ hiểu", "Tận tình")
CODES = toml_table(
    "[[fields]]", {"code": "ma", "role": "form_code", "headers": ["Mã phiếu"], "label_vi": "Mã phiếu"}
)
FORMS, HOUSEHOLDS = 6, 20


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A new study whose list names the communes; its instrument has a column of form codes."""
    folder = tmp_path / "đợt"
    answers = {
        "name": "Hộ",
        "units": COMMUNES,
        "questions": QUESTIONS,
        "start": "2026-10-01",
        "end": "2026-10-30",
    }
    sv.new(folder, answers=answers)
    tools = folder / "instrument" / "instrument.toml"
    tools.write_text(f"{tools.read_text(encoding='utf-8')}\n{CODES}", encoding="utf-8")
    rows = [
        (f"h{k}-{i}", name, f"Nguyễn Văn {i}") for k, name in enumerate(COMMUNES) for i in range(HOUSEHOLDS)
    ]
    (folder / "ho.csv").write_bytes(csv_bytes(("Mã hộ", "Xã", "Họ tên"), rows))
    plan = toml_table("[[plan]]", {"group": "nguoi-dan", "method": "fixed", "forms": FORMS})
    said = {"path": "ho.csv", "group": "nguoi-dan", "seed": 5, "element": "Mã hộ", "unit": "Xã"}
    text = (folder / "study.toml").read_text(encoding="utf-8")
    (folder / "study.toml").write_text(f"{text}\n{plan}\n{toml_table('[[lists]]', said)}", encoding="utf-8")
    return folder


@pytest.mark.long
def test_the_whole_way(study: Path, tmp_path: Path) -> None:
    plan = sv.plan(study)
    assert [problem.code for problem in plan.warnings] == []
    plan.write(tmp_path / "plan")
    made = sv.add([tmp_path / "plan" / f"{name}.csv" for name in ("issued", "planned", "drawn")], study)
    assert [file.state for file in made.files] == ["entered"] * 3
    assert [(told.code, dict(told.params)) for told in made.warnings] == [
        ("add.draw_unused", {"groups": "nguoi-dan"})
    ]
    text = (study / "study.toml").read_text(encoding="utf-8")
    (study / "study.toml").write_text(text.replace('base = "equal"', 'base = "given"'), encoding="utf-8")

    issued = plan.issued
    name = {unit.code: unit.name_vi for unit in plan.study.units}
    answers = ("Hài lòng", "Rất hài lòng", "Bình thường", "Không hài lòng")
    rows = [
        (
            f"2026-10-{5 + k:02d} 08:00:00",
            code,
            name[unit],
            *(answers[(k + j * (1 + k // 4)) % 4] for j in range(3)),
        )
        for k, (code, unit) in enumerate(zip(issued["form_code"], issued["unit"], strict=True))
    ]
    returned = tmp_path / "returns.csv"
    returned.write_bytes(csv_bytes(("Dấu thời gian", "Mã phiếu", "Đơn vị được đánh giá", *QUESTIONS), rows))
    sv.add(returned, study)

    screening = sv.load(study).screen()
    forms = screening.forms
    assert forms["disposition"].value_counts().to_dict() == {"valid": FORMS * len(COMMUNES)}
    assert sorted(forms["form_code"]) == sorted(issued["form_code"])
    weights = sv.load(study).score().weights
    assert weights["base_weight"].tolist() == pytest.approx([HOUSEHOLDS / FORMS] * (FORMS * len(COMMUNES)))
    drawn = pd.read_csv(study / "drawn.csv")
    assert drawn.groupby("unit")["probability"].unique().map(list).tolist() == [[FORMS / HOUSEHOLDS]] * len(
        COMMUNES
    )
    assert "Nguyễn" not in "".join(
        path.read_text(encoding="utf-8") for path in (tmp_path / "plan").glob("*.csv")
    )
