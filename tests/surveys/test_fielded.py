"""Forms of a study from the public door: what is written, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

import surveys as sv
from surveys.cli import main

STUDY = "data-sample/first-survey"


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.long
def test_forms_are_a_folder_that_verifies_and_is_replaced(tmp_path: Path) -> None:
    out = tmp_path / "forms"
    made = sv.forms(STUDY, out, to=["xlsform"])
    assert (made.questionnaires, made.files) == (1, {"xlsform": 1})
    first = contents(out)
    assert set(first) == {"xlsform/xa-1.xlsx", "run.json", "SHA256SUMS"}
    assert sv.verify(out) == ()
    sv.forms(STUDY, out, to=["xlsform"])
    assert contents(out) == first
    (out / "xlsform" / "xa-1.xlsx").write_bytes(b"edited")
    assert {problem.code for problem in sv.verify(out)} >= {"verify.file_changed"}
    with pytest.raises(sv.SurveyError) as caught:
        sv.forms(STUDY, out, to=["xlsform"])
    assert [problem.code for problem in caught.value.problems] == ["handover.out_has_edited_files"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"to": ["xlsfrom"]}, "forms.kind"),
        ({"questionnaires": ["xa-2"]}, "forms.questionnaire"),
        ({"language": "fr"}, "language.unknown"),
        ({"to": ["xlsform"], "personal": True}, "forms.not_personal"),
    ],
)
def test_what_is_not_known_is_told_and_nothing_is_written(
    asked: dict[str, object], code: str, tmp_path: Path
) -> None:
    with pytest.raises(sv.SurveyError) as caught:
        sv.forms(STUDY, tmp_path / "forms", **asked)  # type: ignore[arg-type]
    assert [problem.code for problem in caught.value.problems] == [code]
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_the_kinds_that_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "forms"
    assert (
        main(
            ["forms", STUDY, "--out", str(out), "--to", "xlsform", "--questionnaire", "xa-1", "--text", "en"]
        )
        == 0
    )
    assert "xlsform: 1" in capsys.readouterr().out
    assert (out / "xlsform" / "xa-1.xlsx").is_file()
    assert main(["forms", STUDY, "--out", str(out), "--to", "paper"]) == 1
