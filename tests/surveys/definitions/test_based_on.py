"""Editions that state only their differences: the same instrument as one written out in full, and every fault with its place."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

import questionnaires
from surveys.definitions.check import check
from surveys.definitions.instrument.inheritance import inherited
from surveys.definitions.instrument.inherited_rows import read_rows
from surveys.definitions.instrument.layers import read_layers
from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.instrument.records import Instrument
from surveys.definitions.instrument.written_out import own_files
from surveys.definitions.study.reading import load_study
from surveys.handover.manifest import input_files
from surveys.problems import LANGUAGES, Problems

HEADINGS = {
    "tree.csv": "code,parent,level,rule,measured_by,weight,max_points,low,high,groups,blocks,label_vi,label_en,source",
    "items.csv": (
        "code,node,questionnaires,scale,reverse,weight,minimum,maximum,asked_when,required,text_vi,text_en,aliases,source"
    ),
    "units.csv": "code,block,name_vi,name_en,kind,aliases,valid_from,valid_to,successors",
}
IDENTITY = """
[identity]
code = "nho"
edition = "2024"
based_on = "./goc"
label_vi = "Bộ công cụ nhỏ 2024"
label_en = "Small instrument 2024"
"""


@pytest.fixture
def edition(small: Path) -> Callable[..., Path]:
    """Writes an edition that is based on the small instrument, which then stands in its folder ``goc``; gives the study."""

    def write(differences: str = "", identity: str = IDENTITY, **rows: str) -> Path:
        folder = small / "instrument"
        if not (folder / "goc").exists():
            shutil.move(folder, small / "goc")
            folder.mkdir()
            shutil.move(small / "goc", folder / "goc")
        (folder / "instrument.toml").write_text(identity + differences, encoding="utf-8")
        for name, text in rows.items():
            file = f"{name}.csv"
            (folder / file).write_text(f"{HEADINGS[file]}\n{text}\n", encoding="utf-8")
        return small

    return write


def records(instrument: Instrument) -> Instrument:
    """All that an instrument says, wherever it stands."""
    return replace(instrument, folder="", based_on="")


def in_full(folder: Path, changes: Mapping[str, tuple[tuple[str, str], ...]]) -> Instrument:
    """The small instrument with its text edited by hand."""
    for name, edits in changes.items():
        text = (folder / name).read_text(encoding="utf-8")
        for old, new in edits:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        (folder / name).write_text(text, encoding="utf-8")
    return load_instrument(folder)


def test_an_edition_of_differences_is_the_one_written_out_in_full(
    edition: Callable[..., Path], tmp_path: Path
) -> None:
    study = edition(
        """
[without]
nodes = ["4"]
items = ["1b"]
units = ["me-linh"]
fields = ["own_unit"]
rules = ["double_entry"]

[scoring]
ladder = "steep"

[[questionnaires]]
code = "huyen-1"
own_unit = ""
matrix = false

[[groups]]
code = "heads"
label_vi = "Trưởng phòng"
label_en = "Heads"

[[questionnaires]]
code = "huyen-2"
block = "huyen"
group = "heads"
label_vi = "Mẫu 2"
label_en = "Form 2"

[scales.agree]
label_en = "How far one agrees"

[[rules]]
rule = "too_few_answers"
minimum_share = 0.5

[[rules]]
rule = "straight_line"
severity = "flag"
questionnaires = ["huyen-5"]
source = "plan"
""",
        tree="1,0,criterion,mean,survey,1,2,,,deputies:1;citizens:2;heads:1,,Chất lượng văn bản,Quality of documents,plan\n"
        "1-new,0,criterion,,external,1,0.25,,,citizens,,Ngoài,External,plan\n"
        "3,0,criterion,,external,1,0.25,,,citizens,,Chỉ số hài lòng,Satisfaction index,plan",
        items="1c,1,huyen-2,agree,0,1,,,,0,Văn bản kịp thời,Documents are in time,,plan",
        units="dong-da,huyen,Quận Đống Đa,Dong Da district,quan,Đống Đa,,2025-06-30,\n"
        "soc-son,huyen,Huyện Sóc Sơn,Soc Son,huyen,,,,",
    )
    full = shutil.copytree(study / "instrument" / "goc", tmp_path / "full")
    wanted = in_full(
        full,
        {
            "instrument.toml": (
                ('edition = "2023"', 'edition = "2024"'),
                ("Bộ công cụ nhỏ", "Bộ công cụ nhỏ 2024"),
                ("Small instrument", "Small instrument 2024"),
                ('ladder = "quarters"', 'ladder = "steep"'),
                ('own_unit = "own_unit"\n', ""),
                ("matrix = true", "matrix = false"),
                ('[[questionnaires]]\ncode = "huyen-1"', '[[groups]]\ncode = "heads"\nlabel_vi = "Trưởng phòng"\n'
                 'label_en = "Heads"\n\n[[questionnaires]]\ncode = "huyen-1"'),
                ("[[unit_groups]]\ncode = \"upper\"", '[[questionnaires]]\ncode = "huyen-2"\nblock = "huyen"\ngroup = "heads"\n'
                 'label_vi = "Mẫu 2"\nlabel_en = "Form 2"\n\n[[unit_groups]]\ncode = "upper"'),
                ('label_en = "Agreement"', 'label_en = "How far one agrees"'),
                ('[[fields]]\ncode = "own_unit"\nrole = "own_unit"\nheaders = ["Đơn vị công tác"]\n'
                 'label_vi = "Đơn vị công tác"\nlabel_en = "Own unit"\n', ""),
                ("minimum_share = 0.6", "minimum_share = 0.5"),
                ('[[rules]]\nrule = "double_entry"\nseverity = "off"\nsource = "plan"\n', ""),
                ('rule = "straight_line"\nseverity = "off"\nsource = "plan"\n', 'rule = "straight_line"\nseverity = "off"\n'
                 'source = "plan"\n\n[[rules]]\nrule = "straight_line"\nseverity = "flag"\nquestionnaires = ["huyen-5"]\n'
                 'source = "plan"\n'),
            ),
            "tree.csv": (
                ("survey,1,1,,,deputies:1;citizens:2,,Chất lượng,Quality,", "survey,1,2,,,deputies:1;citizens:2;heads:1,,"
                 "Chất lượng văn bản,Quality of documents,"),
                ("external,1,0.5,", "external,1,0.25,"),
                ("4,0,criterion,,assessment,1,1,,,,,Thẩm định,Assessed,plan", "1-new,0,criterion,,external,1,0.25,,,citizens,,"
                 "Ngoài,External,plan"),
            ),
            "items.csv": (
                ("1b,1,huyen-1,agree,1,1,,,,0,Có nhũng nhiễu,There is harassment,Nhũng nhiễu,plan",
                 "1c,1,huyen-2,agree,0,1,,,,0,Văn bản kịp thời,Documents are in time,,plan"),
            ),
            "units.csv": (
                ("Dong Da,", "Dong Da district,"),
                ("me-linh,huyen,Huyện Mê Linh,Me Linh,huyen,Mê Linh,,2025-06-30,",
                 "soc-son,huyen,Huyện Sóc Sơn,Soc Son,huyen,,,,"),
            ),
        },
    )  # fmt: skip
    found = load_instrument(study / "instrument")
    assert found.based_on == "./goc"
    assert records(found) == records(wanted)
    assert [problem.code for problem in check(study / "instrument")] == ["incomplete.rules"]


def test_what_cannot_be_without_it_goes_too(edition: Callable[..., Path]) -> None:
    """With the group its form, the item that no other form asks, its weight at the node and the rule that was for its form only;
    with a node its items."""
    study = edition(
        'total_points = 2.5\n[without]\ngroups = ["deputies"]\nnodes = ["2"]\n',
        tree="0,,unit,sum,total,1,2.5,,,,,Tổng điểm,Total,plan",
    )
    base = study / "instrument/goc/instrument.toml"
    only_for = '\n[[rules]]\nrule = "too_fast"\nseverity = "flag"\nsource = "plan"\nquestionnaires = '
    base.write_text(f'{base.read_text(encoding="utf-8")}{only_for}["huyen-1"]\n', encoding="utf-8")
    found = load_instrument(study / "instrument")
    assert [form.code for form in found.questionnaires] == ["huyen-5"]
    assert [(item.code, item.questionnaires) for item in found.items] == [
        ("1a", ("huyen-5",)),
        ("S0", ("huyen-5",)),
    ]
    assert [node.code for node in found.nodes] == ["0", "1", "3", "4"]
    assert found.node["1"].groups == (("citizens", 2.0),)
    assert "too_fast" not in {rule.rule for rule in found.rules}


def test_with_a_block_go_its_forms_its_units_and_what_is_only_for_it(edition: Callable[..., Path]) -> None:
    """Node 2 was for districts only; the new node of this code stands in its place."""
    study = edition(
        """
[without]
blocks = ["huyen"]
nodes = ["4"]

[[blocks]]
code = "xa"
label_vi = "Xã, phường"
label_en = "Communes"

[[questionnaires]]
code = "xa-5"
block = "xa"
group = "citizens"
label_vi = "Mẫu xã"
label_en = "Form of communes"
""",
        tree="0,,unit,sum,total,1,1.75,,,,,Tổng điểm,Total,plan\n"
        "1,0,criterion,mean,survey,1,1,,,citizens,,Chất lượng,Quality,plan\n"
        "2,0,criterion,,external,1,0.25,,,citizens,xa,Dịch vụ,Service,plan",
        items="1x,1,xa-5,agree,0,1,,,,0,Văn bản phù hợp với xã,Documents suit the commune,,plan",
        units="ba-dinh,xa,Phường Ba Đình,Ba Dinh ward,phuong,,2025-07-01,,",
        identity=f"{IDENTITY}total_points = 1.75\n",
    )
    found = load_instrument(study / "instrument")
    assert [(unit.block, unit.code) for unit in found.units] == [("xa", "ba-dinh")]
    assert [form.code for form in found.questionnaires] == ["xa-5"]
    assert [node.code for node in found.nodes] == ["0", "1", "2", "3"]
    assert [item.code for item in found.items] == ["1x"]


def test_new_nodes_stand_behind_their_siblings_and_moved_ones_with_what_is_below_them(
    edition: Callable[..., Path],
) -> None:
    study = edition(
        tree="1a,2,criterion,mean,survey,1,1,,,deputies:1;citizens:2,,Chất lượng,Quality,plan\n"
        "5,0,criterion,sum,total,1,0,,,,,Mới,New,plan\n"
        "5.1,5,criterion,,external,1,0,,,citizens,,Mới nữa,New too,plan\n"
        "1b,1,criterion,,external,1,0,,,citizens,,Mới ở 1,New below 1,plan\n"
        "2,3,criterion,weighted,survey,1,1.5,,,citizens,huyen,Dịch vụ,Service,plan",
    )
    assert _rows(study, "tree.csv") == ["0", "1", "1b", "3", "2", "1a", "4", "5", "5.1"]


def test_a_new_filter_stands_before_the_items_that_hang_on_it(edition: Callable[..., Path]) -> None:
    study = edition(
        items="2a,2,huyen-5,agree,0,1,,,S1=yes,0,Dịch vụ tốt,Service is good,,plan\n"
        "S1,,huyen-5,used,0,1,,,S2=yes,0,Có dùng trong năm không,Was it used this year,,plan\n"
        "S2,,huyen-5,used,0,1,,,,0,Có biết dịch vụ không,Is the service known,,plan",
    )
    assert _rows(study, "items.csv") == ["1a", "1b", "S0", "S2", "S1", "2a"]
    assert [p.text("en") for p in check(study / "instrument")] == []


def test_rows_that_are_taken_away_by_name_and_given_again_stand_in_their_new_order(
    edition: Callable[..., Path],
) -> None:
    study = edition(
        '[without]\nitems = ["1a", "1b", "S0", "2a"]\n',
        items="S0,,huyen-5,used,0,1,,,,1,Có dùng dịch vụ không,Was a service used,,plan\n"
        "2a,2,huyen-5,agree,0,1,,,S0=yes,0,Dịch vụ tốt,Service is good,,plan\n"
        "1b,1,huyen-1,agree,1,1,,,,0,Có nhũng nhiễu,There is harassment,Nhũng nhiễu,plan\n"
        "1a,1,huyen-1;huyen-5,agree,0,1,,,,0,Văn bản phù hợp,Documents are suitable,,plan",
    )
    assert _rows(study, "items.csv") == ["S0", "2a", "1b", "1a"]
    assert [p.text("en") for p in check(study / "instrument")] == []


def _rows(study: Path, name: str) -> list[str]:
    """The first cells of a table of the edition, in the order in which it is read."""
    edition = inherited(read_layers(study / "instrument", Problems()))
    return [row["code"] for row in read_rows(edition, name).rows]


FAULTS: tuple[tuple[str, dict[str, str], str, tuple[str, str, int | None, str, dict[str, str]]], ...] = (
    ("a node that is not there", {"differences": '[without]\nnodes = ["4.1"]'}, "",
     ("edition.nothing_to_take", "instrument.toml", None, "without.nodes", {"value": "4.1", "accepted": "0, 1, 2, 3, 4"})),
    ("a unit that is not there", {"differences": '[without]\nunits = ["xa/ba-dinh"]'}, "",
     ("edition.nothing_to_take", "instrument.toml", None, "without.units", {"value": "xa/ba-dinh", "nearest": "ba-dinh"})),
    ("a rule that is not there", {"differences": '[without]\nrules = ["too_fats"]'}, "",
     ("edition.nothing_to_take", "instrument.toml", None, "without.rules", {"value": "too_fats"})),
    ("a kind that is not there", {"differences": '[without]\nnode = ["4"]'}, "",
     ("record.unknown_key", "instrument.toml", None, "without.node", {"nearest": "nodes"})),
    ("a base that does not exist", {"identity": IDENTITY.replace("./goc", "nho/2022")}, "",
     ("instrument.unknown", "instrument.toml", None, "identity.based_on", {"value": "nho/2022"})),
    ("a base outside the folder", {"identity": IDENTITY.replace("./goc", "../goc")}, "",
     ("file.outside", "instrument.toml", None, "identity.based_on", {"path": "../goc"})),
    ("itself", {"identity": IDENTITY.replace("./goc", ".")}, "",
     ("edition.circle", "instrument.toml", None, "identity.based_on", {"value": "."})),
    ("nothing to take from", {"identity": IDENTITY.replace('based_on = "./goc"\n', ""),
                              "differences": '[without]\nnodes = ["4"]'}, "",
     ("edition.without_base", "instrument.toml", None, "without", {})),
    ("a table that says the same", {"differences": '[scales.agree]\nlabel_vi = "Đồng ý"\nlabel_en = "Agreement"'}, "warning",
     ("edition.no_difference", "instrument.toml", None, "scales.agree", {})),
    ("a table that says nothing", {"differences": '[[fields]]\ncode = "sex"'}, "warning",
     ("edition.no_difference", "instrument.toml", None, "fields[1]", {})),
    ("a row that says the same", {"units": "dong-da,huyen,Quận Đống Đa,Dong Da,quan,Đống Đa,,2025-06-30,"}, "warning",
     ("edition.no_difference", "units.csv", 2, "", {})),
    ("an entry given twice", {"differences": '[[blocks]]\ncode = "huyen"\nlabel_vi = "Huyện"\n' * 2}, "",
     ("record.duplicate", "instrument.toml", None, "blocks[2].code", {"value": "huyen"})),
    ("a key of its own", {"differences": '[[questionnaires]]\ncode = "huyen-1"\nblock = "xa"'}, "",
     ("reference.block", "instrument.toml", None, "questionnaires[1].block", {"value": "xa"})),
    ("a key of the base", {"differences": '[without]\nfields = ["own_unit"]\n[[questionnaires]]\ncode = "huyen-1"\n'
                           'label_vi = "Mẫu số 1"'}, "",
     ("reference.own_unit", "goc/instrument.toml", None, "questionnaires[1].own_unit", {"value": "own_unit"})),
    ("a level of its own", {"differences": '[scales.agree]\nlevels = [{ code = "1" }]'}, "",
     ("record.missing", "instrument.toml", None, "scales.agree.levels[1].values", {})),
    ("a row of the base", {"differences": '[without]\nitems = ["S0"]'}, "",
     ("reference.item", "goc/items.csv", 5, "asked_when", {"value": "S0"})),
    ("a section of the base", {"base": "[scorings]\nladder = 'steep'\n"}, "",
     ("record.unknown_key", "goc/instrument.toml", None, "scorings", {"nearest": "scoring"})),
    ("no table of tables", {"differences": "[groups]\ncode = 'heads'\n"}, "",
     ("record.not_tables", "instrument.toml", None, "groups", {})),
)  # fmt: skip


@pytest.mark.parametrize(
    ("files", "severity", "told"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS]
)
def test_a_fault_is_told_where_it_stands(
    edition: Callable[..., Path],
    files: dict[str, str],
    severity: str,
    told: tuple[str, str, int | None, str, dict[str, str]],
) -> None:
    study = edition(**{name: text for name, text in files.items() if name != "base"})
    path = study / "instrument/goc/instrument.toml"
    path.write_text(path.read_text(encoding="utf-8") + files.get("base", ""), encoding="utf-8")
    code, file, row, column, params = told
    found = [
        p
        for p in check(study / "instrument")
        if (p.code, p.file, p.row, p.column) == (code, file, row, column)
    ]
    assert [p.severity for p in found] == [severity or "error"], [
        p.text("en") for p in check(study / "instrument")
    ]
    assert params.items() <= dict(found[0].params).items()
    assert all(found[0].text(language) for language in LANGUAGES)


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ("", "without = 3\n"), ("", "without = [{}]\n"), ("", "[without]\nnodes = 3\n"), ("", "[without]\nitems = [[1]]\n"),
        ("", "scales = 3\n"), ("", "[scales]\nagree = 3\n"), ("", "rules = [3]\n"), ("", "[[rules]]\nrule = [1]\n"),
        ("", "[[rules]]\nrule = 'too_fast'\nquestionnaires = 'huyen-1'\n"), ("", "[[groups]]\ncode = { a = 1 }\n"),
        ("goc", "[[questionnaires]]\ncode = []\nblock = []\ngroup = {}\n"),
        ("goc", "[[rules]]\nrule = 'too_fast'\nseverity = 'flag'\nquestionnaires = [[], {}]\n"),
    ],
)  # fmt: skip
def test_values_of_other_types_are_faults(edition: Callable[..., Path], where: str, text: str) -> None:
    study = edition('[without]\ngroups = ["deputies"]\n' if where else text)
    if where:
        path = study / "instrument/goc/instrument.toml"
        path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    assert [p for p in check(study / "instrument") if p.severity == "error"]


def test_in_a_study_the_files_are_named_as_they_lie_there(edition: Callable[..., Path]) -> None:
    study = edition(
        '[without]\nitems = ["S0"]\nfields = ["village"]\n[[blocks]]\ncode = "huyen"\nlabel_en = ""\n'
    )
    found = {(p.code, p.file) for p in check(study)}
    assert found >= {
        ("reference.item", "instrument/goc/items.csv"),
        ("incomplete.label_en", "instrument/instrument.toml"),
    }


def test_a_table_of_differences_has_every_column_of_the_base(edition: Callable[..., Path]) -> None:
    study = edition()
    rows = "code,parent,level,rule,label_vi,label_en\n4,0,criterion,,Thẩm định lại,Assessed again\n"
    (study / "instrument/tree.csv").write_text(rows, encoding="utf-8")
    told = [(p.code, p.file, p.row, p.column) for p in check(study / "instrument") if p.severity == "error"]
    assert ("table.missing_column", "tree.csv", 1, "max_points") in told


def test_editions_are_based_on_one_another_as_often_as_wanted(edition: Callable[..., Path]) -> None:
    study = edition('[[groups]]\ncode = "citizens"\nlabel_en = "People"\n')
    folder = study / "instrument"
    (folder / "2023").mkdir()
    for path in (folder / "instrument.toml", folder / "goc"):
        shutil.move(path, folder / "2023" / path.name)
    third = IDENTITY.replace("./goc", "./2023").replace('"2024"', '"2025"')
    (folder / "instrument.toml").write_text(f"{third}[without]\nunits = ['me-linh']\n", encoding="utf-8")
    found = load_instrument(folder)
    assert (found.name, [unit.code for unit in found.units]) == ("nho/2025", ["ba-dinh", "dong-da"])
    assert [group.label_en for group in found.groups] == ["Deputies", "People"]
    assert [p.file for p in check(folder)] == []


def test_it_is_handed_on_written_out_in_full(edition: Callable[..., Path], tmp_path: Path) -> None:
    """So that a folder of results or a copy can be read where the base is another or is not there."""
    study = edition(
        '[[fields]]\ncode = "sex"\nheaders = ["Giới tính", "Giới"]\n',
        units="soc-son,huyen,Huyện Sóc Sơn,,,,,,",
    )
    instrument = load_instrument(study / "instrument")
    (tmp_path / "again").mkdir()
    for name, content in own_files(instrument).items():
        (tmp_path / "again" / name).write_bytes(content)
    again = load_instrument(tmp_path / "again")
    assert again.based_on == ""
    assert records(again) == records(instrument)


def test_the_files_of_the_base_are_inputs_of_a_round(edition: Callable[..., Path], small: Path) -> None:
    edition(identity=IDENTITY.replace("./goc", "ha-noi/2023"))
    study = small / "study.toml"
    text = study.read_text(encoding="utf-8")
    study.write_text(text[: text.index("[files]")] + "[units]\n", encoding="utf-8")
    named = input_files(load_study(study))
    shelf = Path(questionnaires.__file__).parent / "ha-noi" / "2023"
    assert {"instrument/instrument.toml", "study.toml"} <= set(named)
    for file in ("instrument.toml", "tree.csv", "items.csv", "units.csv"):
        assert named[f"based-on/ha-noi/2023/{file}"].read_bytes() == (shelf / file).read_bytes()
