"""What units explained to their draft results, in the folder of results: for the institute, never for the council."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from surveys.definitions.study.records import Explanation
from surveys.handover.folder import is_private
from surveys.handover.package import package
from surveys.handover.verification import verify_folder
from surveys.scoring.scored_round import ScoredRound
from tests.surveys.handover.forging import reseal
from tests.surveys.handover.small_round import small, under

FILE = "review/explanations.csv"
SAID = (
    Explanation("so", "y-te", "2", "Phiếu sai nhóm; xem kèm", "2024-01-05"),
    Explanation("so", "noi-vu", "", "", "", "none"),
    Explanation("so", "y-te", "", "=1+1", "2024-01-08", "late", "partly", "Trần B", "đúng một phần", "2024-01-12"),
)  # fmt: skip


@pytest.fixture
def explained(tmp_path: Path) -> ScoredRound:
    scored = small(tmp_path / "study")
    folder = tmp_path / "study"
    (folder / "explanations.csv").write_text("x", encoding="utf-8")
    document = {"files": {"explanations": "explanations.csv"}}
    study = replace(
        scored.study, explanations=SAID, document=document, files=("study.toml", "explanations.csv")
    )
    return under(study, scored)


@pytest.fixture
def written(explained: ScoredRound, tmp_path: Path) -> Path:
    for path, content in package(explained).items():
        (tmp_path / "out" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "out" / path).write_bytes(content)
    return tmp_path / "out"


def test_they_stand_in_the_review_folder_in_words_and_nowhere_else(
    explained: ScoredRound, written: Path
) -> None:
    files = package(explained)
    lines = files[FILE].decode("utf-8-sig").splitlines()
    assert lines[1:] == [
        "so,noi-vu,Sở Nội vụ,,,,,none,không giải trình,pending,đang xem xét,,,",
        "so,y-te,Sở Y tế,,,'=1+1,2024-01-08,late,nhận sau thời hạn,partly,chấp nhận một phần,Trần B,đúng một phần,2024-01-12",
        "so,y-te,Sở Y tế,2,Hai,Phiếu sai nhóm; xem kèm,2024-01-05,received,đã nhận,pending,đang xem xét,,,",
    ]
    assert is_private(FILE)
    assert "Phiếu sai nhóm".encode() not in b"".join(files[path] for path in files if path != FILE)
    assert verify_folder(written) == ()


def test_without_explanations_there_is_no_such_table(small_round: ScoredRound) -> None:
    assert FILE not in package(small_round)


@pytest.mark.parametrize(
    ("old", "new", "code", "column"),
    [
        ("so,y-te,Sở Y tế,2", "so,y-te,Sở Nội vụ,2", "verify.of_tree", "unit_name"),
        (",2,Hai,", ",2,Một,", "verify.of_tree", "node_name"),
        (",received,", ",lost,", "verify.not_accepted", "status"),
        ("so,noi-vu,Sở Nội vụ,,,,,none,không giải trình,pending,đang xem xét,,,\r\n", "", "verify.run_count",
         "decisions.explanations"),
    ],
)  # fmt: skip
def test_what_others_changed_is_found(written: Path, old: str, new: str, code: str, column: str) -> None:
    content = (written / FILE).read_bytes().decode()
    assert old in content
    (written / FILE).write_bytes(content.replace(old, new).encode())
    reseal(written)
    assert (code, column) in [(problem.code, problem.column) for problem in verify_folder(written)]
