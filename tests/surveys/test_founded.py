"""Studies that begin from editions, forms and answers: what is theirs, what is told, and that nothing wrong is written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import surveys as sv
from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.instrument.shelf import shipped
from surveys.fieldwork.new_edition.starting_set import starting_set
from surveys.fieldwork.new_edition.study_tables import new_study_text

ROOT = Path(__file__).parents[2]
FIRST = ROOT / "data-sample/first-survey"
ANSWERS = {"name": "Khảo sát 2026", "units": ["Xã A", "Xã B"], "questions": ["Đúng hẹn", "Dễ hiểu"]}


def errors(study: Path) -> list[str]:
    return [problem.code for problem in sv.check(study) if problem.severity == "error"]


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def codes(refused: pytest.ExceptionInfo[sv.SurveyError]) -> set[str]:
    return {problem.code for problem in refused.value.problems}


@pytest.mark.long
@pytest.mark.parametrize("name", shipped())
def test_a_study_of_every_shipped_edition_can_be_checked(name: str, tmp_path: Path) -> None:
    edition = load_instrument(name)
    for taken in ("", "copy", "differences"):
        study = tmp_path / (taken or "named")
        sv.new(study, name, answers={"start": "1/10/2026", "end": "30/10/2026"}, taken=taken)
        assert errors(study) == []
        instrument = sv.load(study).instrument
        own = {"code": edition.code, "edition": instrument.edition, "based_on": "", "folder": ""}
        expected = replace(edition, **own, comparable_with=())  # type: ignore[arg-type]
        assert replace(instrument, **own, comparable_with=()) == expected  # type: ignore[arg-type]
    assert files(tmp_path / "named") == ["study.toml"]
    assert files(tmp_path / "differences") == ["instrument/instrument.toml", "study.toml"]


def test_an_edition_of_a_folder_is_copied_or_stands_within_its_differences(tmp_path: Path) -> None:
    edition = load_instrument(FIRST / "instrument")
    sv.new(tmp_path / "copy", FIRST / "instrument")
    assert sv.load(tmp_path / "copy").instrument.items == edition.items
    made = sv.new(
        tmp_path / "own",
        FIRST / "instrument",
        answers={"edition": "2027", "name": "Năm sau"},
        taken="differences",
    )
    found = sv.load(tmp_path / "own").instrument
    assert (found.name, found.based_on, found.label_vi) == ("sau-xa/2027", "./goc", "Năm sau")
    assert (found.items, found.nodes, found.rules) == (edition.items, edition.nodes, edition.rules)
    assert made.instrument.name == "sau-xa/2027"
    assert errors(tmp_path / "own") == []


def test_units_of_a_file_take_the_place_of_the_register(tmp_path: Path) -> None:
    names = tmp_path / "xa.csv"
    names.write_text("Xã Phú Mỹ\nXã Yên Sơn\n", "utf-8")
    sv.new(tmp_path / "study", FIRST / "instrument", units=names)
    units = sv.load(tmp_path / "study").definition.units
    assert [(unit.code, unit.block) for unit in units] == [("xa-phu-my", "xa"), ("xa-yen-son", "xa")]

    register = tmp_path / "units.csv"
    register.write_text("code,block,name_vi,valid_to\np1,huyen,Quận Một,2025-06-30\n", "utf-8")
    sv.new(tmp_path / "named", "ha-noi/2023", units=register)
    found = sv.load(tmp_path / "named").definition
    assert [(unit.code, unit.valid_to) for unit in found.units] == [("p1", "2025-06-30")]
    assert files(tmp_path / "named") == ["study.toml", "units.csv"]

    with pytest.raises(sv.SurveyError) as refused:
        sv.new(tmp_path / "none", "ha-noi/2023", units=names)
    assert codes(refused) == {"new.block_of_unit"}


def test_a_study_at_hand_begins_the_next_one(tmp_path: Path) -> None:
    sv.new(tmp_path / "next", FIRST, answers={"edition": "2027", "start": "4/10/2027", "end": "29/10/2027"})
    found, before = sv.load(tmp_path / "next").definition, sv.load(FIRST).definition
    assert (found.instrument.name, found.instrument.items) == ("sau-xa/2027", before.instrument.items)
    assert (found.units, found.returns) == (before.units, ())
    sv.new(tmp_path / "sample", ROOT / "data-sample/ha-noi-2023")
    assert files(tmp_path / "sample") == ["study.toml"]


def test_what_the_origin_settles_is_not_answered_beside_it(tmp_path: Path) -> None:
    for answers, taken, origin, code in (
        ({"questions": ["Đúng hẹn"]}, "", "sipas/2023", "new.settled"),
        ({"points": "10"}, "", "sipas/2023", "new.settled"),
        ({}, "", "sipas", "new.no_origin"),
        ({}, "", "khong-co.xlsx", "new.no_origin"),
        ({"units": ["Sở A"]}, "", "ha-noi/2023", "new.block_of_unit"),
        ({}, "copy", FIRST / "khai-bao.xlsx", "new.no_edition"),
    ):
        with pytest.raises(sv.SurveyError) as refused:
            sv.new(tmp_path / "study", origin, answers=answers, taken=taken)  # type: ignore[arg-type]
        assert codes(refused) == {code}


def test_answers_are_enough_and_files_stand_for_their_entries(tmp_path: Path) -> None:
    questions = tmp_path / "cau-hoi.txt"
    questions.write_text("Đúng hẹn\nDễ hiểu\n\nNiềm nở\n", "utf-8")
    answers = {
        **ANSWERS,
        "questions": [str(questions), "Sạch sẽ"],
        "groups": ["Người dân", "Doanh nghiệp"],
        "points": "10",
    }
    sv.new(tmp_path / "study", answers=answers)
    found = sv.load(tmp_path / "study").instrument
    assert [item.text_vi for item in found.items] == ["Đúng hẹn", "Dễ hiểu", "Niềm nở", "Sạch sẽ"]
    assert [form.code for form in found.questionnaires] == ["don-vi-1", "don-vi-2"]
    assert (found.total_points, found.node["t1"].max_points) == (10, 10)
    assert found.node["t1"].groups == (("nguoi-dan", 1), ("doanh-nghiep", 1))
    assert errors(tmp_path / "study") == []


def test_answers_stand_before_a_workbook(tmp_path: Path) -> None:
    sv.new(
        tmp_path / "study",
        FIRST / "khai-bao.xlsx",
        answers={"name": "Tên khác", "units": ["Xã X"], "end": "5/11/2026"},
    )
    found = sv.load(tmp_path / "study").definition
    assert (found.label_vi, found.fieldwork.start, found.fieldwork.end) == (
        "Tên khác",
        "2026-10-05",
        "2026-11-05",
    )
    assert [unit.name_vi for unit in found.units] == ["Xã X"]


def test_the_xlsforms_we_write_begin_a_study(tmp_path: Path) -> None:
    sv.forms(FIRST, tmp_path / "forms", to=["xlsform"])
    form = next((tmp_path / "forms").rglob("*.xlsx"))
    made = sv.new(tmp_path / "study", form, answers={"name": "Khảo sát 2026"})
    assert errors(tmp_path / "study") == []
    found, edition = sv.load(tmp_path / "study"), load_instrument(FIRST / "instrument")
    assert [item.text_vi for item in found.instrument.items] == [item.text_vi for item in edition.items]
    assert [unit.name_vi for unit in found.definition.units] == [unit.name_vi for unit in edition.units]
    assert {rule.rule for rule in found.instrument.rules} <= {rule.rule for rule in starting_set().rules}
    assert "new.told.rules" in {problem.code for problem in made.told}


def test_the_group_of_an_xlsform_is_called_as_it_is_answered(tmp_path: Path) -> None:
    form = tmp_path / "form.csv"
    form.write_text("type,name,label\nrange,q1,Thái độ phục vụ\n", encoding="utf-8")
    made = sv.new(tmp_path / "ks", form, answers={"end": "2026-10-31", "groups": ["Doanh nghiệp"]})
    assert [group.label_vi for group in made.instrument.groups] == ["Doanh nghiệp"]
    assert errors(tmp_path / "ks") == []
    with pytest.raises(sv.SurveyError) as refused:
        sv.new(tmp_path / "k2", form, answers={"end": "2026-10-31", "groups": ["Doanh nghiệp", "Người dân"]})
    assert "new.one_group" in codes(refused)
    assert not (tmp_path / "k2").exists()


def test_nothing_is_written_where_something_stands_or_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a.txt").write_text("a", "utf-8")
    with pytest.raises(sv.SurveyError) as refused:
        sv.new(tmp_path / "full", answers=ANSWERS)
    assert codes(refused) == {"file.folder_not_empty"}
    with pytest.raises(sv.SurveyError) as refused:
        sv.new(tmp_path / "twice", answers={**ANSWERS, "units": ["Xã A", "xã  A"]})
    assert codes(refused) == {"new.twice"}
    with pytest.raises(sv.SurveyError) as refused:
        sv.new(tmp_path / "lost", answers={**ANSWERS, "questions": ["Ti?p c?n d?ch v?"]})
    assert codes(refused) == {"definition.not_writable"}
    with pytest.raises(sv.SurveyError) as refused:
        sv.new(tmp_path / "language", answers=ANSWERS, language="fr")
    assert codes(refused) == {"language.unknown"}
    assert files(tmp_path) == ["full/a.txt"]


def test_the_same_answers_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        sv.new(tmp_path / name, answers=ANSWERS)
    contents = [
        {path: (tmp_path / name / path).read_bytes() for path in files(tmp_path / name)}
        for name in ("a", "b")
    ]
    assert contents[0] == contents[1]


def test_comments_are_in_the_language_asked_for() -> None:
    texts = [new_study_text(starting_set(), "./instrument", {}, "", language) for language in ("vi", "en")]
    assert texts[0] != texts[1]
    assert all(text.count("[study]") == 1 for text in texts)


def test_the_starting_set_is_whole() -> None:
    folder = Path(starting_set().folder)
    assert [problem.code for problem in sv.check(folder)] == ["incomplete.units"]


def test_what_is_told_of_a_study_counts_its_own_units(tmp_path: Path) -> None:
    for taken in ("", "copy", "differences"):
        made = sv.new(
            tmp_path / (taken or "named"), "sipas/2023", answers={"units": ["Tỉnh A", "Tỉnh B"]}, taken=taken
        )
        assert [unit.name_vi for unit in made.instrument.units] == ["Tỉnh A", "Tỉnh B"]


def test_an_option_is_called_as_the_command_has_it(tmp_path: Path) -> None:
    with pytest.raises(sv.SurveyError) as refused:
        sv.new(tmp_path / "ks", "sipas/2023", answers={"points": "10", "questions": ["Đúng hẹn"]})
    assert dict(refused.value.problems[0].params)["options"] == "--question, --points"


@pytest.mark.parametrize(
    "text",
    [
        "Mã,Tên\nx1,Xã An Bình\nx2,Xã Tân Hòa\n",
        "STT,Tên đơn vị,Mã\n1,Xã An Bình,x1\n2,Xã Tân Hòa,x2\n",
        "DANH SÁCH CÁC XÃ,,\n,,\nTT,TEN,MA\n1,Xã An Bình,x1\n2,Xã Tân Hòa,x2\n",
        "Code,Name\nx1,Xã An Bình\nx2,Xã Tân Hòa\n",
    ],
)
def test_a_list_of_units_with_short_headings(tmp_path: Path, text: str) -> None:
    names = tmp_path / "units.csv"
    names.write_text(text, encoding="utf-8")
    made = sv.new(tmp_path / "study", FIRST / "instrument", units=names)
    found = [(unit.code, unit.name_vi) for unit in sv.load(made.folder).definition.units]
    assert found == [("x1", "Xã An Bình"), ("x2", "Xã Tân Hòa")]


@pytest.mark.parametrize("text", ["Mã,Mã,Tên\nx,y,Xã A\n", "Tên,Tên đơn vị\nA,Xã A\n"])
def test_short_headings_that_may_mean_two_things_are_told(tmp_path: Path, text: str) -> None:
    names = tmp_path / "units.csv"
    names.write_text(text, encoding="utf-8")
    with pytest.raises(sv.SurveyError) as told:
        sv.new(tmp_path / "study", FIRST / "instrument", units=names)
    assert {(problem.code, problem.column) for problem in told.value.problems} == {
        ("new.unknown_column", text.partition(",")[0])
    }
