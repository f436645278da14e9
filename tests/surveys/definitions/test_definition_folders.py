"""Instruments and studies as folders: loading, editions, what a study takes from its instrument."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from surveys.definitions.check import check
from surveys.definitions.declared_rules import with_standing
from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.instrument.records import Item, Node
from surveys.definitions.instrument.shelf import shipped
from surveys.definitions.study.reading import load_study
from surveys.problems import SurveyError
from surveys.vocabulary.validity_rules import VALIDITY_RULES

Edit = Callable[[str, str, str], None]


def codes(path: Path | str) -> list[str]:
    return [problem.code for problem in check(path)]


def test_instrument_holds_what_its_files_say(small: Path) -> None:
    instrument = load_instrument(small / "instrument")
    assert (instrument.name, instrument.total_points) == ("nho/2023", 4)
    assert instrument.node["1"] == Node(
        "1", "0", "criterion", "mean", "Chất lượng", "Quality", "survey", 1.0, 1.0,
        groups=(("deputies", 1.0), ("citizens", 2.0)), source="plan",
    )  # fmt: skip
    assert instrument.item["2a"] == Item(
        "2a",
        "2",
        "agree",
        ("huyen-5",),
        "Dịch vụ tốt",
        "Service is good",
        asked_when=("S0", ("yes",)),
        source="plan",
    )
    assert instrument.scale["agree"].values("steep") == (0.0, 0.2, 1.0)
    assert [level.satisfied for level in instrument.scale["agree"].levels] == [False, False, True]
    assert instrument.scale["used"].values() == (0.0, 0.0)
    assert [node.code for node in instrument.children["0"]] == ["1", "2", "3", "4"]
    assert dict(instrument.fields[2].categories) == {"male": ("Nam", "1"), "female": ("Nữ", "2")}
    assert dict(instrument.rules[1].params) == {"minimum_share": 0.6}
    assert instrument.unit["huyen", "ba-dinh"].aliases == ("Ba Đình",)
    assert load_instrument(small / "instrument" / "instrument.toml") == instrument


def test_study_holds_what_its_files_say(small: Path) -> None:
    study = load_study(small / "study.toml")
    assert study.instrument.name == "nho/2023"
    assert [unit.code for unit in study.assessed_units("huyen")] == ["ba-dinh", "dong-da"]
    assert [(rule.rule, rule.severity) for rule in study.rules] == [
        ("too_few_answers", "reject"),
        ("straight_line", "flag"),
        *((rule.name, rule.standing) for rule in VALIDITY_RULES.values() if rule.standing),
    ]
    assert [frame.population for frame in study.frames] == [95, 1200, 800]
    assert (study.externals[0].n, study.externals[0].se) == (300, None)
    assert study.returns[1].columns == (("sex", "Giới"),)
    assert (study.minimum.of("deputies"), study.minimum.of("citizens")) == (3, 5)
    assert study.unit_decisions[1].unit_code == ""
    there = {p.relative_to(small).as_posix() for p in small.rglob("*") if p.is_file()}
    assert set(study.files) == there - {study.lists[0].path}  # which decides no score, and may name people


def test_dates_may_stand_without_quotation_marks(small: Path, edit: Edit) -> None:
    edit("study.toml", '"2023-10-01"', "2023-10-01")
    assert load_study(small).fieldwork.start == "2023-10-01"


def test_units_with_an_estimate_from_elsewhere_need_no_population(small: Path, edit: Edit) -> None:
    """A study may read the returns of citizens in one unit and take the published estimate in another."""
    for old, new in (("male,900", "male,500"), ("female,1100", "female,700")):
        edit("margins.csv", f"huyen,citizens,,sex,{old}", f"huyen,citizens,ba-dinh,sex,{new}")
    edit("frames.csv", "huyen,dong-da,citizens,800\n", "")
    assert codes(small) == ["frames.gap"]
    edit("externals.csv", "huyen,dong-da,3,", "huyen,dong-da,2,")
    assert check(small) == ()


def test_folder_and_file_name_the_same_study(small: Path) -> None:
    assert load_study(small) == load_study(small / "study.toml")


def test_loading_raises_every_error_at_once(small: Path, edit: Edit) -> None:
    edit("instrument/tree.csv", "external,1,0.5", "external,-1,0.5")
    edit("instrument/units.csv", "huyen,Quận Đống Đa", "quan,Quận Đống Đa")
    with pytest.raises(SurveyError) as caught:
        load_instrument(small / "instrument")
    assert {problem.code for problem in caught.value.problems} >= {"record.negative", "reference.block"}


def test_incomplete_edition_loads_and_is_named_by_the_check(small: Path, edit: Edit) -> None:
    edit("instrument/instrument.toml", 'label_en = "Neutral"', 'label_en = ""')
    assert load_instrument(small / "instrument").scale["agree"].levels[1].label_en == ""
    (found,) = check(small / "instrument")
    assert (found.code, found.severity) == ("incomplete.label_en", "warning")


def test_missing_files_of_an_instrument(small: Path) -> None:
    for name in ("tree.csv", "items.csv"):
        (small / "instrument" / name).unlink()
    found = [p for p in check(small / "instrument") if p.code == "instrument.file_missing"]
    assert [p.file for p in found] == ["tree.csv", "items.csv"]


def test_units_may_come_with_the_study(small: Path, edit: Edit) -> None:
    shutil.move(small / "instrument" / "units.csv", small / "register.csv")
    assert codes(small / "instrument") == ["incomplete.units"]
    edit("study.toml", "[[units.exclusions]]", '[units]\nfile = "register.csv"\n\n[[units.exclusions]]')
    assert codes(small) == ["incomplete.units"]
    assert [unit.code for unit in load_study(small).units] == ["ba-dinh", "dong-da", "me-linh"]


def test_a_register_that_is_not_there(small: Path, edit: Edit) -> None:
    edit("study.toml", "[[units.exclusions]]", '[units]\nfile = "register.csv"\n\n[[units.exclusions]]')
    (missing,) = check(small)
    assert (missing.code, missing.column) == ("study.file_missing", "units.file")
    assert dict(missing.params)["value"] == "register.csv"


def test_faults_of_the_register_a_study_brings(small: Path, edit: Edit) -> None:
    shutil.copy(small / "instrument" / "units.csv", small / "register.csv")
    edit("study.toml", "[[units.exclusions]]", '[units]\nfile = "register.csv"\n\n[[units.exclusions]]')
    edit("register.csv", "me-linh,huyen,Huyện Mê Linh", "dong-da,huyen,Huyện Mê Linh")
    edit("register.csv", "ba-dinh,huyen", "ba-dinh,quan")
    assert set(codes(small)) == {
        "record.duplicate",
        "reference.block",
        "reference.unit",
        "assessments.no_self",
    }


def test_study_without_sources_of_data_is_incomplete_only(small: Path) -> None:
    (small / "study.toml").write_text(
        '[study]\ncode = "x"\nlabel_vi = "x"\nlabel_en = "x"\ninstrument = "ha-noi/2023"\n', encoding="utf-8"
    )
    assert codes(small) == [
        "incomplete.returns",
        "incomplete.issued",
        "incomplete.fieldwork",
        "incomplete.publication",
    ]
    declared = load_instrument("ha-noi/2023")
    assert load_study(small).rules == with_standing(declared.rules, declared.questionnaire)


def test_instrument_without_sources(small: Path, edit: Edit) -> None:
    edit(
        "instrument/instrument.toml",
        '[[sources]]\ncode = "plan"\ndocument = "KH 243/KH-UBND 2023"\nstatus = "stated"',
        "",
    )
    assert "incomplete.sources" in codes(small / "instrument")


@pytest.mark.parametrize("name", ["not-there", "ha-noi/2022", "", "x" * 5000, "a\0b"])
def test_neither_an_instrument_nor_a_study(small: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(small / "returns")
    assert codes(name) == ["check.nothing_here"]
    with pytest.raises(SurveyError) as caught:
        load_instrument(name)
    assert [problem.code for problem in caught.value.problems] == ["instrument.unknown"]


def test_a_missing_instrument_file_is_named(small: Path) -> None:
    assert codes(small / "returns" / "instrument.toml") == ["file.missing"]


def test_a_study_beside_its_instrument_is_checked_with_it(small: Path, edit: Edit) -> None:
    for path in (small / "instrument").iterdir():
        shutil.move(path, small / path.name)
    edit("study.toml", '"./instrument"', '"./"')
    edit("study.toml", "Asia/Ho_Chi_Minh", "Asia/Hue")
    edit("tree.csv", "external,1,0.5", "external,-1,0.5")
    assert {(p.code, p.file) for p in check(small) if p.severity == "error"} == {
        ("study.timezone", "study.toml"),
        ("record.negative", "tree.csv"),
    }


def test_linked_file_outside_the_instrument_is_refused(small: Path, tmp_path: Path) -> None:
    shutil.move(small / "instrument" / "tree.csv", tmp_path / "tree.csv")
    (small / "instrument" / "tree.csv").symlink_to(tmp_path / "tree.csv")
    assert "file.outside" in codes(small / "instrument")


def test_shipped_names_are_sorted_and_each_loads() -> None:
    assert list(shipped()) == sorted(shipped())
    assert "ha-noi/2023" in shipped()
    for name in shipped():
        assert load_instrument(name).name == name


@pytest.mark.parametrize("name", shipped())
def test_shipped_editions_are_complete(name: str) -> None:
    """Units of an edition may come with the study; everything else has to be there."""
    assert {problem.code for problem in check(name)} <= {"incomplete.units"}


def test_a_new_edition_with_communes_is_files_only(small: Path, edit: Edit, tmp_path: Path) -> None:
    """From 1 July 2025 communes take the place of districts: another folder, no Python."""
    folder = tmp_path / "2025"
    shutil.copytree(small / "instrument", folder)
    toml = (folder / "instrument.toml").read_text(encoding="utf-8")
    (folder / "instrument.toml").write_text(
        toml.replace('edition = "2023"', 'edition = "2025"')
        .replace('"huyen"', '"xa"')
        .replace('"huyen-1"', '"xa-1"')
        .replace('"huyen-5"', '"xa-5"')
        .replace("Khối huyện", "Khối xã, phường")
        .replace('"Districts"', '"Communes"'),
        encoding="utf-8",
    )
    for name in ("tree.csv", "items.csv"):
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_text(text.replace("huyen", "xa"), encoding="utf-8")
    (folder / "units.csv").write_text(
        "code,block,name_vi,name_en,kind,aliases,valid_from,valid_to,successors\n"
        "phuong-ba-dinh,xa,Phường Ba Đình,Ba Dinh ward,phuong,,2025-07-01,,\n"
        "phuong-hoan-kiem,xa,Phường Hoàn Kiếm,Hoan Kiem ward,phuong,,2025-07-01,,\n",
        encoding="utf-8",
    )
    assert check(folder) == ()
    instrument = load_instrument(folder)
    assert instrument.name == "nho/2025"
    assert [unit.name_vi for unit in instrument.units_of("xa")] == ["Phường Ba Đình", "Phường Hoàn Kiếm"]
    assert {form.block for form in instrument.questionnaires} == {"xa"}


ADJUDICATION = (
    "form,field,first,second,final,who\nC1,sex,male,female,male,NVA\nC1,{field},1,2,{final},{who}\n"
)


def with_adjudication(small: Path, edit: Edit, **cells: str) -> None:
    edit("study.toml", "[files]", '[files]\nadjudication = "adjudication.csv"')
    (small / "adjudication.csv").write_text(ADJUDICATION.format(**cells), encoding="utf-8-sig")


def test_decisions_on_double_entry_are_read(small: Path, edit: Edit) -> None:
    item = load_study(small).instrument.items[0].code
    with_adjudication(small, edit, field=item, final="", who="")
    study = load_study(small)
    assert [(a.form, a.field, a.final, a.who) for a in study.adjudication] == [
        ("C1", "sex", "male", "NVA"),
        ("C1", item, "", ""),
    ]
    assert "adjudication.csv" in study.files


@pytest.mark.parametrize(
    ("cells", "code", "column"),
    [
        ({"field": "q99", "final": "", "who": ""}, "reference.field", "field"),
        ({"field": "unit", "final": "ba-dinh", "who": ""}, "record.missing", "who"),
        ({"field": "sex", "final": "", "who": ""}, "record.duplicate", "field"),
    ],
)
def test_faults_of_decisions_on_double_entry(
    small: Path, edit: Edit, cells: dict[str, str], code: str, column: str
) -> None:
    with_adjudication(small, edit, **cells)
    (found,) = check(small)
    assert (found.code, found.file, found.row, found.column) == (code, "adjudication.csv", 3, column)
