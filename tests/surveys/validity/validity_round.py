"""A small study built from records: two units and an excluded one, a plain and a matrix form, twelve ordinal items, a filter."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import (
    NOT_ASKED,
    Block,
    Field,
    Group,
    Instrument,
    Item,
    Level,
    Node,
    Questionnaire,
    Rule,
    Scale,
    Unit,
)
from surveys.definitions.study.records import Exclusion, Fieldwork, Issued, StudyDefinition
from surveys.returns.record_set import Returns
from surveys.vocabulary.columns import ROW_COLUMNS

FIVE = tuple(Level(str(k + 1), (k / 4,), f"mức {k + 1}", f"level {k + 1}", k > 2) for k in range(5))
YES_NO = (Level("1", (1.0,), "Có", "Yes"), Level("2", (0.0,), "Không", "No"))
ORDINAL = tuple(f"q{k}" for k in range(1, 13))

INSTRUMENT = Instrument(
    code="small",
    edition="1",
    label_vi="",
    label_en="",
    blocks=(Block("so", "Sở", "Departments"),),
    groups=(Group("deputies", "Đại biểu", "Deputies"), Group("citizens", "Người dân", "Citizens")),
    questionnaires=(
        Questionnaire("wide", "so", "deputies", "", "", matrix=True, own_unit="own"),
        Questionnaire("single", "so", "citizens", "", ""),
    ),
    scales=(Scale("five", FIVE), Scale("yes_no", YES_NO, kind="choice")),
    nodes=(Node("0", "", "index", "mean", "", "", "survey"),),
    items=(
        *(Item(code, "0", "five", ("wide", "single"), "", "") for code in ORDINAL),
        Item("s0", "", "yes_no", ("single",), "", ""),
        Item("s1", "0", "five", ("single",), "", "", asked_when=("s0", ("1",)), required=True),
    ),
    units=(Unit("a", "so", "A"), Unit("b", "so", "B"), Unit("x", "so", "X")),
    fields=(
        Field("form_code", "form_code", ("Mã phiếu",)),
        Field("own", "own_unit", ("Đơn vị",)),
        Field("email", "identification", ("E-mail",)),
    ),
    rules=(),
    sources=(),
)
ISSUED = (
    *(Issued(f"s{k}", "single", "a" if k < 6 else "b") for k in range(12)),
    *(Issued(f"w{k}", "wide") for k in range(4)),
)
#: Answers with no run and no twin: item i of form k gets (i · (k + 1) + k) mod 5, the filter "Yes".
NORMAL: dict[str, Any] = {
    "form_code": "", "questionnaire": "single", "block": "so", "group": "citizens", "unit_code": "a", "unit_text": "A",
    "rater": "", "own_unit": "", "mode": "paper", "batch": "", "entry": "", "source_file": "f.csv", "source_sheet": "",
    "submitted": "2023-11-01", "seconds": 300.0, "interviewer": "", "operator": "", "identified": True,
    "state": "", "state_text": "", "noticed": "", "copy": "", "content": "",
}  # fmt: skip


def answers_of(k: int, questionnaire: str) -> list[int]:
    ordinal = [(i * (k + 1) + k + i // 5) % 5 for i in range(12)]
    return [*ordinal, 0, (k + 2) % 5] if questionnaire == "single" else [*ordinal, NOT_ASKED, NOT_ASKED]


def make_returns(*forms: dict[str, Any]) -> Returns:
    """One evaluation per dictionary: fields of the row that differ from NORMAL; ``set`` = {item: code}; ``cells`` =
    {item: fault}; ``form`` where several evaluations are one form; ``like``: number of the answer pattern;
    ``email``: the number of a person."""
    rows, answers, cells = [], [], []
    position = INSTRUMENT.item_position
    for k, form in enumerate(forms):
        row = NORMAL | {"form": k, "source_row": k + 2, "form_code": f"s{k}", "submission": f"r{k}"}
        row |= {key: value for key, value in form.items() if key in ROW_COLUMNS}
        if row["questionnaire"] == "wide":
            row["group"] = "deputies"
        given = answers_of(form.get("like", k), row["questionnaire"])
        for item, code in form.get("set", {}).items():
            given[position[item]] = code
        cells += [
            {"row": k, "item": item, "text": "?", "fault": fault}
            for item, fault in form.get("cells", {}).items()
        ]
        rows.append(row)
        answers.append(given)
    table = pd.DataFrame(rows).astype({"submitted": "datetime64[s]", "seconds": float})
    return Returns(
        INSTRUMENT,
        table,
        np.array(answers, np.int8),
        cells=pd.DataFrame(cells, columns=["row", "item", "text", "fault"]),
        lines=pd.DataFrame({"form": table["form"], "email": [form.get("email", 0) for form in forms]}),
    )


def make_study(*rules: Rule, **changes: Any) -> StudyDefinition:
    study = StudyDefinition(
        code="t",
        label_vi="",
        label_en="",
        instrument=INSTRUMENT,
        folder=Path("."),
        units=INSTRUMENT.units,
        exclusions=(Exclusion("so", "x", "not assessed"),),
        issued=ISSUED,
        rules=rules,
        fieldwork=Fieldwork("2023-10-01", "2023-12-15"),
    )
    return replace(study, **changes)
