"""The fingerprint: made by other means, what it covers, and how it is read back."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import openpyxl
import pytest

from surveys.handed_over import verify
from surveys.handover.fingerprint import fingerprint, typed_fingerprint
from surveys.handover.package import deliver, deliver_screening
from surveys.problems import Problem, SurveyError
from surveys.scoring.scored_round import ScoredRound
from tests.surveys.handover.forging import edit, forge


@pytest.fixture
def out(small_round: ScoredRound, tmp_path: Path) -> Path:
    deliver(small_round, tmp_path / "out")
    return tmp_path / "out"


def by_hand(folder: Path, *parts: str) -> str:
    """The fingerprint from the files themselves: their checksums, path by path, and the checksum of those."""
    paths = sorted(
        path for part in parts for path in folder.glob(f"{part}*") if path.suffix in (".csv", ".json")
    )
    lines = [
        f"{sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n" for path in paths
    ]
    digits = sha256("".join(lines).encode()).hexdigest()
    return " ".join(digits[k : k + 4] for k in range(0, 64, 4))


def told(problems: tuple[Problem, ...]) -> set[tuple[str, str]]:
    return {(problem.code, problem.file) for problem in problems}


def test_it_is_the_checksum_of_the_checksums(out: Path, tmp_path: Path, small_round: ScoredRound) -> None:
    assert fingerprint(out) == by_hand(out / "council", "")
    assert fingerprint(str(out / "council")) == fingerprint(out)
    deliver_screening(small_round.screened, tmp_path / "screened")
    assert fingerprint(tmp_path / "screened") == by_hand(tmp_path / "screened", "", "review/")


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum here")
def test_the_tools_of_the_system_give_it_too(out: Path) -> None:
    command = "LC_ALL=C grep -E '[.](csv|json)$' SHA256SUMS | sha256sum"
    done = subprocess.run(
        command, shell=True, cwd=out / "council", capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[0] == fingerprint(out).replace(" ", "")


def test_the_workbook_shows_it(out: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO((out / "council/survey-scores.xlsx").read_bytes()))
    shown = {row[0].value: row[1].value for row in book["Nhận dạng"].iter_rows(min_row=5)}
    assert shown["Mã đối chiếu"] == fingerprint(out)


def test_every_result_is_under_the_fingerprint_of_the_council(out: Path) -> None:
    """A change of any table, made good in all checksums, changes what the council can compare."""
    before = fingerprint(out)
    recorded = json.loads((out / "council/run.json").read_bytes())["outputs"]
    assert {"scores.csv", "forms.csv", "weights.csv", "datapackage.json"} <= recorded.keys()
    assert not [path for path in recorded if path.startswith(("council/", "review/")) or path == "run.json"]
    assert recorded == {path: sha256((out / path).read_bytes()).hexdigest() for path in recorded}
    edit(out / "forms.csv", lambda forms: forms[0].update(source_row="77"))
    assert ("verify.file_changed", "forms.csv") in told(verify(out))
    forge(out)
    assert verify(out) == ()
    assert fingerprint(out / "council") != before
    assert told(verify(out, fingerprint=before)) == {("fingerprint.differs", str(out))}


def test_a_result_that_the_manifest_records_otherwise_is_named(out: Path) -> None:
    """Checksums made again, the manifest left as it was."""
    edit(out / "forms.csv", lambda forms: forms[0].update(source_row="77"))
    run = (out / "run.json").read_bytes()
    forge(out)
    for part in ("", "council/"):
        (out / part / "run.json").write_bytes(run)
    (out / "added.csv").write_text("a")
    found = {code: file for code, file in told(verify(out)) if code == "verify.output"}
    assert ("verify.output", "forms.csv") in told(verify(out))
    assert found


def test_results_of_an_earlier_version_say_what_the_fingerprint_covers(out: Path) -> None:
    for part in (out, out / "council"):
        run = json.loads((part / "run.json").read_bytes())
        del run["outputs"]
        (part / "run.json").write_text(json.dumps(run), encoding="utf-8")
    found = verify(out)
    assert ("verify.outputs_not_recorded", "run.json") in told(found)
    assert [p.severity for p in found if p.code == "verify.outputs_not_recorded"] == ["warning"]


def test_it_is_read_back_however_it_is_typed(out: Path) -> None:
    digits = fingerprint(out)
    for typed in (
        digits.upper(), digits.replace(" ", ""), digits.replace(" ", "-"), digits.replace(" ", " – "),
        f"  {digits}\n", digits.replace(" ", "\u00a0\n"),
    ):  # fmt: skip
        assert typed_fingerprint(typed) == digits
        assert verify(out, fingerprint=typed) == ()


@pytest.mark.parametrize(
    ("typed", "code", "params"),
    [
        ("abcd " * 15 + "abc", "fingerprint.length", {"expected": "64", "groups": "16", "found": "63"}),
        ("abcd " * 17, "fingerprint.length", {"expected": "64", "groups": "16", "found": "68"}),
        ("", "fingerprint.length", {"expected": "64", "groups": "16", "found": "0"}),
        ("-", "fingerprint.length", {"expected": "64", "groups": "16", "found": "0"}),
        ("abcd abcO" + " abcd" * 14, "fingerprint.digit", {"group": "2", "found": "o"}),
        ("abcd ăbcd", "fingerprint.digit", {"group": "2", "found": "ă"}),
    ],
)
def test_what_is_no_fingerprint_says_what_one_is(
    typed: str, code: str, params: dict[str, str], out: Path
) -> None:
    (found,) = verify(out, fingerprint=typed)
    assert (found.code, found.severity, dict(found.params)) == (code, "error", params)


def test_what_is_no_package_has_none(tmp_path: Path) -> None:
    for folder, code in ((tmp_path / "nowhere", "verify.no_folder"), (tmp_path, "verify.not_a_package")):
        with pytest.raises(SurveyError) as error:
            fingerprint(folder)
        assert [problem.code for problem in error.value.problems] == [code]
        assert {problem.code for problem in verify(folder, fingerprint="ab" * 32)} == {code}
