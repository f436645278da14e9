"""Language of the terminal, locale and folder change what is said and where it stands, never a byte of what is written."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from surveys.cli import main

#: Every command that writes files; STUDY, RESULTS, REVIEW and OUT stand for paths.
COMMANDS = {
    "score": ["score", "STUDY", "--out", "OUT"],
    "screen": ["screen", "STUDY", "--out", "OUT"],
    "compare": ["compare", "RESULTS", "RESULTS", "--out", "OUT"],
    "simulate": ["simulate", "sipas/2023", "--seed", "5", "--scale", "0.05", "--out", "OUT"],
    "map": ["map", "STUDY/returns/so-2-online.csv", "--study", "STUDY", "--out", "OUT"],
    "confirm": ["confirm", "REVIEW", "--study", "STUDY", "--out", "OUT"],
    "forms": ["forms", "STUDY", "--out", "OUT"],
    "new": ["new", "OUT", "--from", "STUDY", "--copy", "--name", "Khảo sát", "--start", "01/10/2026"],
    "blank": ["new", "--blank", "OUT"],
}


@pytest.fixture(scope="module")
def review(simulated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A review file with one decision."""
    out = tmp_path_factory.mktemp("review") / "screened"
    assert main(["screen", str(simulated), "--out", str(out)]) == 0
    path = out / "review" / "forms.csv"
    rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    rows[0] |= {"decision": "valid", "reviewer": "A", "reason": "phiếu giấy"}
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.mark.long
@pytest.mark.parametrize("command", COMMANDS)
def test_only_the_study_decides_what_is_written(
    command: str, simulated: Path, scored: Path, review: Path, tmp_path: Path
) -> None:
    here = _run(command, {"STUDY": simulated, "RESULTS": scored, "REVIEW": review}, tmp_path / "here")
    elsewhere = tmp_path / "elsewhere"
    moved = {name: elsewhere / name for name in ("STUDY", "RESULTS")}
    shutil.copytree(simulated, moved["STUDY"])
    shutil.copytree(scored, moved["RESULTS"])
    environment = {"SURVEYS_LANG": "en", "LC_ALL": "C", "LANG": "C", "TZ": "Pacific/Auckland"}
    there = _run(command, {**moved, "REVIEW": review}, tmp_path / "there", elsewhere, environment)
    asked = _run(
        command, {"STUDY": simulated, "RESULTS": scored, "REVIEW": review}, tmp_path / "asked", lang="en"
    )
    assert here
    assert there == here
    assert asked == here


def _run(
    command: str,
    paths: dict[str, Path],
    out: Path,
    folder: Path | None = None,
    environment: dict[str, str] | None = None,
    lang: str = "",
) -> dict[str, bytes]:
    """What a command writes at ``out``: relative path → bytes."""
    words = COMMANDS[command]
    for name, path in {**paths, "OUT": out}.items():
        words = [word.replace(name, str(path), 1) if word.split("/")[0] == name else word for word in words]
    known = {name: value for name, value in os.environ.items() if name != "SURVEYS_LANG"}
    root = str(Path(__file__).parents[3])
    done = subprocess.run(
        [sys.executable, "-m", "surveys", *words, *(["--lang", lang] if lang else [])],
        cwd=folder,
        env={**known, "PYTHONPATH": root, **(environment or {})},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    if out.is_file():
        return {"": out.read_bytes()}
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()}
