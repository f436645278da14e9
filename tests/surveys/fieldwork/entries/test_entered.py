"""Files entered into a study of one's own: what they are is told by their content; all of them, or nothing."""

from __future__ import annotations

import os
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

import surveys as sv
from surveys.cli import main
from surveys.fieldwork.entries.file_kinds import KINDS
from surveys.problems import SurveyError, phrase, wording
from surveys.review.columns_and_words import FORMS, UNITS
from surveys.vocabulary.check_characters import check_character
from surveys.vocabulary.csv import csv_bytes
from surveys.vocabulary.new_file import write_new
from tests.surveys.fieldwork.entries.test_study_text import without

SAMPLES = Path(__file__).parents[4] / "data-sample"
RETURNS = SAMPLES / "first-survey" / "returns" / "google-forms.xlsx"
QUESTIONS = (
    "Thông tin về thủ tục dễ tìm",
    "Nơi ngồi chờ và trang thiết bị",
    "Công chức hướng dẫn dễ hiểu",
    "Kết quả trả đúng hẹn",
)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """The first survey before any form came back, with a remark of its owner."""
    folder = tmp_path / "đợt"
    shutil.copytree(SAMPLES / "first-survey", folder)
    shutil.rmtree(folder / "returns")
    text = (folder / "study.toml").read_text(encoding="utf-8")
    kept = [part for part in text.split("\n\n") if "[[returns]]" not in part]
    (folder / "study.toml").write_bytes(("\n\n".join(kept) + "# Ghi chú của tôi.  \n").encode())
    return folder


def codes(wrong: Callable[[], object]) -> list[str]:
    with pytest.raises(SurveyError) as raised:
        wrong()
    return [problem.code for problem in raised.value.problems]


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def returns_csv(path: Path, headings: tuple[str, ...] = QUESTIONS, unit: str = "Xã An Bình") -> Path:
    rows = [(f"2026-10-0{k} 08:00:00", unit, *"4545") for k in range(5, 9)]
    path.write_bytes(csv_bytes(("Dấu thời gian", "Ông/Bà trả lời về xã nào?", *headings), rows))
    return path


def test_returns_are_copied_and_named(study: Path) -> None:
    before = tree(study)
    made = sv.add(RETURNS, study)
    (entered,) = made.files
    assert (entered.kind, entered.path, entered.state) == ("returns", "returns/google-forms.xlsx", "entered")
    assert (entered.about, entered.mode) == ("xa-1", "online")
    after = tree(study)
    assert after.pop("returns/google-forms.xlsx") == RETURNS.read_bytes()
    put = without(after.pop("study.toml"), before.pop("study.toml")).decode()
    assert after == before
    assert tomllib.loads(put)["returns"] == [
        {"path": "returns/google-forms.xlsx", "questionnaire": "xa-1", "mode": "online"}
    ]
    assert not list(study.glob(".*"))
    assert not (study / "returns" / "google-forms.xlsx").stat().st_mode & 0o077 or os.name == "nt"
    assert not [problem for problem in sv.check(study) if problem.severity == "error"]


def test_the_same_file_is_entered_once(study: Path, tmp_path: Path) -> None:
    sv.add(RETURNS, study / "study.toml")
    before = tree(study)
    again = sv.add([RETURNS, study / "returns" / RETURNS.name], study)
    assert [(file.path, file.state) for file in again.files] == [("returns/google-forms.xlsx", "known")] * 2
    other = tmp_path / "tải lại (1).xlsx"
    shutil.copy(RETURNS, other)
    assert [(f.path, f.state) for f in sv.add(other, study).files] == [("returns/google-forms.xlsx", "known")]
    assert tree(study) == before


def test_a_newer_copy_takes_the_place_only_where_that_is_said(study: Path, tmp_path: Path) -> None:
    returns_csv(tmp_path / "phiếu.csv")
    sv.add(tmp_path / "phiếu.csv", study)
    named = (study / "study.toml").read_bytes()
    newer = returns_csv(tmp_path / "phiếu.csv", unit="Xã Đông Hòa")
    before = tree(study)
    assert codes(lambda: sv.add(newer, study)) == ["add.newer"]
    assert tree(study) == before
    assert [file.state for file in sv.add(newer, study, replace=True).files] == ["replaced"]
    assert (study / "returns" / "phiếu.csv").read_bytes() == newer.read_bytes()
    assert (study / "study.toml").read_bytes() == named


def test_what_brings_faults_is_not_entered(study: Path, tmp_path: Path) -> None:
    lacking = returns_csv(tmp_path / "thiếu.csv", (*QUESTIONS[:3], "Câu hỏi khác"))
    frames = tmp_path / "frames.csv"
    frames.write_text("block,unit,group,population\nxa,khong-co,citizens,900\n", encoding="utf-8")
    before = tree(study)
    assert codes(lambda: sv.add([RETURNS, lacking], study))[0] == "returns.item_missing"
    assert codes(lambda: sv.add([RETURNS, frames], study))[0] == "reference.unit"
    assert codes(lambda: sv.add([RETURNS, tmp_path / "none.csv"], study)) == ["file.missing"]
    assert codes(lambda: sv.add(RETURNS, study, kind="phieu")) == ["add.kind"]
    assert codes(lambda: sv.add(RETURNS, study, questionnaire="xa-9")) == ["add.unknown_questionnaire"]
    assert tree(study) == before


def test_faults_that_were_there_before_do_not_count(study: Path) -> None:
    with (study / "study.toml").open("a", encoding="utf-8") as text:
        text.write('\n[output]\nlanguage = "fr"\n')
    assert "error" in [problem.severity for problem in sv.check(study)]
    assert [file.state for file in sv.add(RETURNS, study).files] == ["entered"]


def test_a_file_that_the_study_waits_for_comes_to_its_place(study: Path) -> None:
    with (study / "study.toml").open("a", encoding="utf-8") as text:
        text.write('\n[[returns]]\npath = "returns/google-forms.xlsx"\nquestionnaire = "xa-1"\n')
    named = (study / "study.toml").read_bytes()
    sv.add(RETURNS, study)
    assert (study / "returns" / RETURNS.name).read_bytes() == RETURNS.read_bytes()
    assert (study / "study.toml").read_bytes() == named


def test_nothing_is_put_over_another_file(study: Path) -> None:
    (study / "returns").mkdir()
    (study / "returns" / RETURNS.name).write_bytes(b"mine")
    before = tree(study)
    assert codes(lambda: sv.add(RETURNS, study)) == ["add.in_the_way"]
    assert tree(study) == before


def test_tables_are_told_by_their_columns_and_workbooks_become_csv(study: Path, tmp_path: Path) -> None:
    book = tmp_path / "Tổng thể.xlsx"
    with xlsxwriter.Workbook(book) as workbook:
        sheet = workbook.add_worksheet("Dân số")
        sheet.write_row(0, 0, ("block", "unit", "group", "population"))
        for k in range(1, 7):
            sheet.write_row(k, 0, ("xa", f"x{k}", "citizens", 900 + k))
    issued = study / "phát ra.csv"
    issued.write_text("form_code;questionnaire;unit\nP1;xa-1;x1\n", encoding="utf-8-sig")
    made = sv.add([book, issued], study)
    assert [(file.kind, file.path) for file in made.files] == [
        ("frames", "frames.csv"),
        ("issued", "phát ra.csv"),
    ]
    definition = sv.load(study).definition
    assert [(frame.unit, frame.population) for frame in definition.frames][:1] == [("x1", 901)]
    assert [form.form_code for form in definition.issued] == ["P1"]
    assert codes(lambda: sv.add(returns_csv(tmp_path / "a.csv", ("x", "y", "z", "t")), study)) == [
        "add.no_questions"
    ]


def test_a_mapping_comes_with_its_returns_or_after_them(study: Path, tmp_path: Path) -> None:
    unknown = returns_csv(tmp_path / "lạ.csv", ("C1", "C2", "C3", "C4"))
    assert codes(lambda: sv.add(unknown, study)) == ["add.no_questions"]
    items = [item.code for item in sv.load(study).instrument.items]
    rows = [("", f"C{k}", "item", code, "", "", "x") for k, code in enumerate(items, 1)]
    mapping = tmp_path / "ghép cột.csv"
    mapping.write_bytes(
        csv_bytes(("column", "heading", "kind", "target", "unit", "reason", "decision"), rows)
    )
    made = sv.add([unknown, mapping], study)
    assert [(file.kind, file.path, file.about) for file in made.files] == [
        ("mapping", "returns/ghép cột.csv", "returns/lạ.csv"), ("returns", "returns/lạ.csv", "xa-1"),
    ]  # fmt: skip
    assert sv.load(study).definition.returns[0].mapping == "returns/ghép cột.csv"
    assert len(sv.load(study).screen().returns.rows) == 4
    text = (study / "study.toml").read_bytes()
    (study / "study.toml").write_bytes(text.replace('mapping = "returns/ghép cột.csv"\n'.encode(), b""))
    assert [file.state for file in sv.add(mapping, study).files] == ["entered"]
    assert (study / "study.toml").read_bytes() == text


def test_review_files_become_decisions_and_further_ones_are_added(study: Path, tmp_path: Path) -> None:
    returns_csv(tmp_path / "phiếu.csv", unit="xa an binh")
    sv.add(tmp_path / "phiếu.csv", study)

    def decided(name: str, text: str, code: str) -> Path:
        row = dict.fromkeys(UNITS.columns, "") | {
            "block": "xa",
            "text": text,
            "proposed_code": code,
            "decision": "x",
        }
        (tmp_path / name).write_bytes(csv_bytes(UNITS.columns, [row.values()]))
        return tmp_path / name

    made = sv.add(decided("units.csv", "xa an binh", "x1"), study)
    assert [(f.kind, f.path, f.state, f.decisions) for f in made.files] == [
        ("unit_decisions", "unit-decisions.csv", "entered", 1)
    ]
    more = sv.add(decided("units-2.csv", "Đông Hoà", "x2"), study)
    assert [(f.path, f.state, f.decisions) for f in more.files] == [("unit-decisions.csv", "extended", 2)]
    assert [d.unit_code for d in sv.load(study).definition.unit_decisions] == ["x1", "x2"]
    otherwise = decided("units-3.csv", "Đông Hoà", "x3")
    before = tree(study)
    assert codes(lambda: sv.add(otherwise, study)) == ["add.decided_otherwise"]
    assert tree(study) == before
    sv.add(otherwise, study, replace=True)
    assert [d.unit_code for d in sv.load(study).definition.unit_decisions] == ["x1", "x3"]
    row = dict.fromkeys(FORMS.columns, "") | {"form_code": "P1", "decision": "loại"}
    (tmp_path / "forms.csv").write_bytes(csv_bytes(FORMS.columns, [row.values()]))
    assert codes(lambda: sv.add(tmp_path / "forms.csv", study)) == ["review.incomplete"] * 2


@pytest.mark.long
def test_the_questionnaire_is_told_by_questions_codes_and_units(tmp_path: Path) -> None:
    source = SAMPLES / "ha-noi-2023"
    folder = tmp_path / "study"
    shutil.copytree(source, folder)
    text = (source / "study.toml").read_text(encoding="utf-8")
    kept = [part for part in text.split("\n\n") if "[[returns]]" not in part]
    (folder / "study.toml").write_text("\n\n".join(kept), encoding="utf-8")
    shutil.rmtree(folder / "returns")
    files = sorted(path for path in (source / "returns").iterdir() if not path.stem.endswith("-2"))
    made = sv.add(files, folder)
    assert [file.about for file in made.files] == ["-".join(path.stem.split("-")[:2]) for path in files]
    asked = {file.about: file.mode for file in made.files}
    assert asked["so-2"] == "online"
    assert asked["so-1"] == ""  # which has two ways


def test_two_questionnaires_alike_are_asked_about(study: Path, tmp_path: Path) -> None:
    instrument = study / "instrument" / "instrument.toml"
    text = instrument.read_text(encoding="utf-8")
    twin = text[text.index("[[questionnaires]]") :].split("\n\n")[0].replace('"xa-1"', '"xa-2"')
    instrument.write_text(f"{text}\n{twin}\n", encoding="utf-8")
    items = study / "instrument" / "items.csv"
    items.write_text(items.read_text(encoding="utf-8").replace("xa-1", "xa-1;xa-2"), encoding="utf-8")
    returns = returns_csv(tmp_path / "phiếu.csv")
    assert codes(lambda: sv.add(returns, study)) == ["add.questionnaire"]
    assert [file.about for file in sv.add(returns, study, questionnaire="xa-2").files] == ["xa-2"]


def test_what_somebody_writes_meanwhile_stays(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def meanwhile(path: Path, content: bytes, private: bool = False) -> None:
        write_new(path, content, private)
        with (study / "study.toml").open("a", encoding="utf-8") as text:
            text.write("# vừa sửa\n")

    monkeypatch.setattr("surveys.fieldwork.entries.writing.write_new", meanwhile)
    before = (study / "study.toml").read_text(encoding="utf-8")
    assert codes(lambda: sv.add(RETURNS, study)) == ["file.changed_meanwhile"]
    assert (study / "study.toml").read_text(encoding="utf-8") == before + "# vừa sửa\n"
    assert not (study / "returns").exists()
    assert not list(study.glob(".*"))


def test_a_mapping_of_returns_that_are_entered_already(study: Path, tmp_path: Path) -> None:
    with (study / "study.toml").open("a", encoding="utf-8") as text:
        text.write('\n[[returns]]\npath = "returns/lạ.csv"\nquestionnaire = "xa-1"\n')
    (study / "returns").mkdir()
    unknown = returns_csv(study / "returns" / "lạ.csv", ("C1", "C2", "C3", "C4"))
    items = [item.code for item in sv.load(study).instrument.items]
    rows = [("", f"C{k}", "item", code, "", "", "x") for k, code in enumerate(items, 1)]
    mapping = tmp_path / "lạ.mapping.csv"
    mapping.write_bytes(
        csv_bytes(("column", "heading", "kind", "target", "unit", "reason", "decision"), rows)
    )
    copy = tmp_path / "bản sao.csv"
    shutil.copy(unknown, copy)
    made = sv.add([copy, mapping], study)
    assert [(file.kind, file.path, file.state) for file in made.files] == [
        ("mapping", "returns/lạ.mapping.csv", "entered"), ("returns", "returns/lạ.csv", "known"),
    ]  # fmt: skip
    assert len(sv.load(study).screen().returns.rows) == 4


def test_codes_with_check_characters_are_told_from_the_codes(study: Path, tmp_path: Path) -> None:
    codes = [
        f"{code}{check_character(code)}"
        for code in ("XA-1-01-001-", "XA-1-01-002-", "XA-1-02-001-", "XA-1-02-002-")
    ]
    issued = tmp_path / "issued.csv"
    issued.write_bytes(
        csv_bytes(("form_code", "questionnaire", "unit"), [(code, "xa-1", "x1") for code in codes])
    )
    sv.add(issued, study)
    assert sv.load(study).definition.fieldwork.check_character
    text = (study / "study.toml").read_text(encoding="utf-8")
    assert 'end = "2026-10-30"\ncheck_character = true\n\n# Cơ quan' in text
    other = tmp_path / "khác"
    shutil.copytree(SAMPLES / "first-survey", other)
    issued.write_bytes(
        csv_bytes(("form_code", "questionnaire", "unit"), [(f"P{k}", "xa-1", "x1") for k in range(9)])
    )
    sv.add(issued, other)
    assert not sv.load(other).definition.fieldwork.check_character


def test_a_study_that_is_no_utf_8_is_left_alone(study: Path) -> None:
    text = (
        (study / "study.toml")
        .read_text(encoding="utf-8")
        .replace("Khảo sát", "Kh¶o s¸t")
        .replace("Phòng", "Phßng")
    )
    (study / "study.toml").write_bytes(text.encode("cp1252", errors="ignore"))
    before = tree(study)
    with pytest.raises(SurveyError):
        sv.add(RETURNS, study)
    assert tree(study) == before


def test_odd_files_are_told(study: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()
    (tmp_path / "noise.xlsx").write_bytes(b"PK\x03\x04 this is no workbook")
    before = tree(study)
    for odd in ("empty.csv", "noise.xlsx", ".", SAMPLES / "published/headlines.csv"):
        with pytest.raises(SurveyError):
            sv.add(tmp_path / odd, study)
    assert codes(lambda: sv.add(RETURNS, tmp_path)) == ["file.missing"]
    assert tree(study) == before


@pytest.mark.long
def test_the_command_tells_what_became_of_each_file(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["add", str(RETURNS), "--study", str(study), "--lang", "en"]) == 0
    out = capsys.readouterr().out
    said = {
        "given": RETURNS,
        "path": "returns/google-forms.xlsx",
        "about": "xa-1",
        "mode": "online",
        "decisions": "",
    }
    assert phrase("cli.add.entered", "en", what=phrase("add.kind.returns", "en"), **said) in out
    assert phrase("cli.add.next", "en", study=study) in out
    assert main(["add", str(tmp_path / "none.csv"), "--study", str(study)]) == 1
    assert main(["score", str(study), "--out", str(tmp_path / "results")]) == 0


def test_every_kind_has_its_words() -> None:
    assert {code.removeprefix("add.kind.") for code in wording() if code.startswith("add.kind.")} == set(
        KINDS
    ) - {"review"}


def test_an_instrument_in_the_folder_of_the_study_that_rests_on_another(study: Path) -> None:
    (study / "instrument").rename(study / "base")
    edition = (
        '[identity]\ncode = "sau-xa"\nedition = "2027"\nbased_on = "./base"\nlabel_vi = "Sáu xã, 2027"\n'
    )
    (study / "instrument.toml").write_text(edition, encoding="utf-8")
    text = (study / "study.toml").read_text(encoding="utf-8")
    (study / "study.toml").write_text(text.replace('"./instrument"', '"./"'), encoding="utf-8")
    assert not [problem for problem in sv.check(study) if problem.severity == "error"]
    assert [file.state for file in sv.add(RETURNS, study).files] == ["entered"]


def entries_of(study: Path) -> list[dict[str, str]]:
    return [dict(entry) for entry in tomllib.loads((study / "study.toml").read_text("utf-8"))["returns"]]


def test_the_data_entry_of_returns_is_said_at_once_or_later(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = returns_csv(tmp_path / "lan-1.csv"), returns_csv(tmp_path / "lan-2.csv", unit="Xã Phú Mỹ")
    made = sv.add(first, study, questionnaire="xa-1", entry="first")
    assert [file.state for file in made.files] == ["entered"]
    sv.add(second, study, questionnaire="xa-1")
    before = (study / "study.toml").read_text("utf-8")
    command = ["add", str(second), "--study", str(study), "--entry", "second"]
    assert main(command) == 0
    assert [entry["entry"] for entry in entries_of(study)] == ["first", "second"]
    after = (study / "study.toml").read_text("utf-8")
    assert [line for line in after.splitlines() if line not in before.splitlines()] == ['entry = "second"']
    assert main(command) == 0  # nothing more to say
    assert (study / "study.toml").read_text("utf-8") == after


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"entry": "third"}, "add.unknown_entry"),
        ({"entry": "second"}, "add.said_otherwise"),
        ({"mode": "paper"}, "add.said_otherwise"),
    ],
)
def test_what_is_said_otherwise_of_known_returns_is_told(
    said: dict[str, str], code: str, study: Path, tmp_path: Path
) -> None:
    file = returns_csv(tmp_path / "a.csv")
    sv.add(file, study, questionnaire="xa-1", mode="online", entry="first")
    before = tree(study)
    assert codes(lambda: sv.add(file, study, **said)) == [code]  # type: ignore[arg-type]
    assert tree(study) == before


def test_as_what_table_a_file_was_read_is_told_with_its_faults(study: Path, tmp_path: Path) -> None:
    file = tmp_path / "ds.csv"
    file.write_bytes(csv_bytes(("form_code", "block", "unit", "group"), [("P1", "xa", "x1", "citizens")]))
    with pytest.raises(SurveyError) as refused:
        sv.add(file, study)
    told = next(p for p in refused.value.problems if p.code == "add.taken_for")
    assert (told.file, dict(told.params)["kind"]) == (str(file), "frames")


def test_populations_that_weights_leave_unused_are_told(study: Path, tmp_path: Path) -> None:
    file = tmp_path / "dan-so.csv"
    file.write_bytes(
        csv_bytes(
            ("block", "unit", "group", "population"), [("xa", f"x{k}", "citizens", 900) for k in range(1, 7)]
        )
    )
    made = sv.add(file, study)
    assert [(p.code, dict(p.params)) for p in made.warnings] == [
        ("add.equal_weights", {"groups": "citizens"})
    ]
    assert sv.add(file, study).warnings == ()
