"""A small round whose every number is made by plain arithmetic: three units, two groups, three items."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from surveys.definitions.instrument.records import (
    Block,
    Group,
    Instrument,
    Item,
    Level,
    Node,
    Questionnaire,
    Scale,
    Unit,
)
from surveys.definitions.study.publication import (
    CitedDocument,
    IssuedDocument,
    Period,
    Publication,
    Publisher,
    Signatory,
)
from surveys.definitions.study.records import Fieldwork, Inference, StudyDefinition
from surveys.problems import Problem
from surveys.returns.record_set import Returns
from surveys.review.columns_and_words import UNITS as UNITS_TO_CONFIRM
from surveys.sampling.samples import Samples
from surveys.scoring.scored_round import ScoredRound
from surveys.scoring.scores import Scores
from surveys.validity.dispositions import Dispositions
from surveys.validity.screened_round import ScreenedRound
from surveys.vocabulary.columns import (
    CELL_COLUMNS,
    DIAGNOSTIC_COLUMNS,
    FUNNEL_COLUMNS,
    ROW_COLUMNS,
    SHARE_COLUMNS,
    UNWEIGHTED_COLUMNS,
)
from surveys.vocabulary.remarks import Remarks, remark

UNITS = (
    Unit("noi-vu", "so", "Sở Nội vụ"),
    Unit("y-te", "so", "Sở Y tế"),
    Unit("tru", "so", "=Trụ sở, “khu A”"),  # begins like a formula, holds a comma and quotes
)
#: unit → item → group → score, chosen by hand; None: not shown.
ITEM_SCORES: dict[str, dict[str, dict[str, float | None]]] = {
    "noi-vu": {
        "1.a": {"heads": 0.8, "citizens": 0.6},
        "1.b": {"heads": 0.6, "citizens": 0.4},
        "2.a": {"heads": 1 / 3},
    },
    "y-te": {
        "1.a": {"heads": 0.9, "citizens": 0.7},
        "1.b": {"heads": 0.9, "citizens": 2 / 3},
        "2.a": {"heads": 0.55},
    },
    "tru": {
        "1.a": {"heads": 0.5, "citizens": None},
        "1.b": {"heads": 0.25, "citizens": None},
        "2.a": {"heads": 1.0},
    },
}
PUBLICATION = Publication(
    Publisher("Viện", "Institute", "UBND Thành phố", "City", "Hà Nội", "Hanoi"),
    IssuedDocument("12/BC-V", "2024-01-05", "Kết quả Chỉ số", "Results of the index"),
    Period("2023-01-01", "2023-12-31"),
    (CitedDocument("Kế hoạch Chỉ số", "Plan of the index", "243/KH", "2023-10-05", "UBND", "Committee"),),
    (Signatory("Người lập biểu", "Prepared by"), Signatory("Viện trưởng", "Director", "Nguyễn Văn A")),
)
CODES = ("H##", "C-@@@-@@-#", "C-@-@@-#", "C-@@@-#")
#: Status and remarks of a row.
Said = tuple[str, Remarks]
HEADS, CITIZENS = 6, {"noi-vu": 7, "y-te": 6, "tru": 2}


@pytest.fixture(scope="session")
def small_round(tmp_path_factory: pytest.TempPathFactory) -> ScoredRound:
    return small(tmp_path_factory.mktemp("round"))


def small(folder: Path) -> ScoredRound:
    """The round, of a study in this folder."""
    folder.mkdir(exist_ok=True)
    (folder / "study.toml").write_text('[study]\ncode = "nhỏ"\n', encoding="utf-8")
    study = _study(folder)
    returns, dispositions = _returns(study.instrument)
    return ScoredRound(
        ScreenedRound(study, returns, dispositions), _samples(returns, dispositions), _scores(study)
    )


def under(study: StudyDefinition, scored: ScoredRound) -> ScoredRound:
    """The same round of another study."""
    return replace(scored, screened=replace(scored.screened, study=study))


def renormalised(study: StudyDefinition) -> StudyDefinition:
    return replace(study, inference=Inference(on_missing_group="renormalise"))


def _study(folder: Path) -> StudyDefinition:
    levels = tuple(
        Level(str(k + 1), (k / 4,), f"Mức {k + 1}", f"Level {k + 1}", satisfied=k > 2) for k in range(5)
    )
    instrument = Instrument(
        code="nhỏ",
        edition="2023",
        label_vi="Bộ nhỏ",
        label_en="Small",
        blocks=(Block("so", "Sở", "Departments"),),
        groups=(Group("heads", "Trưởng phòng", "Heads"), Group("citizens", "Người dân", "Citizens")),
        questionnaires=(
            Questionnaire("so-2", "so", "heads", "Mẫu 2", "Form 2", matrix=True),
            Questionnaire("so-5", "so", "citizens", "Mẫu 5", "Form 5"),
        ),
        scales=(Scale("agree", levels),),
        nodes=(
            Node("0", "", "unit", "sum", "Tổng", "Total", max_points=3),
            Node("1", "0", "sub_criterion", "mean", "Một", "One", "survey", max_points=1,
                 groups=(("heads", 1.0), ("citizens", 1.0))),
            Node("2", "0", "sub_criterion", "weighted", "Hai", "Two", "survey", max_points=2, groups=(("heads", 1.0),)),
        ),
        items=(
            Item("1.a", "1", "agree", ("so-2", "so-5"), "Một a?", "One a?"),
            Item("1.b", "1", "agree", ("so-2", "so-5"), "Một b?", "One b?"),
            Item("2.a", "2", "agree", ("so-2",), "Hai a?", "Two a?", weight=2.0),
        ),
        units=UNITS,
        fields=(),
        rules=(),
        sources=(),
    )  # fmt: skip
    return StudyDefinition(
        "nhỏ-2023", "Đợt nhỏ 2023", "Small round 2023", instrument, folder, UNITS, files=("study.toml",),
        fieldwork=Fieldwork("2023-10-01", "2023-12-15", form_codes=CODES), publication=PUBLICATION,
    )  # fmt: skip


def _returns(instrument: Instrument) -> tuple[Returns, Dispositions]:
    rows = [_row(f, f"H{f:02d}", "so-2", "heads", u.code, f + 2) for f in range(HEADS) for u in UNITS]
    for u, (unit, n) in enumerate(CITIZENS.items()):
        rows += [
            _row(100 * (u + 1) + k, f"C-{unit}-{k}", "so-5", "citizens", unit, 50 * u + k + 2)
            for k in range(n)
        ]
    rows.append(_row(900, "C-noi-vu-0", "so-5", "citizens", "noi-vu", 901))
    rows.append(_row(901, "-13", "so-5", "citizens", "y-te", 902))
    frame = pd.DataFrame(rows)
    for name, kind in ROW_COLUMNS.items():
        if name not in frame:
            empty: Any = {"bool": True, "float64": np.nan, "datetime64[s]": pd.NaT}.get(kind, "")
            frame[name] = empty
    doubled, waiting = len(frame) - 2, len(frame) - 1
    disposition = np.array(["valid"] * len(frame), dtype=object)
    disposition[doubled], disposition[waiting] = "rejected", "review"
    reasons = pd.DataFrame(
        [
            (0, "straight_line", "flag", ""),
            (doubled, "duplicate_code", "reject", "C-noi-vu-0"),
            (doubled, "too_few_answers", "reject", ""),
            (waiting, "near_duplicate", "review", "C-y-te-1"),
        ],
        columns=["row", "rule", "severity", "detail"],
    )
    funnel = [("so", u.code, "heads", "so-2", 8, HEADS, HEADS, 0, 0, 0) for u in UNITS]
    funnel += [
        ("so", "noi-vu", "citizens", "so-5", 10, 8, 7, 0, 1, 0),
        ("so", "y-te", "citizens", "so-5", 10, 7, 6, 1, 0, 0),
        ("so", "tru", "citizens", "so-5", 10, 2, 2, 0, 0, 0),
    ]
    proposals = pd.DataFrame(
        [("so", "Sơ Nội vu", 3, "noi-vu", "Sở Nội vụ", 0.875, "", "", "", "")],
        columns=list(UNITS_TO_CONFIRM.columns),
    )
    cells = pd.DataFrame([(3, "1.b", "5 - Kém", "disagrees")], columns=["row", "item", "text", "fault"])
    warning = Problem("file.too_large", "warning", "phieu.csv", "", 4, "C", (("size", "9"), ("limit", "8")))
    answers = np.zeros((len(frame), len(instrument.items)), dtype=np.int8)
    returns = Returns(instrument, frame, answers, cells=cells, proposals=proposals, warnings=(warning,))
    counted = pd.DataFrame(funnel, columns=list(FUNNEL_COLUMNS))
    return returns, Dispositions(disposition, reasons, frame[list(CELL_COLUMNS)], counted)


def _row(form: int, code: str, questionnaire: str, group: str, unit: str, row: int) -> dict[str, object]:
    return {
        "form": form, "form_code": code, "questionnaire": questionnaire, "block": "so", "group": group,
        "unit_code": unit, "unit_text": unit, "rater": code, "mode": "paper", "source_file": f"{questionnaire}.csv",
        "source_row": row,
    }  # fmt: skip


def _samples(returns: Returns, dispositions: Dispositions) -> Samples:
    valid = returns.rows[dispositions.valid].reset_index(drop=True)
    weights = valid[["block", "unit_code", "group", "questionnaire", "form_code"]].assign(
        base_weight=4 / 3, calibrated_weight=4 / 3, weight=1.5, g=1.125
    )
    summary = pd.DataFrame(
        [
            ("so", "heads", 6, 18, 8.0, 27.0, 1.5, 1.5, 1.0, 18.0, "", 0),
            ("so", "citizens", 15, 15, np.nan, 22.5, 1.5, 1.5, 1.0, 15.0, "age;sex", 0),
        ],
        columns=list(DIAGNOSTIC_COLUMNS),
    )
    return Samples((), weights, summary)


def _scores(study: StudyDefinition) -> Scores:
    rows: list[dict[str, object]] = []
    leagues = []
    for unit in UNITS:
        leagues.append(_score_unit(study, unit, rows))
    league = pd.DataFrame(leagues)
    whole = league["status"] == "ok"
    anywhere = {True: (remark("rank.unranked", units=1),), False: ()}  # the third unit has no rank
    notes = [said + anywhere[ok] for said, ok in zip(league["note"], whole, strict=True)]
    league = league.assign(
        rank=league["points"].where(whole).rank(ascending=False),
        rank_low=whole.map({True: 1.0, False: np.nan}),
        rank_high=whole.map({True: 3.0, False: np.nan}),
        note=pd.Series(notes, dtype=object),
        probability_top_quarter=[0.33335, 0.66665, np.nan],
        unit_group="",
        **{"class": ""},
        probability_class=np.nan,
    )
    shares = pd.DataFrame(columns=list(SHARE_COLUMNS))
    return Scores(pd.DataFrame(rows), league, shares, pd.DataFrame(columns=list(UNWEIGHTED_COLUMNS)))


def limits(score: float | None) -> tuple[float, float]:
    """Student's t with 11.5 degrees of freedom on the logit scale: logit(p) ± t · 0.01/(p(1 − p)), carried back."""
    if score is None or math.isnan(score):
        return math.nan, math.nan
    if score == 1.0:
        return 0.98, 1.0
    half, centre = (
        float(stats.t.ppf(0.975, 11.5)) * 0.01 / (score * (1 - score)),
        math.log(score / (1 - score)),
    )
    return 1 / (1 + math.exp(half - centre)), 1 / (1 + math.exp(-half - centre))


def _score_unit(study: StudyDefinition, unit: Unit, rows: list[dict[str, object]]) -> dict[str, object]:
    """All rows of one unit by hand: items, their mean per group, the mean of the groups, the sum of points."""
    found = ITEM_SCORES[unit.code]
    short = found["1.a"]["citizens"] is None

    def put(
        node: str, level: str, group: str, score: float | None, points: float | None, said: Said = ("ok", ())
    ) -> None:
        asked = 0 if short or node.startswith("2") else CITIZENS[unit.code]
        forms = {"heads": HEADS, "citizens": CITIZENS[unit.code], "all": HEADS + asked}[group]
        gap, (status, note) = score is None, said
        rows.append({
            "edition": "nhỏ/2023", "block": "so", "unit_code": unit.code, "unit_name": unit.name_vi,
            "node_code": node, "node_level": level, "group": group, "n_valid": forms,
            "n_eff": np.nan if gap else forms * 0.97, "score": score, "se": np.nan if gap else 0.01,
            "ci_low": limits(score)[0], "ci_high": limits(score)[1],
            "df": np.nan if gap else 11.5, "prior_df": np.nan,
            "variance_borrowed": np.nan if gap else 0.25, "satisfaction_percent": np.nan if gap else 66.665,
            "satisfaction_ci_low": np.nan if gap else 60.0, "satisfaction_ci_high": np.nan if gap else 70.125,
            "max_points": points, "points": None if score is None or points is None else score * points,
            "status": "suppressed" if gap else status,
            "note": note or ((remark("score.suppressed", forms=forms, minimum=5),) if gap else ()),
        })  # fmt: skip

    def level_one(group: str) -> float | None:
        a, b = found["1.a"][group], found["1.b"][group]
        return None if a is None or b is None else (a + b) / 2

    def over_groups(scores: list[float | None]) -> float:
        known = [s for s in scores if s is not None]
        return sum(known) / len(known)

    heads, citizens = level_one("heads"), level_one("citizens")
    one, two = over_groups([heads, citizens]), found["2.a"]["heads"]
    assert heads is not None
    assert two is not None
    status = "incomplete" if short else "ok"
    total = one * 1 + two * 2
    below = (remark("score.incomplete_below", nodes="1"),) if short else ()
    missing = (remark("score.missing_group", groups="citizens"),) if short else ()
    put("0", "unit", "heads", (heads * 1 + two * 2) / 3, 3)
    no_child = (remark("score.no_child"),) if short else ()
    put("0", "unit", "citizens", citizens, 0 if short else 1, ("ok", no_child))
    put("0", "unit", "all", total / 3, 3, (status, below))
    put("1", "sub_criterion", "heads", heads, 1)
    put("1", "sub_criterion", "citizens", citizens, 1)
    put("1", "sub_criterion", "all", one, 1, (status, missing))
    for item in ("1.a", "1.b"):
        put(item, "item", "heads", found[item]["heads"], None)
        put(item, "item", "citizens", found[item]["citizens"], None)
        put(item, "item", "all", over_groups(list(found[item].values())), None, (status, missing))
    put("2", "sub_criterion", "heads", two, 2)
    put("2", "sub_criterion", "all", two, 2)
    put("2.a", "item", "heads", two, None)
    put("2.a", "item", "all", two, None)
    percent, (low, high) = 100 * total / 3, limits(total / 3)
    return {
        "block": "so", "unit_code": unit.code, "unit_name": unit.name_vi, "points": total, "max_points": 3,
        "percent": percent, "ci_low": 100 * low, "ci_high": 100 * high, "status": status, "note": below,
    }  # fmt: skip
