"""From the plan to the scores: forms come back with the codes of the plan, mistyped ones are told, drawn ones weighted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import surveys as sv
from surveys.definitions.study.records import StudyDefinition
from surveys.definitions.toml_writing import toml_table
from surveys.returns.reading import read_returns
from surveys.validity.screening import screen
from surveys.vocabulary.check_characters import check_character
from tests.surveys.sampling.conftest import PEOPLE

FRAMES = "".join(f"xa,{unit},dan,500\n" for unit in PEOPLE)
RETURNS = toml_table("[[returns]]", {"path": "forms.csv", "questionnaire": "xa-1"})
RULES = "".join(
    toml_table("[[rules]]", {"rule": rule, "severity": "reject"})
    for rule in ("unknown_code", "duplicate_code")
)


def forms_csv(rows: list[tuple[str, str, int]]) -> str:
    return "Mã phiếu,Xã,Hài lòng?\n" + "".join(f"{code},Xã {unit},{level}\n" for code, unit, level in rows)


@pytest.fixture
def fixed(study: Callable[..., StudyDefinition]) -> StudyDefinition:
    return study(toml_table("[[plan]]", {"group": "dan", "method": "fixed", "forms": 4}), FRAMES)


def test_codes_that_come_back(fixed: StudyDefinition, study: Callable[..., StudyDefinition]) -> None:
    plan = sv.plan(fixed.folder)
    codes = plan.issued["form_code"].tolist()
    first, second, third = codes[:3]
    k = next(
        i
        for i in range(len(third) - 1)
        if third[i].isalnum() and third[i + 1].isalnum() and third[i] != third[i + 1]
    )
    swapped = third[:k] + third[k + 1] + third[k] + third[k + 2 :]
    foreign = "XA-1-99-0001-" + check_character("XA-1-99-0001")
    rows = [
        (first.lower().replace("-", ""), "a", 2),
        (swapped, "a", 1),
        (foreign, "a", 1),
        (codes[4], "b", 2),
        (second, "a", 2),
    ]
    sections = "[fieldwork]\ncheck_character = true\n\n" + RETURNS + RULES
    issued = plan.issued.to_csv(index=False)
    returned = study(sections, FRAMES, forms=forms_csv(rows), issued=issued)
    found = screen(returned, read_returns(returned))
    returns = read_returns(returned)
    assert returns.rows["form_code"].iloc[0] == first
    told = found.reasons.set_index("row")["detail"].to_dict()
    assert told == {1: third, 2: ""}
    mistyped = [p for p in found.warnings if p.code == "validity.mistyped_code"]
    assert [(p.file, p.row, dict(p.params)) for p in mistyped] == [
        ("forms.csv", 3, {"value": swapped, "codes": third})
    ]


def test_without_the_key_codes_are_as_they_are(
    fixed: StudyDefinition, study: Callable[..., StudyDefinition]
) -> None:
    plan = sv.plan(fixed.folder)
    first = plan.issued["form_code"].iloc[0]
    rows = [(first.lower(), "a", 2), (plan.issued["form_code"].iloc[4], "b", 1)]
    returned = study(RETURNS + RULES, FRAMES, forms=forms_csv(rows), issued=plan.issued.to_csv(index=False))
    found = screen(returned, read_returns(returned))
    assert found.reasons[["row", "rule", "detail"]].to_numpy().tolist() == [[0, "unknown_code", ""]]


def test_forms_of_drawn_elements_have_their_weights(
    study: Callable[..., StudyDefinition], tmp_path: Path
) -> None:
    """Score and standard error of a commune against sums by hand: weights 1/π, variance between the hamlets drawn. A copy for
    others has the same scores and no code of the list."""
    rows = [
        (f"{unit}{h}-{k}", unit, f"h{h}") for unit in PEOPLE for h in range(8) for k in range(20 + 10 * h)
    ]
    text = "code,unit,hamlet\n" + "".join(",".join(row) + "\n" for row in rows)
    plans = toml_table("[[plan]]", {"group": "dan", "method": "fixed", "forms": 40})
    keys = {"path": "list.csv", "block": "xa", "group": "dan", "seed": 3, "clusters": ["hamlet"], "take": [4]}
    lists = toml_table("[[lists]]", keys | {"draw": ["simple", "simple"]})
    plan = sv.plan(study(plans + "\n" + lists, FRAMES, list=text).folder)
    rng = np.random.default_rng(5)
    answers = plan.drawn.assign(y=rng.integers(0, 2, len(plan.drawn)))
    forms = [
        (code, unit, y + 1) for code, unit, y in answers[["form_code", "unit", "y"]].itertuples(index=False)
    ]
    sections = RETURNS + RULES + toml_table("[[weights]]", {"group": "dan", "base": "given"})
    sections += '[inference]\nvariances = "own"\nsmall_sample = "clusters"\n\n'
    texts = {
        "forms": forms_csv(forms),
        "issued": plan.issued.to_csv(index=False),
        "drawn": plan.drawn.to_csv(index=False),
    }
    lines = "".join(f"xa,{unit},0,can-bo,0.5,Elsewhere,10\n" for unit in PEOPLE)
    texts["externals"] = "block,unit,node,group,score,document,n\n" + lines
    returned = study(sections, FRAMES, **texts)
    scored = sv.load(returned.folder).score()
    groups = scored.scores[(scored.scores["group"] == "dan") & (scored.scores["unit_code"] == "a")].iloc[0]
    mine = answers[answers["unit"] == "a"]
    w, y = mine["weight"], mine["y"]
    mean = (w * y).sum() / w.sum()
    sums = (w * (y - mean) / w.sum()).groupby(mine["cluster"]).sum()
    assert len(sums) == 4
    assert mine["weight"].nunique() > 1
    assert groups["score"] == pytest.approx(mean)
    assert groups["se"] == pytest.approx(np.sqrt(4 / 3 * ((sums - sums.mean()) ** 2).sum()))
    copy = tmp_path / "copy"
    sv.load(returned.folder).pseudonymise(copy)
    texts_of_copy = "".join(
        path.read_text(encoding="utf-8") for path in copy.rglob("*") if path.suffix == ".csv"
    )
    assert not any(f",{element}," in texts_of_copy for element in plan.drawn["element"])
    assert plan.drawn["form_code"].iloc[0] in texts_of_copy
    pd.testing.assert_series_equal(sv.load(copy).score().scores["score"], scored.scores["score"])


def test_a_form_for_nobody_is_told(study: Callable[..., StudyDefinition]) -> None:
    drawn = pd.DataFrame(
        [("P1", "xa-1", "xa", "a", "dan", "e1", "a", "a/e1", "", 0.5, 2.0)],
        columns=["form_code", "questionnaire", "block", "unit", "group", "element", "stratum", "cluster", "place",
                 "probability", "weight"],
    )  # fmt: skip
    sections = RETURNS + toml_table("[[weights]]", {"group": "dan", "base": "given"})
    forms = forms_csv([("P1", "a", 2), ("P2", "b", 1)])
    returned = study(sections, FRAMES, forms=forms, drawn=drawn.to_csv(index=False))
    with pytest.raises(sv.SurveyError) as told:
        sv.load(returned.folder).score()
    found = [p for p in told.value.problems if p.code == "sampling.not_drawn"]
    assert [(p.file, p.row, dict(p.params)) for p in found] == [("forms.csv", 3, {"value": "P2"})]
