"""What people put into a folder of results, before a run or while it writes, is still there afterwards."""

from __future__ import annotations

import os
import random
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from surveys.handover.earlier_results import untouched
from surveys.handover.folder import ready, write_folder
from surveys.handover.manifest import MANIFEST, SUMS, digests_of, sums_bytes
from surveys.problems import Problem, SurveyError
from surveys.vocabulary import output_draft
from surveys.vocabulary.new_file import write_new
from surveys.vocabulary.new_folder import write_new_folder
from tests.campaigns.disk_calls import doing_at
from tests.surveys.handover.small_results import MARK, NEW, OLD, files_below, small_result

Stranger = Callable[[Path, bytes], None]


def add(where: str) -> Stranger:
    def act(place: Path, mark: bytes) -> None:
        (place / where).parent.mkdir(parents=True, exist_ok=True)
        (place / where).write_bytes(mark)

    return act


def edit(which: str) -> Stranger:
    def act(place: Path, mark: bytes) -> None:
        if (place / which).is_file():
            with open(place / which, "ab") as file:
                file.write(mark)

    return act


def link_in_place_of(which: str) -> Stranger:
    """A file moved elsewhere, a link to it left in its place, as some programs that keep copies do."""

    def act(place: Path, mark: bytes) -> None:
        if (place / which).is_file() and not (place / which).is_symlink():
            there = place.parent / "elsewhere" / mark.decode()
            there.parent.mkdir(exist_ok=True)
            os.rename(place / which, there)
            (place / which).symlink_to(there)
            add("note-on-link.txt")(place, mark)

    return act


def rename_folder(place: Path, mark: bytes) -> None:
    if (place / "council").is_dir():
        os.rename(place / "council", place / f"hội đồng {mark.decode()}")
        add(f"hội đồng {mark.decode()}/ghi chú.txt")(place, mark)


def take_sums_away(place: Path, mark: bytes) -> None:
    (place / SUMS).unlink(missing_ok=True)
    add("biên bản.docx")(place, mark)


def seal_anew(which: str) -> Stranger:
    """A file added or changed, and checksums made again over all that is there."""

    def act(place: Path, mark: bytes) -> None:
        (edit if (place / which).exists() else add)(which)(place, mark)
        found = {path: content for path, content in files_below(place).items() if path != SUMS}
        (place / SUMS).write_bytes(sums_bytes(digests_of(found)))

    return act


def other_record(place: Path, mark: bytes) -> None:
    if (place / MANIFEST).is_file():
        (place / MANIFEST).write_bytes(MARK.replace(b"}", b', "note": "' + mark + b'"}'))


STRANGERS: tuple[Stranger, ...] = (
    add("notes.docx"), add("council/biên bản họp.docx"), add(".hidden"), add("review/phan-cong.xlsx"), add("a/b/c/d.txt"),
    add("scores.csv.bak"), add(".git/HEAD"), add("~$large.docx/inside.txt"), add("run.json.txt"), add("review/forms2.xlsx"),
    edit("scores.csv"), edit("review/forms.csv"), edit("review/forms.xlsx"), edit("council/scores.csv"), edit(SUMS),
    edit(MANIFEST), edit("datapackage.json"), edit("council/datapackage.json"),
    link_in_place_of("scores.csv"), link_in_place_of("council/scores.csv"), rename_folder, take_sums_away, other_record,
    seal_anew("notes.docx"), seal_anew("notes.csv"), seal_anew("scores.csv"), seal_anew("council/scores.csv"),
    seal_anew("review/notes.xlsx"), seal_anew("notes.toml"),
)  # fmt: skip


def _there(folder: Path, mark: bytes) -> bool:
    """Whether somebody's bytes are still in some file below a folder."""
    return any(mark in content for content in files_below(folder).values())


def _told(work: Callable[[], None]) -> tuple[Problem, ...]:
    try:
        work()
    except SurveyError as error:
        return error.problems
    return ()


@pytest.mark.parametrize("stranger", STRANGERS, ids=range(len(STRANGERS)))
@pytest.mark.parametrize("content", ["scores", "screening"])
def test_what_was_there_before_a_run_stays(stranger: Stranger, content: str, tmp_path: Path) -> None:
    place, mark = tmp_path / "out", b"STRANGER-1"
    mine = small_result(b"old", MARK.replace(b"scores", content.encode()))
    write_folder(place, mine)
    stranger(place, mark)
    assert untouched(place) is None
    before = files_below(tmp_path)
    assert _told(lambda: ready(place, "scores"))
    assert _told(lambda: write_folder(place, NEW))
    assert files_below(tmp_path) == before
    assert _there(tmp_path, mark)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(60))
def test_several_strangers(seed: int, tmp_path: Path) -> None:
    """Several at once, then the command again and again: nothing of theirs vanishes, now or later."""
    generator, place = random.Random(seed), tmp_path / "out"
    write_folder(place, OLD)
    marks: list[bytes] = []
    for _ in range(3):
        for nth in range(generator.randint(1, 3)):
            marks.append(f"STRANGER-{len(marks)}-{nth}.".encode())
            generator.choice(STRANGERS)(place, marks[-1])
        kept = [
            mark for mark in marks if _there(tmp_path, mark)
        ]  # what one of them did away with is not ours
        _told(lambda: write_folder(place, NEW))
        assert [mark for mark in kept if not _there(tmp_path, mark)] == []


def _told_at(nth: int, act: Callable[[], None], work: Callable[[], None]) -> tuple[Problem, ...]:
    """What is told when somebody acts at the nth call to the disk of some work."""
    told: list[Problem] = []
    doing_at(nth, act, lambda: told.extend(_told(work)))
    return tuple(told)


def _calls(work: Callable[[Path], None], folder: Path) -> int:
    """How many calls to the disk some work takes."""
    write_folder(folder / "count" / "out", OLD)
    found = doing_at(0, lambda: None, lambda: work(folder / "count" / "out"))
    shutil.rmtree(folder / "count")
    return found


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be renamed there")
@pytest.mark.parametrize("two_steps", [False, True], ids=["exchange", "two steps"])
@pytest.mark.parametrize(
    "stranger", [add("notes.docx"), edit("scores.csv"), add("council/new/deep.txt"), edit(SUMS)]
)
def test_what_somebody_does_at_any_moment_of_writing_stays(
    stranger: Stranger, two_steps: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each call, before it and after it: the folder is replaced or the run is refused, and what was added is somewhere."""
    if two_steps:
        monkeypatch.setattr(output_draft, "exchange", lambda *_: False)
    total = _calls(lambda place: write_folder(place, NEW), tmp_path)
    assert total > 150
    outcomes = set()
    for nth in range(1, total + 1):
        folder, mark = tmp_path / str(nth), f"STRANGER-{nth}.".encode()
        place = folder / "out"
        write_folder(place, OLD)

        def act(place: Path = place, mark: bytes = mark) -> None:
            if place.is_dir():
                stranger(place, mark)

        told = _told_at(nth, act, partial(write_folder, place, NEW))
        codes = {problem.code for problem in told}
        outcomes |= codes or {"replaced"}
        there = {path: content for path, content in files_below(folder).items() if mark in content}
        acted = not two_steps or there
        assert there or not acted, nth
        words = " ".join(problem.text("en") for problem in told)
        for path in there:  # in the folder itself, or where the words say
            top = path.split("/")[0]
            assert top == "out" or top in words, (nth, path, words)
        found = {path: content for path, content in files_below(place).items() if mark not in content}
        assert found.items() <= OLD.items() or found.items() <= NEW.items(), nth
        shutil.rmtree(folder)
    assert outcomes >= {"replaced", "file.kept_aside"}
    assert outcomes & {"handover.out_has_added_files", "handover.out_has_edited_files"}


@pytest.mark.parametrize(
    "where", ["mine.txt", "new/mine.txt", "swap/mine.txt", "old/mine.txt", "gone/mine.txt"]
)
def test_what_somebody_put_into_the_draft_of_a_killed_run_is_kept_and_told(
    where: str, tmp_path: Path
) -> None:
    place, draft = tmp_path / "out", tmp_path / ".out.draft"
    write_folder(place, OLD)

    class Killed(BaseException):
        pass

    def kill() -> None:
        shutil.copytree(draft, tmp_path / "copy")
        raise Killed

    total = _calls(lambda place: write_folder(place, NEW), tmp_path)
    with pytest.raises(Killed):
        doing_at(total // 2, kill, lambda: write_folder(place, NEW))
    os.rename(tmp_path / "copy", draft)
    (draft / where).parent.mkdir(exist_ok=True)
    (draft / where).write_bytes(b"mine")
    (told,) = _told(lambda: write_folder(place, NEW))
    assert (told.code, dict(told.params)["kept"]) == ("file.kept_aside", str(tmp_path / "out.kept"))
    assert files_below(tmp_path / "out.kept") == {where: b"mine"}
    assert files_below(place) == OLD
    write_folder(place, NEW)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "out.kept"]


def test_a_second_folder_that_is_kept_gets_another_name(tmp_path: Path) -> None:
    (tmp_path / "out.kept").mkdir()
    (tmp_path / ".out.draft" / "new").mkdir(parents=True)
    (tmp_path / ".out.draft" / "new" / "mine").write_bytes(b"mine")
    (tmp_path / ".out.draft" / output_draft.RECORD).write_bytes(
        b'{"format": "surveys/draft/1", "files": {"a": "b"}}\n'
    )
    (told,) = _told(lambda: write_new_folder(tmp_path / "out", {"a": b"a"}))
    assert dict(told.params)["kept"] == str(tmp_path / "out.kept-2")
    assert (tmp_path / "out.kept-2" / "new" / "mine").read_bytes() == b"mine"


@pytest.mark.parametrize(
    "write", [lambda p: write_new(p, b"ours"), lambda p: write_new_folder(p, {"a": b"ours"})]
)
def test_what_appears_while_a_new_file_or_folder_is_written_stays(
    write: Callable[[Path], None], tmp_path: Path
) -> None:
    total = doing_at(0, lambda: None, lambda: write(tmp_path / "count"))
    outcomes = set()
    for nth in range(1, total + 1):
        place = tmp_path / str(nth) / "out"
        place.parent.mkdir()

        def act(place: Path = place) -> None:
            if not place.exists():
                place.write_bytes(b"STRANGER")

        told = _told_at(nth, act, partial(write, place))
        outcomes |= {problem.code for problem in told} or {"written"}
        if told or (place.is_file() and place.read_bytes() == b"STRANGER"):
            assert _there(place.parent, b"STRANGER"), nth
        assert not (place.parent / ".out.draft").exists()
    assert "written" in outcomes
    assert outcomes & {"file.exists", "file.folder_not_empty"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
@pytest.mark.parametrize("name", ["datapackage.json", "run.json", SUMS])
def test_a_pipe_in_the_place_of_a_file_is_a_stranger_and_keeps_nobody_waiting(
    name: str, tmp_path: Path
) -> None:
    place = tmp_path / "results"
    write_folder(place, OLD)
    (place / name).unlink(missing_ok=True)
    os.mkfifo(place / name)
    with pytest.raises(SurveyError) as refused:
        write_folder(place, NEW)
    assert {p.code for p in refused.value.problems} <= {
        "handover.out_has_added_files", "handover.out_has_edited_files", "handover.out_is_foreign"
    }  # fmt: skip
    assert (place / name).is_fifo()
