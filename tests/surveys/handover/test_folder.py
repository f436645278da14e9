"""All or nothing: whatever happens while writing, the old folder or the new one is there, whole."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from surveys.handover.folder import write_folder
from surveys.handover.manifest import MANIFEST, SUMS
from surveys.handover.package import package
from surveys.problems import SurveyError
from surveys.scoring.scored_round import ScoredRound
from surveys.vocabulary import folder_exchange, output_draft, stop_requests
from tests.surveys.handover.small_results import MARK, NEW, OLD, files_below, small_result


def test_a_new_folder_is_written_whole(tmp_path: Path) -> None:
    heard: list[tuple[str, int, int]] = []
    write_folder(tmp_path / "a" / "b" / "out", NEW, lambda *step: heard.append(step))
    assert files_below(tmp_path / "a" / "b" / "out") == NEW
    assert heard == [("write", k + 1, len(NEW)) for k in range(len(NEW))]
    assert [p.name for p in (tmp_path / "a" / "b").iterdir()] == ["out"]


def test_an_earlier_result_and_an_empty_folder_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".DS_Store").write_bytes(b"desktop")
    write_folder(tmp_path / "out", OLD)
    write_folder(tmp_path / "out", NEW)
    assert files_below(tmp_path / "out") == NEW
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
    assert files_below(out) == {"study.toml": b"mine"}
    (tmp_path / "file").write_text("mine")
    assert _code(lambda: write_folder(tmp_path / "file", NEW)) == ("handover.out_is_a_file",)
    assert (tmp_path / "file").read_text() == "mine"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / MANIFEST).write_text('{"format": "somebody else\'s"}')
    assert _code(lambda: write_folder(tmp_path / "other", NEW)) == ("handover.out_is_foreign",)


def test_scores_replace_a_screening_but_nothing_else_replaces_scores(tmp_path: Path) -> None:
    screened = small_result(b"new", MARK.replace(b"scores", b"screening"))
    write_folder(tmp_path / "out", screened)
    write_folder(tmp_path / "out", OLD)
    assert _code(lambda: write_folder(tmp_path / "out", screened)) == ("handover.out_is_other",)
    assert files_below(tmp_path / "out") == OLD


def test_files_that_people_added_or_filled_in_are_not_lost(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_folder(out, OLD)
    (out / "notes.docx").write_bytes(b"mine")
    (out / "review" / "forms.csv").write_bytes(b"valid")
    before = files_below(out)
    assert _code(lambda: write_folder(out, NEW)) == (
        "handover.out_has_added_files",
        "handover.out_has_edited_files",
    )
    assert files_below(out) == before


def test_a_real_package_survives_a_failed_second_run(
    small_round: ScoredRound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = package(small_round)
    write_folder(tmp_path / "out", files)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="space"):
            write_folder(tmp_path / "out", files)
    assert files_below(tmp_path / "out") == files


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
    before = files_below(out)
    with pytest.raises(SurveyError) as raised:
        write_folder(out, NEW)
    assert "handover.out_has_added_files" in {p.code for p in raised.value.problems}
    assert name in dict(raised.value.problems[0].params)["found"] or without
    assert files_below(out) == before


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


def test_the_disk_has_everything_before_the_folders_change_places_and_the_old_goes_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a power cut finds: each file and folder of the new is forced to disk before the exchange, the names above after it,
    and only then is anything of the old removed."""
    done: list[tuple[str, str]] = []
    true_fsync, true_unlink = os.fsync, os.unlink

    def fsync(handle: int) -> None:
        true_fsync(handle)
        done.append(
            ("sync", os.readlink(f"/proc/self/fd/{handle}") if Path("/proc/self/fd").exists() else "?")
        )

    def unlink(path: Path) -> None:
        done.append(("remove", str(path)))
        true_unlink(path)

    def exchange(one: Path, other: Path) -> bool:
        done.append(("exchange", str(other)))
        return folder_exchange.exchange(one, other)

    out = tmp_path / "above" / "out"
    write_folder(out, OLD)
    if not Path("/proc/self/fd").exists():
        pytest.skip("what a handle stands for is told by /proc")
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "unlink", unlink)
    monkeypatch.setattr(output_draft, "exchange", exchange)
    write_folder(out, NEW)
    at = done.index(("exchange", str(out)))
    new = tmp_path / "above" / ".out.draft" / "new"
    before = {path for what, path in done[:at] if what == "sync"}
    folders = {str((new / path).parent) for path in NEW}
    assert before >= {str(new / path) for path in NEW} | folders | {str(new.parent)}
    assert not [path for what, path in done[:at] if what == "remove"]
    first_removed = next(k for k, (what, _) in enumerate(done) if what == "remove")
    after = {path for what, path in done[at:first_removed] if what == "sync"}
    assert after >= {str(tmp_path / "above"), str(tmp_path / "above" / ".out.draft")}


def test_folders_above_that_are_new_are_forced_to_disk_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(output_draft, "sync", synced.append)
    write_folder(tmp_path / "a" / "b" / "out", NEW)
    assert {tmp_path, tmp_path / "a", tmp_path / "a" / "b"} <= set(synced)


def test_a_disk_that_is_full_after_the_exchange_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path / "out", OLD)
    note = output_draft.OutputDraft._note

    def full(draft: output_draft.OutputDraft, **what: object) -> None:
        if "gone" in what:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        note(draft, **what)

    monkeypatch.setattr(output_draft.OutputDraft, "_note", full)
    write_folder(tmp_path / "out", NEW)
    assert files_below(tmp_path / "out") == NEW
    assert os.listdir(tmp_path) == ["out"]


@pytest.mark.parametrize("amid", ["_opened", "_is_ours", "_discard", "clear", "_leave"])
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("before", [None, OLD])
def test_a_request_to_stop_while_a_draft_is_begun_or_cleared_leaves_none(
    amid: str, after: bool, before: dict[str, bytes] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if before:
        write_folder(tmp_path / "out", before)
    asked: list[str] = []
    where = output_draft.OutputDraft if amid in ("_discard", "_leave") else output_draft
    does = getattr(where, amid)

    def once_stopped(*parts: object) -> object:
        if asked:
            return does(*parts)
        asked.append(amid)
        if not after:
            stop_requests.heard()
        found = does(*parts)
        if after:
            stop_requests.heard()
        return found

    monkeypatch.setattr(where, amid, once_stopped)
    begins = amid in ("_opened", "_is_ours")
    if before or begins or amid == "_leave":
        with pytest.raises(KeyboardInterrupt):
            write_folder(tmp_path / "out", NEW)
    else:  # nothing is discarded where nothing stood
        write_folder(tmp_path / "out", NEW)
    there = before if begins else NEW
    assert os.listdir(tmp_path) == ([] if there is None else ["out"])
    assert there is None or files_below(tmp_path / "out") == there


def test_a_request_to_stop_while_a_draft_is_written_is_heard_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []

    def stopped(path: Path, *_: object) -> None:
        written.append(path.name)
        stop_requests.heard()

    monkeypatch.setattr(output_draft, "write_file", stopped)
    with pytest.raises(KeyboardInterrupt):
        write_folder(tmp_path / "out", NEW)
    assert len(written) == 1
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.name != "posix", reason="locks of POSIX systems")
def test_a_disk_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who makes the draft has it; a draft that is there is taken for that of a run that lives."""
    import fcntl

    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    monkeypatch.setattr(output_draft, "WAIT", 0.1)
    write_folder(tmp_path / "out", OLD)
    write_folder(tmp_path / "out", NEW)
    assert files_below(tmp_path / "out") == NEW
    with output_draft.draft_of(tmp_path / "out"):
        assert _code(lambda: write_folder(tmp_path / "out", OLD)) == ("file.being_written",)
    assert files_below(tmp_path / "out") == NEW
    assert os.listdir(tmp_path) == ["out"]
