"""A small round in whose folder every kind of definition file stands, and the files that other commands read."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

import surveys as sv
from tests.campaigns.damaged.layouts import write_xlsx
from tests.trouble.trial import FIELDS, HEADINGS, ITEMS, RULES, table, trial

_UNITS = ("Xã An Bình", "Phường Hòa Thuận", "Xã Long Mỹ")
_CODES = ("an-binh", "hoa-thuan", "long-my")
_FORMS = 24
_TREE = """\
code,parent,level,rule,measured_by,weight,max_points,groups,label_vi,label_en,source
0,,index,sum,total,1,5,,Chỉ số,Index,tu-dat
1,0,part,mean,survey,1,1,dan,Tiếp nhận,Reception,tu-dat
2,0,part,mean,survey,1,1,dan,Trả kết quả,Results,tu-dat
3,0,part,,external,1,1,dan,Chỉ số hài lòng,Satisfaction,tu-dat
4,0,part,,assessment,1,1,,Thẩm định,Assessed,tu-dat
5,0,part,,external,1,1,dan,Đợt trước,The round before,tu-dat
"""
_SEX = """
[[fields]]
code = "gt"
role = "attribute"
headers = ["Giới tính"]
label_vi = "Giới tính"
label_en = "Sex"
[fields.categories]
nam = ["Nam", "1"]
nu = ["Nữ", "2"]
"""
_GROUPS = """
[[unit_groups]]
code = "tren"
percentile = 0.5
label_vi = "Nửa trên"
label_en = "Upper half"

[[unit_groups]]
code = "duoi"
percentile = 0
label_vi = "Nửa dưới"
label_en = "Lower half"
"""
_DIFFERENCES = """\
[identity]
code = "mot-cua"
edition = "2"
based_on = "./goc"
label_vi = "Bộ phận Một cửa, bản 2"
label_en = "One-stop shop, edition 2"

[without]
rules = ["out_of_scale"]

[scales.hl]
ladders = ["bac", "dinh"]
levels = [
    { code = "1", values = [0.0, 0.0], label_vi = "Rất không hài lòng", label_en = "Very dissatisfied" },
    { code = "2", values = [0.1, 0.0], label_vi = "Không hài lòng", label_en = "Dissatisfied" },
    { code = "3", values = [0.4, 0.0], label_vi = "Bình thường", label_en = "Neutral" },
    { code = "4", values = [0.8, 1.0], satisfied = true, label_vi = "Hài lòng", label_en = "Satisfied" },
    { code = "5", values = [1.0, 1.0], satisfied = true, label_vi = "Rất hài lòng", label_en = "Very satisfied" },
]
"""
_SETTINGS = """
[units]
file = "don-vi.csv"

[files]
issued = "phat-ra.csv"
frames = "tong-the.csv"
margins = "co-cau.csv"
externals = "ngoai.csv"
assessments = "tham-dinh.csv"
decisions = "quyet-dinh.csv"
unit_decisions = "ten-don-vi.csv"
adjudication = "phan-xu.csv"
entry_codes = "ma-nhap.csv"

[[results]]
path = "dot-truoc/scores.csv"
document = "Đợt trước"
nodes = { 5 = "1" }
"""
_RETURNS = """
[[returns]]
path = "r.csv"
questionnaire = "p1"
entry = "first"

[[returns]]
path = "r2.csv"
questionnaire = "p1"
entry = "second"

[[returns]]
path = "r3.csv"
questionnaire = "p1"
mapping = "cot.csv"

[[returns]]
path = "r4.csv"
questionnaire = "p1"
mapping = "cot.xlsx"
"""
_WEIGHTS = """
[[weights]]
group = "dan"
margins = ["gt"]
"""
_MAPPED = ["column", "heading", "kind", "target", "unit", "reason", "decision"]
DATA_SAMPLE = Path(__file__).parents[3] / "data-sample"
_REVIEWED = {
    "forms": "form_code,unit,decision,assigned_unit,reviewer,reason,date,submission\n"
    "P07,,loại,,NVA,Không phải người dân,2025-12-01,\nQ03,an-binh,hợp lệ,,NVA,Đã gọi điện,2025-12-02,\n",
    "units": "block,text,proposed_code,decision,reviewer\nxa,An Bình cũ,an-binh,x,NVA\nxa,Hòa Thuận 2,hoa-thuan,có,NVA\n",
    "entries": "form,field,first,second,final,who\nP01,A1,3,4,4,NVA\nP04,B1,5,1,1,NVA\n",
    "explanations": "block,unit,node,explanation,received_on,status,decision,reviewer,reason,date\n"
    "xa,an-binh,,Bổ sung,2024-01-05,đã nhận,một phần,NVA,đúng,2024-01-12\nxa,hoa-thuan,1,Sai nhóm,2024-01-05,,,,,\n",
    "seconds": "second_code,proposed_code,decision,reviewer\nX8,P04,x,NVA\nX7,P06,không,NVA\n",
}
Rows = list[list[object]]


def write_round(folder: Path) -> Path:
    """The study in ``folder/study``, in which each file matters: without it, or without a row of it, other numbers come out.

    Beside it ``heir`` (the same by an edition of differences), ``old`` and ``new`` (folders of results), ``crosswalk.csv``,
    ``published.csv`` and ``published.xlsx``, and in ``review`` the review files of the study, filled in.
    """
    before = trial(folder / "before", {"r.csv": table(_rows("P", 0))})
    earlier = sv.load(before).score()
    earlier.write(folder / "old")
    sv.load(trial(folder / "after", {"r.csv": table(_rows("P", 2))})).score().write(folder / "new")
    study = folder / "study"
    (study / "dot-truoc").mkdir(parents=True)
    shutil.copy(folder / "old" / "scores.csv", study / "dot-truoc")
    _write_beside(folder)
    files = _tables() | _returned()
    parts = {"tree": _TREE, "fields": FIELDS + _SEX, "more": _GROUPS}
    trial(study, files, _RETURNS, _SETTINGS, RULES, parts)
    write_xlsx(study / "cot.xlsx", [_MAPPED, *_mapping(" khac")])
    text = (study / "study.toml").read_text(encoding="utf-8")
    weights = text[text.index("[[weights]]") : text.index("finite = false") + len("finite = false\n")]
    (study / "study.toml").write_text(text.replace(weights, _WEIGHTS), encoding="utf-8")
    _write_heir(study, folder / "heir")
    return study


def _write_heir(study: Path, heir: Path) -> None:
    """The same study by an edition that states its differences from the instrument of the study, which lies in it."""
    shutil.copytree(study, heir)
    shutil.move(heir / "instrument", heir / "goc")
    shutil.move(heir / "goc", heir / "instrument" / "goc")
    tree, items = _TREE.splitlines(), ITEMS.splitlines()
    parts = {
        "instrument.toml": _DIFFERENCES,
        "tree.csv": "\n".join((tree[0], tree[1].replace(",5,,", ",6,,"), tree[2].replace(",1,1,", ",1,2,"))),
        "items.csv": "\n".join((items[0], items[2].replace(",hl,0,1,", ",hl,1,1,"))),
    }
    for name, text in parts.items():
        (heir / "instrument" / name).write_text(f"{text}\n", encoding="utf-8")


def _write_beside(folder: Path) -> None:
    """Review files that someone filled in, a crosswalk, and published tables."""
    for name, content in _REVIEWED.items():
        path = folder / "review" / f"{name}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
        write_xlsx(
            path.with_name(f"{name}-workbook.xlsx"), [line.split(",") for line in content.splitlines()]
        )
    lines = [f"xa,{code},xa,{code}" for code in _CODES]
    (folder / "crosswalk.csv").write_text(
        "\n".join(("block,old_unit,new_block,new_unit", *lines)) + "\n", encoding="utf-8"
    )
    published = (DATA_SAMPLE / "published" / "sipas_ha_noi_2023.csv").read_bytes()
    (folder / "published.csv").write_bytes(published)
    with (folder / "published.csv").open(encoding="utf-8-sig", newline="") as file:
        write_xlsx(folder / "published.xlsx", [list(row) for row in csv.reader(file)])
    shutil.copytree(DATA_SAMPLE / "first-survey" / "instrument", folder / "simulated")


def _rows(letter: str, shift: int) -> Rows:
    return [
        [f"{letter}{k:02d}", _UNITS[k % 3], f"2025-10-{k % 28 + 1:02d} 08:00:00",
         (k + shift) % 5 + 1, (k * 2 + shift) % 5 + 1, (k * 3 + 1) % 5 + 1]
        for k in range(_FORMS)
    ]  # fmt: skip


def _with_sex(rows: Rows) -> Rows:
    return [[*row[:3], ("Nam", "Nữ")[k % 2], *row[3:]] for k, row in enumerate(rows)]


_LONG = (*HEADINGS[:3], "Giới tính", *HEADINGS[3:])


def _returned() -> dict[str, str]:
    """Forms entered twice (one disagrees, one has another code), and forms of files with other headings."""
    first = _with_sex(_rows("P", 1))
    first[4][1] = "An Bình (xã)"  # a spelling that someone decided
    second = [list(row) for row in first[:6]]
    second[2][4] = 5 if first[2][4] != 5 else 4
    second[5][0] = "X9"
    other = ("ma so", "noi", "luc", "nam nu", "cau 1", "cau 2", "cau 3")
    return {
        "r.csv": table(first, _LONG), "r2.csv": table(second, _LONG), "r3.csv": table(_with_sex(_rows("Q", 3)), other),
        "r4.csv": table(_with_sex(_rows("R", 4)), [f"{name} khac" for name in other]),
    }  # fmt: skip


def _tables() -> dict[str, str | bytes]:
    first = _with_sex(_rows("P", 1))
    issued = [[f"{letter}{k:02d}", "p1", _CODES[k % 3]] for letter in "PQR" for k in range(_FORMS)]
    entered, again = first[2][4], 5 if first[2][4] != 5 else 4
    register = [[code, "xa", name, name, "", "", "", ""] for code, name in zip(_CODES, _UNITS, strict=True)]
    external = [["xa", code, "3", "", 0.7 + k / 20, 0.02, "Báo cáo"] for k, code in enumerate(_CODES)]
    frames = [["xa", code, "dan", 300 + 100 * k] for k, code in enumerate(_CODES)]
    margins = [["xa", "dan", "gt", "nam", 500], ["xa", "dan", "gt", "nu", 700]]
    assessed = [
        ["xa", code, "4", 0.75, "2023-11-30", 0.5, "Đã bổ sung", "2024-01-05", 0.5 + k / 8]
        for k, code in enumerate(_CODES)
    ]
    rejected = [["P03", "", "rejected", "NVA", "Không phải người dân"]]
    return {
        "don-vi.csv": _csv("code,block,name_vi,name_en,aliases,valid_from,valid_to,successors", register),
        "phat-ra.csv": _csv("form_code,questionnaire,unit", issued),
        "tong-the.csv": _csv("block,unit,group,population", frames),
        "co-cau.csv": _csv("block,group,variable,category,population", margins),
        "ngoai.csv": _csv("block,unit,node,group,score,se,document", external),
        "tham-dinh.csv": _csv(
            "block,unit,node,self_assessed,self_assessed_on,first_appraisal,explanation,explained_on,final",
            assessed,
        ),
        "quyet-dinh.csv": _csv("form_code,unit,decision,reviewer,reason", rejected),
        "ten-don-vi.csv": _csv("block,text,unit_code", [["xa", "An Bình (xã)", "an-binh"]]),
        "phan-xu.csv": _csv(
            "form,field,first,second,final,who", [["P02", "A1", entered, again, again, "NVA"]]
        ),
        "ma-nhap.csv": _csv("second_code,first_code", [["X9", "P05"]]),
        "cot.csv": _csv(",".join(_MAPPED), _mapping("")),
    }


def _mapping(more: str) -> Rows:
    targets = (("ma so", "field", "ma"), ("noi", "field", "dv"), ("luc", "field", "ngay"), ("nam nu", "field", "gt"),
               ("cau 1", "item", "A1"), ("cau 2", "item", "A2"), ("cau 3", "item", "B1"))  # fmt: skip
    return [["", heading + more, kind, target, "", "", "x"] for heading, kind, target in targets]


def _csv(headings: str, rows: Sequence[Sequence[object]]) -> str:
    return pd.DataFrame(rows, columns=headings.split(",")).to_csv(index=False, lineterminator="\n")
