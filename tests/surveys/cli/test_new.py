"""``surveys new`` from outside: what it asks, what it needs where nobody can answer, and the next command that it prints."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import surveys as sv
from surveys.cli import main
from surveys.cli.terminal import Terminal
from surveys.problems import phrase

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Lines that somebody before the terminal types, one after the other; then the input ends."""
    lines: list[str] = []

    def read(_prompt: str = "") -> str:
        if not lines:
            raise EOFError
        return lines.pop(0)

    monkeypatch.setattr(Terminal, "can_ask", lambda _: True)
    monkeypatch.setattr(builtins, "input", read)
    return lines


def test_somebody_is_asked_what_no_option_says(typed: list[str], tmp_path: Path, capsys: Captured) -> None:
    typed += [
        "",
        "Khảo sát 2026",
        "Xã A",
        "Xã B",
        "",
        "",
        "Đúng hẹn",
        "Dễ hiểu",
        "",
    ]  # the first answer is needed
    typed += ["10", "5/10/2026", "30/10/2026", "Ông/Bà trả lời về xã nào?", ""]
    assert main(["new", str(tmp_path / "study")]) == 0
    assert typed == []
    found = sv.load(tmp_path / "study").definition
    assert [unit.name_vi for unit in found.units] == ["Xã A", "Xã B"]
    assert [item.text_vi for item in found.instrument.items] == ["Đúng hẹn", "Dễ hiểu"]
    assert (found.fieldwork.start, found.fieldwork.end) == ("2026-10-05", "2026-10-30")
    assert next(f for f in found.instrument.fields if f.role == "unit").headers == (
        "Ông/Bà trả lời về xã nào?",
    )
    out, err = capsys.readouterr()
    assert phrase("cli.new.next", "vi", folder=tmp_path / "study") in out
    assert phrase("cli.new.ask_again", "vi") in err


def test_only_answers_that_are_wrong_are_asked_for_again(
    typed: list[str], tmp_path: Path, capsys: Captured
) -> None:
    typed += [
        "Khảo sát 2026",
        "Xã A",
        "Xã A",
        "",
        "",
        "Đúng hẹn",
        "",
        "mười",
        "5/10/2026",
        "31/11/2026",
        "",
        "",
    ]
    typed += ["Xã A", "Xã B", "", "10", "30/11/2026"]  # those of units, points and the last day
    assert main(["new", str(tmp_path / "study")]) == 0
    assert typed == []
    found = sv.load(tmp_path / "study").definition
    assert [unit.name_vi for unit in found.units] == ["Xã A", "Xã B"]
    assert (found.fieldwork.end, found.instrument.total_points) == ("2026-11-30", 10)
    said = " ".join(capsys.readouterr().err.split())
    assert f"{phrase('place.option', 'vi')} --points: {phrase('new.not_number', 'vi', value='mười')}" in said


def test_nothing_is_asked_for_a_folder_that_is_in_use(typed: list[str], tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    (tmp_path / "study/a.txt").write_text("a", "utf-8")
    assert main(["new", str(tmp_path / "study")]) == 1
    assert typed == []


def test_the_end_of_the_input_stops_it(typed: list[str], tmp_path: Path) -> None:
    typed += ["Khảo sát 2026", "Xã A"]
    assert main(["new", str(tmp_path / "study")]) == 130
    assert not (tmp_path / "study").exists()


def test_options_answer_where_nobody_can(tmp_path: Path, capsys: Captured) -> None:
    study = str(tmp_path / "study")
    assert main(["new", study, "--unit", "Xã A"]) == 2
    assert phrase("cli.new.options_missing", "vi", options="--name, --question") in capsys.readouterr().err
    assert (
        main(
            ["new", study, "--name", "Khảo sát", "--unit", "Xã A", "--unit", "Xã B", "--question", "Đúng hẹn"]
        )
        == 0
    )
    out = capsys.readouterr().out
    assert phrase("cli.new.done", "vi", folder=study, instrument="khao-sat/1", units=2, questions=1) in out
    assert main(["check", study]) == 0


def test_faults_of_options_name_them(tmp_path: Path, capsys: Captured) -> None:
    command = [
        "new",
        str(tmp_path / "study"),
        "--name",
        "Khảo sát",
        "--unit",
        "Xã A",
        "--question",
        "Đúng hẹn",
    ]
    assert main([*command, "--points", "mười", "--start", "hôm qua", "--unit", "xã A"]) == 1
    err = capsys.readouterr().err
    assert all(option in err for option in ("--points", "--start", "--unit"))
    assert not (tmp_path / "study").exists()


def test_an_empty_workbook_says_how_to_go_on(tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "khai-bao.xlsx"
    assert main(["new", "--blank", str(out)]) == 0
    assert phrase("cli.new.blank_done", "vi", out=out, folder="khao-sat") in capsys.readouterr().out
    assert main(["new", "--blank", str(out)]) == 1  # nothing is written over
    assert main(["new"]) == 2
    assert phrase("cli.new.no_folder", "vi") in capsys.readouterr().err


def test_the_next_commands_are_commands(tmp_path: Path, capsys: Captured) -> None:
    study = tmp_path / "study"
    assert main(["new", str(study), "--from", "sipas/2023"]) == 0
    out = capsys.readouterr().out
    named: Iterator[str] = (found[1] for found in re.finditer(r"surveys (\w+) ", out))
    assert list(named) == ["check", "forms", "add", "score"]
    assert main(["check", str(study)]) == 0


def test_an_edition_is_copied_or_differed_from(tmp_path: Path, capsys: Captured) -> None:
    command = ["new", str(tmp_path / "study"), "--from", "sipas/2023", "--copy", "--differences"]
    assert main(command) == 1
    assert "--differences" in capsys.readouterr().err
    assert not (tmp_path / "study").exists()
