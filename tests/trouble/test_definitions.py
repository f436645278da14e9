"""Definitions that cannot work are refused before anything is scored, and what is doubtful in them is told with its row."""

from __future__ import annotations

from pathlib import Path

import pytest

import surveys as sv
from tests.trouble.trial import FIELDS, HEADINGS, ITEMS, TREE, UNITS, forms, score_of, table, told, trial

ROWS = [
    ("P1", "Xã An Bình", "2025-10-05 08:00:00", 4, 4, 3),
    ("P2", "Phường Hòa Thuận", "2025-10-06 08:00:00", 5, 3, 2),
    ("P3", "Xã Long Mỹ", "2025-10-07 08:00:00", 2, 5, 4),
]
HEADER = "code,parent,level,rule,measured_by,weight,max_points,groups,blocks,label_vi,label_en,source\n"


def checked(path: Path, code: str) -> list[sv.Problem]:
    return [problem for problem in sv.check(path) if problem.code == code]


def tree(root: str, one: str, two: str, rule: str = "sum") -> dict[str, str]:
    """The standard tree with other maxima, as they are printed."""
    return {
        "tree": f"{HEADER}0,,index,{rule},total,1,{root},,,Chỉ số,Index,tu-dat\n"
        f"1,0,part,mean,survey,1,{one},dan,,Tiếp nhận,Reception,tu-dat\n"
        f"2,0,part,mean,survey,1,{two},dan,,Trả kết quả,Results,tu-dat\n"
    }


# --- points -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["sum", "mean", "weighted", "pooled", "mean_of_items"])
def test_points_that_do_not_add_up_are_refused(rule: str, tmp_path: Path) -> None:
    path = trial(tmp_path, {"r.csv": table(ROWS)}, parts=tree("10", "4", "5", rule))
    (found,) = checked(path, "tree.points_sum")
    assert (found.file, found.row, found.severity) == ("instrument/tree.csv", 2, "error")
    assert dict(found.params).items() >= {"found": "9", "expected": "10", "rows": "3, 4", "node": "0"}.items()
    with pytest.raises(sv.SurveyError):
        sv.load(path)


@pytest.mark.parametrize(
    ("root", "one", "two", "code"),
    [
        ("10", "3.33", "6.67", ""),  # exact
        ("10", "5.00", "5", ""),
        ("5", "2.5", "2.5", ""),
        ("6.67", "3.33", "3.33", "tree.points_rounded"),  # 6.66: two halves of 0.01 explain 0.01
        ("1.67", "0.83", "0.83", "tree.points_rounded"),
        ("10", "3.330", "6.660", "tree.points_sum"),  # as printed, each is right to half a thousandth
        ("6.69", "3.33", "3.33", "tree.points_sum"),  # 0.03 is more than two halves of 0.01
        ("10", "4.5", "5", "tree.points_sum"),  # 5 is exact, 4.5 is right to 0.05
        ("1000000.5", "1000000", "0.25", "tree.points_sum"),  # every digit counts in large numbers too
    ],
)
def test_only_the_printed_digits_may_be_rounded(
    root: str, one: str, two: str, code: str, tmp_path: Path
) -> None:
    path = trial(tmp_path, {"r.csv": table(ROWS)}, parts=tree(root, one, two))
    found = [p.code for p in sv.check(path) if p.code.startswith("tree.")]
    assert found == ([code] if code else [])


def test_three_thirds_make_ten(tmp_path: Path) -> None:
    parts = tree("10", "3.33", "3.33")
    parts["tree"] += "3,0,part,mean,survey,1,3.33,dan,,Thái độ,Attitude,tu-dat\n"
    parts["items"] = ITEMS.replace("A2,1,", "A2,3,")
    assert [
        p for p in sv.check(trial(tmp_path, {"r.csv": table(ROWS)}, parts=parts)) if p.severity == "error"
    ] == []


def test_nodes_on_one_scale_need_not_add_up(tmp_path: Path) -> None:
    """An index whose every node is printed out of 100, and a mean of them, is no sum of points."""
    path = trial(tmp_path, {"r.csv": table(ROWS)}, parts=tree("100", "100", "100", "mean"))
    assert [p.code for p in sv.check(path) if p.code.startswith("tree.")] == []


def test_points_are_added_within_each_block(tmp_path: Path) -> None:
    """What a ward does not do, its points miss."""
    blocks = '[[blocks]]\ncode = "phuong"\nlabel_vi = "Phường"\nlabel_en = "Wards"\n'
    blocks += (
        '[[questionnaires]]\ncode = "p2"\nblock = "phuong"\ngroup = "dan"\nlabel_vi = "P2"\nlabel_en = "F2"\n'
    )
    parts = tree("10", "4", "6")
    parts["tree"] = parts["tree"].replace("1,6,dan,,", "1,6,dan,xa,")
    parts |= {"more": blocks, "items": ITEMS.replace(",p1,", ",p1;p2,").replace("B1,2,p1;p2", "B1,2,p1")}
    (found,) = checked(trial(tmp_path, {"r.csv": table(ROWS)}, parts=parts), "tree.points_sum")
    assert dict(found.params).items() >= {"block": "phuong", "found": "4", "expected": "10"}.items()


# --- rules and options ------------------------------------------------------------------------------------------------

EXTERNAL = "block,unit,node,group,score,n,document\n" + "".join(
    f"xa,{unit},9,,{score},300,Báo cáo điều tra\n"
    for unit, score in (("an-binh", 0.8), ("hoa-thuan", 0.7), ("long-my", 0.6))
)


@pytest.mark.parametrize(
    ("rule", "measured_by"), [("", "external"), ("mean", "external"), ("", "assessment")]
)
def test_a_leaf_from_elsewhere_needs_no_rule(rule: str, measured_by: str, tmp_path: Path) -> None:
    parts = tree("2", "1", "0.5")
    parts["tree"] += f"9,0,part,{rule},{measured_by},1,0.5,,,Ngoài,Elsewhere,tu-dat\n"
    files = {
        "r.csv": table(ROWS),
        "ngoai.csv": EXTERNAL,
        "cham.csv": "block,unit,node,final\nxa,an-binh,9,0.4\n",
    }
    named = 'externals = "ngoai.csv"' if measured_by == "external" else 'assessments = "cham.csv"'
    returns = '[[returns]]\npath = "r.csv"\nquestionnaire = "p1"\n'
    path = trial(tmp_path, files, returns, f"[files]\n{named}\n", parts=parts)
    result = sv.load(path).score()
    if measured_by == "external":
        found = result.scores.query("unit_code == 'an-binh' and node_code == '9' and group == 'all'")
        assert found["score"].item() == pytest.approx(0.8)
    else:
        found = result.index.query("unit_code == 'an-binh' and node_code == '9'")
        assert (found["points"].item(), found["percent"].item()) == (0.4, pytest.approx(80))
    assert not [p for p in sv.check(path) if p.severity == "error"]


def test_a_rule_that_does_not_exist_is_refused_at_a_leaf_too(tmp_path: Path) -> None:
    parts = tree("2", "1", "0.5")
    parts["tree"] += "9,0,part,summ,external,1,0.5,,,Ngoài,Elsewhere,tu-dat\n"
    (found,) = checked(trial(tmp_path, {"r.csv": table(ROWS)}, parts=parts), "tree.rule")
    assert (found.file, found.row, found.column) == ("instrument/tree.csv", 5, "rule")
    assert dict(found.params)["nearest"] == "sum"


@pytest.mark.parametrize(("code", "cell"), [("-1", "-1"), ("-99", "-99.0"), ("-9", "-9")])
def test_a_negative_code_of_a_non_answer_works_as_it_is_declared(
    code: str, cell: str, tmp_path: Path
) -> None:
    rows = [("P1", "Xã An Bình", "2025-10-05 08:00:00", 4, cell, 3), *ROWS[1:]]
    path = trial(tmp_path, {"r.csv": table(rows)})
    toml = path / "instrument/instrument.toml"
    kept = f'\n[[scales.hl.non_answers]]\ncode = "{code}"\nkind = "blank"\nlabel_vi = "Không trả lời"\nlabel_en = "None"\n'
    toml.write_text(toml.read_text("utf-8") + kept, "utf-8")
    assert score_of(sv.load(path).score(), "an-binh", "1") == pytest.approx(0.75)
    assert forms(path)["r.csv", 2] == "valid"
    assert not told(path, "returns.cell_out_of_scale")


def test_a_level_may_have_a_negative_code(tmp_path: Path) -> None:
    """−2 … +2 is a usual way to write five levels."""
    rows = [("P1", "Xã An Bình", "2025-10-05 08:00:00", -2, "+2", "-1.0"), *ROWS[1:]]
    path = trial(tmp_path, {"r.csv": table(rows)}, rules={"too_few_answers": "reject"})
    toml = path / "instrument/instrument.toml"
    text = toml.read_text("utf-8")
    for old, new in zip("12345", ("-2", "-1", "0", "1", "2"), strict=True):
        text = text.replace(
            f'{{ code = "{old}", values = [{(int(old) - 1) / 4}]',
            f'{{ code = "{new}", values = [{(int(old) - 1) / 4}]',
        )
    toml.write_text(text, "utf-8")
    assert score_of(sv.load(path).score(), "an-binh", "2") == pytest.approx(0.25)
    assert score_of(sv.load(path).score(), "an-binh", "1") == pytest.approx((0 + 1) / 2)


# --- what check opens -------------------------------------------------------------------------------------------------


def test_check_opens_the_returns(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "r.csv": table(ROWS),
        "hong.xlsx": b"PK\x03\x04 not a workbook",
        "la.csv": "a,b\n1,2\n",
    }
    found = {p.file: p.code for p in sv.check(trial(tmp_path, files)) if p.severity == "error"}
    assert set(found) == {"hong.xlsx", "la.csv"}
    assert found["hong.xlsx"] == "returns.kind_unknown"


def test_check_tells_what_screening_tells(tmp_path: Path) -> None:
    path = trial(tmp_path, {"r.csv": table([(*ROWS[0][:3], "Tạm được", 4, 3), *ROWS[1:]])})
    (found,) = checked(path, "returns.cell_out_of_scale")
    assert found in sv.load(path).screen().warnings
    assert found in sv.load(path).check()


def test_a_reader_that_does_not_exist_is_refused_with_the_nearest(tmp_path: Path) -> None:
    returns = '[[returns]]\npath = "r.csv"\nquestionnaire = "p1"\nreader = "cobo"\n'
    (found,) = checked(trial(tmp_path, {"r.csv": table(ROWS)}, returns), "returns.reader_unknown")
    assert (found.file, dict(found.params)["nearest"]) == ("r.csv", "kobo")


def test_a_study_without_returns_yet_is_no_fault(tmp_path: Path) -> None:
    assert not [p for p in sv.check(trial(tmp_path, returns="")) if p.severity == "error"]


def test_a_group_of_which_no_form_has_come_yet_is_no_fault_of_check(tmp_path: Path) -> None:
    path = trial(tmp_path, {"r.csv": table([("P1", "", "2025-10-05 08:00:00", 4, 4, 3)])})
    assert [p.severity for p in checked(path, "sampling.no_valid_form")] == ["warning"]
    with pytest.raises(sv.SurveyError):
        sv.load(path).score()


FRAME = '[[weights]]\ngroup = "dan"\nbase = "frame"\n'
EQUAL = '[[weights]]\ngroup = "dan"\nbase = "equal"\nfinite = false\n'


def reweighted(path: Path, plan: str) -> Path:
    """The study with another plan of weights."""
    toml = path / "study.toml"
    toml.write_text(toml.read_text("utf-8").replace(EQUAL, plan), "utf-8")
    return path


def test_populations_that_scores_need_are_asked_for(tmp_path: Path) -> None:
    path = reweighted(trial(tmp_path, {"r.csv": table(ROWS)}), FRAME)
    (found,) = checked(path, "incomplete.frame")
    assert (found.severity, found.column) == ("error", "files.frames")
    assert dict(found.params) == {"block": "xa", "group": "dan"}
    assert sv.load(path).screen().funnel["valid"].sum() == 3  # forms can be screened without them


def test_a_population_of_zero_is_none(tmp_path: Path) -> None:
    frames = "block,unit,group,population\nxa,an-binh,dan,500\nxa,hoa-thuan,dan,0\nxa,long-my,dan,700\n"
    files = {"r.csv": table(ROWS), "frames.csv": frames}
    returns = '[[returns]]\npath = "r.csv"\nquestionnaire = "p1"\n'
    path = reweighted(trial(tmp_path, files, returns, '[files]\nframes = "frames.csv"\n'), FRAME)
    (found,) = checked(path, "sampling.no_frame")
    assert found.severity == "error"
    assert "hoa-thuan" in dict(found.params).values()


# --- margins ----------------------------------------------------------------------------------------------------------

SEX = (
    '\n[[fields]]\ncode = "gioi"\nrole = "attribute"\nheaders = ["Giới tính"]\nlabel_vi = "Giới tính"\nlabel_en = "Sex"\n'
    '[fields.categories]\nnam = ["Nam"]\nnu = ["Nữ"]\n'
)
SEXES = ("Nam", "Nữ", "Nam", "Nữ")
FOUR = [
    ("P1", "Xã An Bình", "2025-10-05 08:00:00", 5, 5, 3),
    ("P2", "Xã An Bình", "2025-10-05 09:00:00", 1, 1, 3),
    ("P3", "Phường Hòa Thuận", "2025-10-06 08:00:00", 5, 5, 3),
    ("P4", "Phường Hòa Thuận", "2025-10-06 09:00:00", 1, 1, 3),
]
MARGINS = "block,unit,group,variable,category,population\n"


def calibrated(
    folder: Path,
    margins: str,
    sexes: tuple[str, ...] = SEXES,
    plan: str = "",
    units: str = UNITS,
    frames: str = "",
) -> Path:
    rows = [(*row, sex) for row, sex in zip(FOUR, sexes, strict=True)]
    files = {"r.csv": table(rows, (*HEADINGS, "Giới tính")), "margins.csv": MARGINS + margins}
    named = 'margins = "margins.csv"\n'
    if frames:
        files["frames.csv"] = f"block,unit,group,population\n{frames}"
        named += 'frames = "frames.csv"\n'
    returns = '[[returns]]\npath = "r.csv"\nquestionnaire = "p1"\n'
    parts = {"fields": FIELDS + SEX, "units": units}
    path = trial(folder, files, returns, f"[files]\n{named}", parts=parts)
    return reweighted(path, f'{EQUAL}margins = ["gioi"]\n{plan}')


TWO_UNITS = "".join(UNITS.splitlines(keepends=True)[:3])
WHOLE = "xa,,dan,gioi,nam,300\nxa,,dan,gioi,nu,100\n"


def test_margins_need_no_populations_where_every_unit_has_forms(tmp_path: Path) -> None:
    """Men are three quarters of the population: in each unit 0.75 · 1 + 0.25 · 0."""
    result = sv.load(calibrated(tmp_path, WHOLE, units=TWO_UNITS)).score()
    assert score_of(result, "an-binh", "1") == pytest.approx(0.75)
    assert result.weights["weight"].sum() == pytest.approx(400)


def test_margins_of_a_block_ask_for_populations_where_a_unit_has_no_forms(tmp_path: Path) -> None:
    path = calibrated(tmp_path, WHOLE)
    (found,) = checked(path, "sampling.margins_without_frames")
    assert dict(found.params) == {"block": "xa", "group": "dan", "units": "long-my"}
    assert "nan" not in found.text("vi").split() + found.text("en").split()


def test_with_populations_the_margins_are_scaled_to_the_units_that_have_forms(tmp_path: Path) -> None:
    """Long Mỹ is half of the 400: the others stand for 150 men and 50 women."""
    frames = "xa,an-binh,dan,100\nxa,hoa-thuan,dan,100\nxa,long-my,dan,200\n"
    result = sv.load(calibrated(tmp_path, WHOLE, frames=frames)).score()
    assert result.weights["weight"].sum() == pytest.approx(200)
    assert score_of(result, "hoa-thuan", "1") == pytest.approx(0.75)


def test_margins_by_unit_keep_forms_that_do_not_state_the_variable(tmp_path: Path) -> None:
    """In An Bình one of two forms is blank: it keeps half of the 100, the man stands for the rest of them."""
    margins = "".join(f"xa,{u},dan,gioi,{c},50\n" for u in ("an-binh", "hoa-thuan") for c in ("nam", "nu"))
    path = calibrated(
        tmp_path, margins.replace("an-binh,dan,gioi,nu,50", "an-binh,dan,gioi,nu,0"), ("Nam", "", "Nam", "Nữ")
    )
    weights = sv.load(path).score().weights.set_index("form_code")["weight"]
    assert weights["P1"] == pytest.approx(25)
    assert weights["P2"] == pytest.approx(25)


@pytest.mark.parametrize(
    ("margins", "sexes", "plan", "code"),
    [
        (WHOLE, ("Nam",) * 4, "", "sampling.margin_no_rows"),
        (WHOLE.replace("nu,100", "nu,0"), SEXES, "", "sampling.margin_unwanted_rows"),
        (WHOLE, SEXES, "bounds = [0.9, 1.1]\n", "sampling.margin_outside_bounds"),
        ("xa,an-binh,dan,gioi,nam,30\nxa,an-binh,dan,gioi,nu,10\n", SEXES, "", "sampling.no_margin_of_unit"),
    ],
)
def test_what_calibration_finds_is_said_in_the_language_of_the_reader(
    margins: str, sexes: tuple[str, ...], plan: str, code: str, tmp_path: Path
) -> None:
    path = calibrated(tmp_path, margins, sexes, plan, units=TWO_UNITS)
    found = checked(path, code)
    assert found
    for problem in found:
        assert dict(problem.params)["variable"] == "gioi"
        for word in ("category", "margin ", "adds up", "#cell", "nan", "rows"):
            assert word not in problem.text("vi")


@pytest.mark.parametrize("lonely", ["fail", "average"])
def test_a_single_respondent_in_a_stratum_is_told_not_a_fault_of_the_program(
    lonely: str, tmp_path: Path
) -> None:
    path = reweighted(trial(tmp_path, {"r.csv": table(ROWS)}), f'{EQUAL}lonely = "{lonely}"\n')
    (found,) = checked(path, "sampling.lonely_stratum")
    assert dict(found.params).items() >= {"policy": lonely, "units": "an-binh, hoa-thuan, long-my"}.items()


# --- what an instrument lacks -----------------------------------------------------------------------------------------


def test_an_instrument_without_any_rule_is_told(tmp_path: Path) -> None:
    (found,) = checked(trial(tmp_path, {"r.csv": table(ROWS)}, rules={}), "incomplete.no_rules")
    assert {"duplicate_code", "too_few_answers"} <= set(dict(found.params)["rules"].split(", "))


def test_customary_rules_that_are_lacking_are_one_message(tmp_path: Path) -> None:
    (found,) = checked(trial(tmp_path, {"r.csv": table(ROWS)}), "incomplete.rules")
    lacking = set(dict(found.params)["rules"].split(", "))
    assert {"unknown_code", "near_duplicate", "straight_line"} <= lacking
    assert not {"too_few_answers", "too_fast", "own_unit", "broken_skip", "unknown_unit"} & lacking


def test_a_required_question_left_blank_breaks_its_rule(tmp_path: Path) -> None:
    parts = {
        "items": ITEMS.replace("weight,text_vi", "weight,required,text_vi").replace("hl,0,1,", "hl,0,1,1,")
    }
    rows = [("P1", "Xã An Bình", "2025-10-05 08:00:00", 4, "", 3), *ROWS[1:]]
    path = trial(tmp_path, {"r.csv": table(rows)}, parts=parts, rules={"missing_required": "reject"})
    assert [forms(path)["r.csv", row] for row in (2, 3, 4)] == ["rejected", "valid", "valid"]


def test_items_without_a_source_are_one_message(tmp_path: Path) -> None:
    path = trial(tmp_path, {"r.csv": table(ROWS)}, parts={"items": ITEMS.replace(",tu-dat", ",")})
    (found,) = checked(path, "incomplete.source")
    assert (found.file, dict(found.params)["names"]) == ("instrument/items.csv", "A1, A2, B1")


# --- places -----------------------------------------------------------------------------------------------------------


def test_a_fault_of_the_heading_does_not_hide_those_of_the_instrument(tmp_path: Path) -> None:
    path = trial(
        tmp_path,
        {"r.csv": table(ROWS)},
        parts={"tree": TREE.replace(",mean,survey,1,1,dan,Tiếp", ",meen,survey,1,1,dan,Tiếp")},
    )
    toml = path / "study.toml"
    toml.write_text(toml.read_text("utf-8").replace('code = "thu"\n', ""), "utf-8")
    assert {p.code for p in sv.check(path) if p.severity == "error"} == {"record.missing", "tree.item_rule"}


@pytest.mark.parametrize(
    ("key", "line"),
    [("files.frames", '[files]\nframes = "khung.csv"\n'), ("units.file", '[units]\nfile = "dv.csv"\n')],
)
def test_a_file_that_the_study_names_is_missing_at_its_key(key: str, line: str, tmp_path: Path) -> None:
    path = trial(tmp_path, {"r.csv": table(ROWS)}, settings=line)
    (found,) = [p for p in sv.check(path) if p.severity == "error"]
    assert (found.code, found.file, found.column) == ("study.file_missing", "study.toml", key)
    assert "khóa " + key in found.text("vi")


@pytest.mark.parametrize("name", ["ha-noi/2024", "ha-noi2023", "sipas/2032"])
def test_check_offers_the_nearest_edition(name: str) -> None:
    (found,) = sv.check(name)
    assert dict(found.params)["nearest"] in {"ha-noi/2023", "ha-noi/2025", "sipas/2023"}
    assert "Gần nhất" in found.text("vi")


def test_keys_without_effect_are_told(tmp_path: Path) -> None:
    path = reweighted(trial(tmp_path, {"r.csv": table(ROWS)}), f"{EQUAL}bounds = [0.5, 2.0]\n")
    (found,) = checked(path, "weights.idle_bounds")
    assert (found.severity, found.column) == ("warning", "weights[1].bounds")


@pytest.mark.parametrize(
    "line",
    [
        f"a{'.b' * 60} = 1\n",
        f"a{'.b' * 50_000} = 1\n",
        f"a = {'[' * 60}{']' * 60}\n",
        f"[a{'.b' * 60}]\nc = 1\n",
    ],
    ids=["dots", "very many dots", "brackets", "table"],
)
def test_tables_within_tables_without_end_are_told(line: str, tmp_path: Path) -> None:
    path = trial(tmp_path, {"r.csv": table(ROWS)})
    toml = path / "study.toml"
    toml.write_text(line + toml.read_text("utf-8"), "utf-8")
    (found,) = sv.check(path)
    assert (found.code, found.file) == ("toml.nested", "study.toml")
