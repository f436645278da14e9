"""A study of five communes with two groups, the second of which rates every commune."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from surveys.definitions.study.reading import FILES, load_study
from surveys.definitions.study.records import StudyDefinition

#: Populations of five units.
PEOPLE = {"a": 500, "b": 1000, "c": 2000, "d": 5000, "e": 10_000}
INSTRUMENT = """
[identity]
code = "nho"
edition = "1"
label_vi = "Nhỏ"
label_en = "Small"

[[blocks]]
code = "xa"
label_vi = "Xã"
label_en = "Communes"

[[groups]]
code = "dan"
label_vi = "Người dân"
label_en = "Citizens"

[[groups]]
code = "can-bo"
label_vi = "Cán bộ"
label_en = "Staff"

[[questionnaires]]
code = "xa-1"
block = "xa"
group = "dan"
label_vi = "Phiếu người dân"
label_en = "Citizens"

[[questionnaires]]
code = "xa-2"
block = "xa"
group = "can-bo"
label_vi = "Phiếu cán bộ"
label_en = "Staff"
matrix = true

[scales.five]
[[scales.five.levels]]
code = "1"
values = [0.0]
label_vi = "Không"
label_en = "No"
[[scales.five.levels]]
code = "2"
values = [1.0]
label_vi = "Có"
label_en = "Yes"
satisfied = true

[[fields]]
code = "ma"
role = "form_code"
headers = ["Mã phiếu"]

[[fields]]
code = "xa"
role = "unit"
headers = ["Xã"]
"""
TREE = (
    "code,parent,level,rule,label_vi,label_en,measured_by,groups\n"
    "0,,index,mean,Chỉ số,Index,survey,dan:1;can-bo:1\n"
)
ITEMS = "code,node,scale,questionnaires,text_vi,text_en\nq1,0,five,xa-1;xa-2,Hài lòng?,Satisfied?\n"


@pytest.fixture
def study(tmp_path: Path) -> Callable[..., StudyDefinition]:
    """A study with the given sections, frames and further files."""

    numbers = count()

    def made(sections: str, frames: str = "", **files: str) -> StudyDefinition:
        folder = tmp_path / f"study-{next(numbers)}"
        (folder / "instrument").mkdir(parents=True)
        texts = {"instrument.toml": INSTRUMENT, "tree.csv": TREE, "items.csv": ITEMS}
        texts["units.csv"] = "code,block,name_vi\n" + "".join(f"{u},xa,Xã {u}\n" for u in PEOPLE)
        for name, text in texts.items():
            (folder / "instrument" / name).write_text(text, encoding="utf-8")
        if not frames:
            frames = "xa,,can-bo,60\n" + "".join(f"xa,{u},dan,{n}\n" for u, n in PEOPLE.items())
        (folder / "frames.csv").write_text(f"block,unit,group,population\n{frames}", encoding="utf-8")
        for name, text in files.items():
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        named = "".join(f'{name} = "{name}.csv"\n' for name in files if name in FILES)
        heading = '[study]\ncode = "thu"\ninstrument = "./instrument"\n\n[files]\nframes = "frames.csv"\n'
        (folder / "study.toml").write_text(heading + named + "\n" + sections, encoding="utf-8")
        return load_study(folder)

    return made
