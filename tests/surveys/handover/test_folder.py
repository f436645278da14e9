"""All or nothing: whatever happens while writing, the old folder or the new one is there, whole."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from surveys.handover import folder as folder_module
from surveys.handover.folder import write_folder
from surveys.handover.manifest import MANIFEST, SUMS, digests_of, sums_bytes
from surveys.handover.package import package
from surveys.problems import SurveyError
from surveys.scoring.scored_round import ScoredRound

MARK = b'{"format": "surveys/run/1", "content": "scores"}\n'


def _files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def _result(word: bytes) -> dict[str, bytes]:
    """A small folder that counts as a result."""
    files = {
        "scores.csv": word,
        "council/scores.csv": word * 2,
        "review/decisions.csv": b"decision",
        MANIFEST: MARK,
    }
    return {**files, SUMS: sums_bytes(digests_of(files))}


OLD, NEW = _result(b"old"), _result(b"new")


def test_a_new_folder_is_written_whole(tmp_path: Path) -> None:
    heard: list[tuple[str, int, int]] = []
    write_folder(tmp_path / "a" / "b" / "out", NEW, lambda *step: heard.append(step))
    assert _files(tmp_path / "a" / "b" / "out") == NEW
    assert heard == [("write", k + 1, len(NEW)) for k in range(len(NEW))]
    assert [p.name for p in (tmp_path / "a" / "b").iterdir()] == ["out"]


def test_an_earlier_result_and_an_empty_folder_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".DS_Store").write_bytes(b"desktop")
    write_folder(tmp_path / "out", OLD)
    write_folder(tmp_path / "out", NEW)
    assert _files(tmp_path / "out") == NEW
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_it_can_be_read_by_those_who_may_read_the_files_beside_it(tmp_path: Path) -> None:
    write_folder(tmp_path / "out", NEW)
    (tmp_path / "beside").mkdir()
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "beside").stat().st_mode


def _code(call: Callable[[], None]) -> tuple[str, ...]:
    with pytest.raises(SurveyError) as raised:
        call()
    return tuple(problem.code for problem in raised.value.problems)


def test_folders_of_others_are_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "study.toml").write_text("mine")
    assert _code(lambda: write_folder(out, NEW)) == ("handover.out_is_foreign",)
    assert _files(out) == {"study.toml": b"mine"}
    (tmp_path / "file").write_text("mine")
    assert _code(lambda: write_folder(tmp_path / "file", NEW)) == ("handover.out_is_a_file",)
    assert (tmp_path / "file").read_text() == "mine"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / MANIFEST).write_text('{"format": "somebody else\'s"}')
    assert _code(lambda: write_folder(tmp_path / "other", NEW)) == ("handover.out_is_foreign",)


def test_scores_replace_a_screening_but_nothing_else_replaces_scores(tmp_path: Path) -> None:
    screened = {**NEW, MANIFEST: MARK.replace(b"scores", b"screening")}
    write_folder(tmp_path / "out", screened)
    write_folder(tmp_path / "out", OLD)
    assert _code(lambda: write_folder(tmp_path / "out", screened)) == ("handover.out_is_other",)
    assert _files(tmp_path / "out") == OLD


def test_files_that_people_added_or_filled_in_are_not_lost(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_folder(out, OLD)
    (out / "notes.docx").write_bytes(b"mine")
    (out / "review" / "decisions.csv").write_bytes(b"valid")
    before = _files(out)
    assert _code(lambda: write_folder(out, NEW)) == (
        "handover.out_has_added_files",
        "handover.out_has_edited_files",
    )
    assert _files(out) == before


class Interrupted(BaseException):
    """Stands for whatever ends a run in the middle of a step."""


def _steps() -> list[tuple[Any, str]]:
    """Every call by which writing touches the disk."""
    return [
        (tempfile, "mkdtemp"),
        (os, "chmod"),
        (folder_module, "_write_file"),
        (os, "fsync"),
        (folder_module, "_sync"),
        (folder_module, "_put"),
        (folder_module, "_exchange"),
    ]


@pytest.mark.long
@pytest.mark.parametrize("fault", [Interrupted, KeyboardInterrupt, OSError(errno.ENOSPC, "no space")])
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("step", range(7))
def test_a_fault_in_any_step_leaves_the_old_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int, before: bool, fault: type[BaseException]
) -> None:
    place, name = _steps()[step]
    true_step = getattr(place, name)
    for nth in range(len(NEW) + 4):  # the nth call of that step goes wrong
        out = tmp_path / f"out-{nth}"
        write_folder(out, OLD)
        calls = iter(range(nth, -1, -1))

        def broken(*args: Any, calls: Any = calls, **kwargs: Any) -> Any:
            if next(calls, -1) != 0:
                return true_step(*args, **kwargs)
            if not before:
                true_step(*args, **kwargs)
            raise fault

        with monkeypatch.context() as patched:
            patched.setattr(place, name, broken)
            with contextlib.suppress(Interrupted, KeyboardInterrupt, OSError):
                write_folder(out, NEW)
        assert _files(out) in (OLD, NEW)
        for leftover in tmp_path.glob(
            ".*draft*"
        ):  # at most the drafts of the step that made them, removed next time
            assert name == "mkdtemp", leftover
        write_folder(out, NEW)
        assert _files(out) == NEW
        assert not list(tmp_path.glob(f".{out.name}.draft*"))


@pytest.mark.parametrize("nth", [0, 1, 2])
def test_without_an_exchange_of_folders_a_fault_is_undone_or_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    """Two renames, as on Windows: a fault is undone at once; a kill is mended by the next run."""
    out = tmp_path / "out"
    write_folder(out, OLD)
    rename, calls = os.rename, iter(range(nth, -1, -1))

    def broken(*args: Any) -> None:
        if next(calls, -1) == 0:
            raise Interrupted
        rename(*args)

    with monkeypatch.context() as patched:
        patched.setattr(folder_module, "_exchange", lambda one, other: False)
        patched.setattr(os, "rename", broken)
        with pytest.raises(Interrupted):
            write_folder(out, NEW)
    assert _files(out) in (OLD, NEW)


def test_a_result_caught_between_two_renames_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path / "out", OLD)
    os.rename(tmp_path / "out", tmp_path / ".out.draft-x.old")

    def full(path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(folder_module, "_write_file", full)
        with pytest.raises(OSError, match="space"):
            write_folder(tmp_path / "out", NEW)
    assert _files(tmp_path / "out") == OLD


KILLED = """
import sys
from pathlib import Path
from surveys.handover.folder import write_folder
from surveys.handover.manifest import digests_of, sums_bytes
out, files = Path(sys.argv[1]), {f"f{k:03d}.csv": bytes(20000) for k in range(300)}
files["run.json"] = b'{"format": "surveys/run/1", "content": "scores"}'
files["SHA256SUMS"] = sums_bytes(digests_of(files))
print("go", flush=True)
while True:
    write_folder(out, files)
"""


@pytest.mark.long
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
def test_a_killed_run_leaves_a_whole_result_and_no_rubbish(tmp_path: Path) -> None:
    out = tmp_path / "out"
    whole = {f"f{k:03d}.csv" for k in range(300)} | {"run.json", "SHA256SUMS"}
    write_folder(out, OLD)
    for pause in (0.0, 0.003, 0.01, 0.03, 0.06, 0.1, 0.15):
        process = subprocess.Popen([sys.executable, "-c", KILLED, str(out)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline() == b"go\n"
        time.sleep(pause)
        process.kill()
        process.wait()
        process.stdout.close()
        found = _files(out)
        assert found == OLD or set(found) == whole
        assert all(len(content) == 20000 for name, content in found.items() if name.startswith("f"))
    write_folder(tmp_path / "out", _files(out))
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_real_package_survives_a_failed_second_run(
    small_round: ScoredRound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = package(small_round)
    write_folder(tmp_path / "out", files)

    def full(path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(folder_module, "_write_file", full)
        with pytest.raises(OSError, match="space"):
            write_folder(tmp_path / "out", files)
    assert _files(tmp_path / "out") == files


def _earlier(out: Path, *without: str) -> None:
    """An earlier result at ``out``, of which some files are gone."""
    write_folder(out, OLD)
    for name in without:
        (out / name).unlink()


@pytest.mark.parametrize("name", ["bien-ban.txt", "council/biên bản họp.docx", "review/phan-cong.xlsx"])
@pytest.mark.parametrize("without", [(), (SUMS,), (SUMS, "scores.csv")])
def test_a_file_that_no_run_wrote_stays(name: str, without: tuple[str, ...], tmp_path: Path) -> None:
    """Whether the checksums of the earlier run are there or not."""
    out = tmp_path / "out"
    _earlier(out, *without)
    (out / name).write_bytes("của tôi".encode())
    before = _files(out)
    with pytest.raises(SurveyError) as raised:
        write_folder(out, NEW)
    assert {p.code for p in raised.value.problems} == {"handover.out_has_added_files"}
    assert name in dict(raised.value.problems[0].params)["found"] or without
    assert _files(out) == before


def test_a_table_that_someone_changed_stays(tmp_path: Path) -> None:
    """A result opened in a spreadsheet program and saved with a column of notes."""
    _earlier(tmp_path / "out")
    (tmp_path / "out" / "council" / "scores.csv").write_bytes(b"with notes")
    assert _code(lambda: write_folder(tmp_path / "out", NEW)) == ("handover.out_has_edited_files",)
    assert (tmp_path / "out" / "council" / "scores.csv").read_bytes() == b"with notes"


def test_an_empty_folder_and_a_link_within_a_result_stay(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    one, two = tmp_path / "one", tmp_path / "two"
    _earlier(one)
    _earlier(two)
    (one / "ghi-chu").mkdir()
    (two / "ghi-chu").symlink_to(tmp_path / "mine")
    assert _code(lambda: write_folder(one, NEW)) == ("handover.out_has_added_files",)
    assert _code(lambda: write_folder(two, NEW)) == ("handover.out_has_added_files",)
    assert (one / "ghi-chu").is_dir()
    assert (two / "ghi-chu").is_dir()
