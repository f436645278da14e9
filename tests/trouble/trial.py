"""A small study of a one-stop shop in three communes, in whose files each test makes one kind of trouble.

``trial(folder, files={"r.csv": table(...)})`` writes the instrument, the study and the files of returns; what a test needs
otherwise is given by name. Scores are asked of the door: ``forms(path)``, ``score_of(result, "an-binh", "1")``, ``told(path)``.

Two sub-criteria of two and one items (A1, A2 under 1; B1 under 2), five levels worth 0, 0.25, 0.5, 0.75 and 1, one group, every
form counts once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

import surveys as sv

INSTRUMENT = """\
[identity]
code = "mot-cua"
edition = "1"
label_vi = "Bộ phận Một cửa"
label_en = "One-stop shop"

[scoring]
numerator = "value"

[[blocks]]
code = "xa"
label_vi = "Xã, phường"
label_en = "Communes"

[[groups]]
code = "dan"
label_vi = "Người dân"
label_en = "Citizens"

[[questionnaires]]
code = "p1"
block = "xa"
group = "dan"
label_vi = "Phiếu người dân"
label_en = "Citizens' form"
modes = ["online", "paper"]

[[sources]]
code = "tu-dat"
document = "Tự đặt"
status = "open"

[scales.hl]
kind = "ordinal"
label_vi = "Mức hài lòng"
label_en = "Satisfaction"
levels = [
    { code = "1", values = [0.0], satisfied = false, label_vi = "Rất không hài lòng", label_en = "Very dissatisfied" },
    { code = "2", values = [0.25], satisfied = false, label_vi = "Không hài lòng", label_en = "Dissatisfied" },
    { code = "3", values = [0.5], satisfied = false, label_vi = "Bình thường", label_en = "Neutral" },
    { code = "4", values = [0.75], satisfied = true, label_vi = "Hài lòng", label_en = "Satisfied" },
    { code = "5", values = [1.0], satisfied = true, label_vi = "Rất hài lòng", label_en = "Very satisfied" },
]

[scales.ck]
kind = "choice"
label_vi = "Có hoặc không"
label_en = "Yes or no"
levels = [
    { code = "0", values = [0.0], satisfied = false, label_vi = "Không", label_en = "No" },
    { code = "1", values = [1.0], satisfied = true, label_vi = "Có", label_en = "Yes" },
]
"""
FIELDS = """
[[fields]]
code = "ma"
role = "form_code"
headers = ["Mã phiếu"]
label_vi = "Mã phiếu"
label_en = "Form code"

[[fields]]
code = "dv"
role = "unit"
headers = ["Đơn vị"]
label_vi = "Đơn vị"
label_en = "Unit"

[[fields]]
code = "ngay"
role = "submitted"
headers = ["Ngày trả lời"]
label_vi = "Ngày trả lời"
label_en = "Answered on"
"""
RULES = {
    "too_few_answers": "reject", "out_of_scale": "review", "several_answers": "review", "unknown_unit": "review",
    "duplicate_code": "review", "outside_fieldwork": "review", "double_entry": "review",
}  # fmt: skip
TREE = """\
code,parent,level,rule,measured_by,weight,max_points,groups,label_vi,label_en,source
0,,index,sum,total,1,2,,Chỉ số,Index,tu-dat
1,0,part,mean,survey,1,1,dan,Tiếp nhận,Reception,tu-dat
2,0,part,mean,survey,1,1,dan,Trả kết quả,Results,tu-dat
"""
A1, A2, B1 = "Cán bộ tiếp đón lịch sự", "Cán bộ hướng dẫn dễ hiểu", "Hồ sơ được trả đúng hẹn"
ITEMS = f"""\
code,node,questionnaires,scale,reverse,weight,text_vi,text_en,aliases,source
A1,1,p1,hl,0,1,{A1},Staff are polite,,tu-dat
A2,1,p1,hl,0,1,{A2},Staff explain clearly,,tu-dat
B1,2,p1,hl,0,1,{B1},Files come back in time,,tu-dat
"""
UNITS = """\
code,block,name_vi,name_en,aliases,valid_from,valid_to,successors
an-binh,xa,Xã An Bình,An Binh,,,,
hoa-thuan,xa,Phường Hòa Thuận,Hoa Thuan,,,,
long-my,xa,Xã Long Mỹ,Long My,,,,
"""
STUDY = """\
[study]
code = "thu"
label_vi = "Đợt thử"
label_en = "Trial"
instrument = "./instrument"

[fieldwork]
start = "2025-10-01"
end = "2025-11-30"

[minimum]
forms = 1

[[weights]]
group = "dan"
base = "equal"
finite = false
"""
HEADINGS = ("Mã phiếu", "Đơn vị", "Ngày trả lời", A1, A2, B1)
Content = str | bytes


def table(rows: Iterable[Sequence[object]], headings: Sequence[str] = HEADINGS, between: str = ",") -> str:
    """A CSV with these headings; cells that hold the delimiter, a quote or a line end are quoted."""
    return pd.DataFrame(list(rows), columns=list(headings)).to_csv(
        index=False, sep=between, lineterminator="\n"
    )


def trial(
    folder: Path,
    files: Mapping[str, Content] | None = None,
    returns: str | None = None,
    settings: str = "",
    rules: Mapping[str, str] = RULES,
    parts: Mapping[str, str] | None = None,
) -> Path:
    """Write a study into ``folder`` and return it.

    ``files``: name → content, beside ``study.toml``. ``returns``: the tables ``[[returns]]`` as TOML, by default one for each of
    ``files`` in its order. ``settings``: more TOML of ``study.toml``, put before the returns. ``rules``: rule → severity in the
    instrument. ``parts``: the instrument's ``tree``, ``items`` or ``units`` (CSV), ``fields`` or ``more`` (TOML) instead of the
    standard ones.
    """
    chosen = {"tree": TREE, "items": ITEMS, "units": UNITS, "more": "", "fields": FIELDS, **(parts or {})}
    declared = "".join(
        f'\n[[rules]]\nrule = "{name}"\nseverity = "{severity}"\nsource = "tu-dat"\n'
        for name, severity in rules.items()
    )
    written: dict[str, Content] = {
        "instrument/instrument.toml": INSTRUMENT + chosen["more"] + chosen["fields"] + declared,
        **{f"instrument/{name}.csv": chosen[name] for name in ("tree", "items", "units")},
        **(files or {}),
    }
    if returns is None:
        returns = "".join(f'\n[[returns]]\npath = "{name}"\nquestionnaire = "p1"\n' for name in files or {})
    written["study.toml"] = f"{STUDY}{settings}\n{returns}"
    (folder / "instrument").mkdir(parents=True, exist_ok=True)
    for name, content in written.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def forms(path: Path) -> dict[tuple[str, int], str]:
    """(file, row) → disposition of every row that stands for something."""
    screened = sv.load(path).screen()
    rows, disposition = screened.returns.rows, screened.screening.disposition
    return dict(
        zip(zip(rows["source_file"], rows["source_row"].tolist(), strict=True), disposition, strict=True)
    )


def reasons(path: Path, row: int) -> set[str]:
    """The rules that the evaluations of one row of the first file of returns met."""
    screened = sv.load(path).screen()
    at = (screened.returns.rows["source_row"] == row).to_numpy()
    found = screened.screening.reasons
    return set(found["rule"][at[found["row"].to_numpy()]])


def score_of(result: sv.Result, unit: str, node: str) -> float:
    """The score of a unit and node over its group; NaN where none is shown."""
    found = result.scores.query("unit_code == @unit and node_code == @node and group == 'dan'")
    return float(found["score"].item())


def told(path: Path, code: str) -> list[sv.Problem]:
    """The problems of one code that scoring tells, as errors or as warnings."""
    try:
        found: Iterable[sv.Problem] = sv.load(path).score().warnings
    except sv.SurveyError as error:
        found = error.problems
    return [problem for problem in found if problem.code == code]
