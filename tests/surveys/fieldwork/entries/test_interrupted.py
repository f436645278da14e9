"""Adding that fails at any call to the disk, or meets another run, leaves the study as it was or as it is to be."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import surveys as sv
from tests.surveys.fieldwork.entries.test_entered import SAMPLES, returns_csv, tree

CALLS = ("link", "rename", "replace", "mkdir", "chmod", "fsync")


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """The first survey with a file of returns that a newer one is to replace."""
    folder = tmp_path / "study"
    shutil.copytree(SAMPLES / "first-survey", folder)
    sv.add(returns_csv(tmp_path / "phiếu.csv"), folder)
    return folder


def given(folder: Path) -> list[Path]:
    issued = folder / "issued.csv"
    issued.write_text("form_code,questionnaire,unit\nP1,xa-1,x1\n", encoding="utf-8")
    return [returns_csv(folder / "phiếu.csv", unit="Xã Đông Hòa"), issued, returns_csv(folder / "mới.csv")]


@pytest.mark.long
@pytest.mark.parametrize("name", CALLS)
def test_all_or_nothing_whichever_call_fails(
    name: str, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, real = given(tmp_path), getattr(os, name)
    whole = tmp_path / "whole"
    shutil.copytree(study, whole)
    sv.add(files, whole, replace=True)
    before, after = tree(study), tree(whole)
    assert before != after
    for failing in range(200):
        left = [failing]

        def call(*arguments: object, _left: list[int] = left, **more: object) -> object:
            _left[0] -= 1
            if _left[0] == -1:
                raise OSError(28, "No space left on device", str(study))
            return real(*arguments, **more)

        with monkeypatch.context() as patched:
            patched.setattr(os, name, call)
            with contextlib.suppress(OSError):
                sv.add(files, study, replace=True)
        if left[0] >= 0:  # there was no such call any more
            break
        found = {path: content for path, content in tree(study).items() if ".draft/" not in path}
        assert found in (before, after), f"{name} {failing}"
        if found == after:
            shutil.rmtree(study)
            shutil.copytree(whole, study)
            for path in set(after) - set(before):
                (study / path).unlink()
            for path, content in before.items():
                (study / path).write_bytes(content)
    assert {path for path in tree(study) if ".draft/" in path} == set()
    assert tree(study) == after


@pytest.mark.long
def test_runs_at_the_same_time_follow_one_another(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    shutil.copytree(SAMPLES / "first-survey", folder)
    files = [
        returns_csv(tmp_path / f"phiếu {k}.csv", unit=f"Xã {name}")
        for k, name in enumerate(("An Bình", "Đông Hòa"))
    ]
    programs = [
        subprocess.Popen([sys.executable, "-m", "surveys", "add", str(file), "--study", str(folder)])
        for file in files
    ]
    assert [program.wait() for program in programs] == [0, 0]
    named = {entry.path for entry in sv.load(folder).definition.returns}
    assert named == {"returns/google-forms.xlsx", "returns/phiếu 0.csv", "returns/phiếu 1.csv"}


_KILLED = """
import os, sys
left = [int(sys.argv[1])]
def ending(real):
    def call(*arguments, **more):
        left[0] -= 1
        if left[0] < 0:
            os._exit(9)
        return real(*arguments, **more)
    return call
for name in ("link", "rename", "replace", "mkdir", "chmod", "fsync", "unlink", "rmdir"):
    setattr(os, name, ending(getattr(os, name)))
import surveys as sv
sv.add(sys.argv[3:], sys.argv[2], replace=True)
"""


@pytest.mark.long
@pytest.mark.parametrize("call", range(2, 50, 6))
def test_a_run_that_was_killed_is_made_up_for_by_the_next(call: int, study: Path, tmp_path: Path) -> None:
    files = given(tmp_path)
    whole = tmp_path / "whole"
    shutil.copytree(study, whole)
    sv.add(files, whole, replace=True)
    before = (study / "study.toml").read_bytes()
    arguments = [sys.executable, "-c", _KILLED, str(call), str(study), *map(str, files)]
    done = subprocess.run(arguments, capture_output=True, check=False)
    assert done.returncode in (0, 9), done.stderr.decode()[-500:]
    assert (study / "study.toml").read_bytes() in (before, (whole / "study.toml").read_bytes())
    sv.load(study)
    sv.add(files, study, replace=True)
    assert tree(study) == tree(whole)
