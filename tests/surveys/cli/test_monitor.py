"""The command that watches a round: what it says, what it writes, and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

import surveys as sv
from surveys.cli import main
from surveys.problems import LANGUAGES, Language, phrase

FIRST = Path(__file__).parents[3] / "data-sample" / "first-survey"
Captured = pytest.CaptureFixture[str]


@pytest.mark.long
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_round_up_to_a_day(tmp_path: Path, capsys: Captured, language: Language) -> None:
    out = tmp_path / "out"
    asked = [
        "monitor",
        str(FIRST),
        "--out",
        str(out),
        "--on",
        "2026-10-12",
        "--text",
        language,
        "--lang",
        language,
    ]
    assert main(asked) == 0
    said, err = capsys.readouterr()
    day = {"vi": "12/10/2026", "en": "2026-10-12"}[language]
    assert phrase("cli.monitor.day", language, day=day, gone=8, left=18) in said
    assert phrase("cli.monitor.page", language, page=out / "monitor.html") in said
    assert phrase("monitor.no_plan", language) in err
    found = sv.monitor(FIRST, "2026-10-12")
    for outlook, cells in found.outlooks.items():
        told = phrase(f"handover.outlook.{outlook}", language)
        assert phrase("cli.monitor.outlook", language, outlook=told, cells=cells) in said
    assert f'<html lang="{language}">' in (out / "monitor.html").read_text(encoding="utf-8")
    tables = {"cells.csv", "days.csv", "interviewers.csv", "modes.csv", "questionnaires.csv"}
    seals = {"datapackage.json", "run.json", "SHA256SUMS", "monitor.html"}
    assert {path.name for path in out.iterdir()} == tables | seals
    assert main(["verify", str(out)]) == 0


@pytest.mark.parametrize(
    ("options", "code", "params"),
    [
        (("--on", "32/10/2026"), "monitor.day", {"value": "32/10/2026"}),
        (("--text", "fr"), "language.unknown", {"value": "fr", "accepted": "vi, en"}),
    ],
)
def test_faults_are_told_and_nothing_is_written(
    tmp_path: Path, capsys: Captured, options: tuple[str, str], code: str, params: dict[str, str]
) -> None:
    out = tmp_path / "out"
    assert main(["monitor", str(FIRST), "--out", str(out), *options]) == 1
    assert phrase(code, "vi", **params) in capsys.readouterr().err
    assert not out.exists()


def test_a_folder_of_people_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine", encoding="utf-8")
    assert main(["monitor", str(FIRST), "--out", str(tmp_path)]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]
