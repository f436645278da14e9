"""Two runs at once at one place, one of them killed, a reader between them: one wins or is told, and nothing is ever mixed."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from surveys.handover.folder import ready, write_folder
from surveys.handover.manifest import MANIFEST, SUMS, read_sums
from surveys.problems import SurveyError
from surveys.vocabulary import output_draft
from surveys.vocabulary.digests import digest_of
from surveys.vocabulary.folder_content import unreplaced
from surveys.vocabulary.new_file import write_new
from surveys.vocabulary.new_folder import write_new_folder
from tests.surveys.handover.small_results import MARK, NEW, OLD, files_below, small_result

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="programs are copied")
SCREENED = small_result(b"screened", MARK.replace(b"scores", b"screening"))
#: Exit codes of a copy: it wrote, or why not.
ENDS = {
    "written": 0, "file.being_written": 11, "handover.out_is_other": 12, "file.exists": 13, "file.folder_not_empty": 14,
    "other": 99,
}  # fmt: skip
Write = Callable[[Path], None]


def _copy(work: Write, place: Path, gate: int) -> int:
    """A copy of this process that works as soon as the gate opens; its number."""
    number = os.fork()
    if number:
        return number
    code = ENDS["other"]
    try:
        os.read(gate, 1)
        work(place)
        code = 0
    except SurveyError as error:
        code = ENDS.get(error.problems[0].code, ENDS["other"])
    finally:
        os._exit(code)


def _together(works: Sequence[Write], place: Path, pause: float = -1.0) -> list[str]:
    """Copies that begin at one moment, and how each ended; the first is killed after a ``pause``."""
    gate, opener = os.pipe()
    numbers = []
    for work in works:
        numbers.append(_copy(work, place, gate))
    os.write(opener, b"." * len(works))
    if pause >= 0:
        time.sleep(pause)
        os.kill(numbers[0], signal.SIGKILL)
    names = {code: name for name, code in ENDS.items()} | {-signal.SIGKILL: "killed"}
    ends = [names[os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])] for number in numbers]
    os.close(gate)
    os.close(opener)
    return ends


def old(place: Path) -> None:
    write_folder(place, OLD)


def new(place: Path) -> None:
    write_folder(place, NEW)


def screened(place: Path) -> None:
    write_folder(place, SCREENED)


@pytest.mark.long
@pytest.mark.parametrize("two_steps", [False, True], ids=["exchange", "two steps"])
def test_two_commands_at_one_place(two_steps: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """200 times: scores against scores, and a screening against scores, which it must never replace."""
    if two_steps:
        monkeypatch.setattr(output_draft, "exchange", lambda *_: False)
    for nth in range(200):
        place = tmp_path / str(nth) / "out"
        place.parent.mkdir()
        if nth % 3 == 0:
            old(place)
        works = [(old, new), (screened, new), (new, screened, old)][nth % 3]
        ends = _together(works, place)
        found = files_below(place)
        assert found in (OLD, NEW), (nth, ends)
        assert "other" not in ends
        for work, end in zip(works, ends, strict=True):
            assert end == "written" or (work is screened and end == "handover.out_is_other"), (nth, ends)
        assert os.listdir(place.parent) == ["out"]


@pytest.mark.long
def test_one_of_two_is_killed(tmp_path: Path) -> None:
    """200 times: the other one, or the next, finds everything whole and clears what is left."""
    generator = random.Random(7)
    seen = set()
    for nth in range(200):
        place = tmp_path / str(nth) / "out"
        old(place)
        ends = _together((new, old), place, pause=generator.uniform(0, 0.03))
        seen.add(ends[0])
        assert ends[1] == "written"
        assert files_below(place) in (OLD, NEW)
        new(place)
        assert files_below(place) == NEW
        assert os.listdir(place.parent) == ["out"]
    assert "killed" in seen


@pytest.mark.long
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_two_that_write_where_nothing_may_be(kind: str, tmp_path: Path) -> None:
    def write(word: bytes) -> Write:
        if kind == "file":
            return lambda place: write_new(place, word * 1000)
        return lambda place: write_new_folder(place, {"a": word, "b/c": word})

    for nth in range(200):
        place = tmp_path / str(nth) / "out"
        place.parent.mkdir()
        ends = _together((write(b"1"), write(b"2")), place)
        assert sorted(ends) in (["file.exists", "written"], ["file.folder_not_empty", "written"]), (nth, ends)
        word = b"12"[ends.index("written") : ends.index("written") + 1]
        whole = word * 1000 if kind == "file" else {"a": word, "b/c": word}
        assert (place.read_bytes() if kind == "file" else files_below(place)) == whole
        assert os.listdir(place.parent) == ["out"]


def _whole(place: Path) -> bool:
    """Whether the files of a folder are those of its checksums, as verify looks through it."""
    sums = read_sums(place / SUMS)
    return bool(sums) and all(
        digest_of((place / path).read_bytes()) == digest for path, digest in sums.items()
    )


@pytest.mark.long
def test_a_reader_never_sees_a_mixture(tmp_path: Path) -> None:
    """While results are replaced again and again."""
    place = tmp_path / "out"
    old(place)
    gate, opener = os.pipe()

    def again_and_again(place: Path) -> None:
        for nth in range(150):
            (new if nth % 2 else old)(place)
            time.sleep(0.01)

    number = _copy(again_and_again, place, gate)
    os.write(opener, b".")
    reads, mixed = 0, 0
    while not os.waitpid(number, os.WNOHANG)[0]:
        reads += 1
        assert unreplaced(place, lambda: _whole(place))
        try:
            mixed += not _whole(place)
        except OSError:
            mixed += 1
    assert reads > 20


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Path]:
    """A place at which another program is writing."""
    gate, opener = os.pipe()
    tell, told = os.pipe()

    def hold(place: Path) -> None:
        with output_draft.draft_of(place):
            os.write(told, b".")
            os.read(gate, 1)

    place = tmp_path / "out"
    go, open_gate = os.pipe()
    number = _copy(hold, place, go)
    os.write(open_gate, b".")
    os.read(tell, 1)
    yield place
    os.write(opener, b".")
    os.waitpid(number, 0)


@pytest.mark.parametrize(
    "work",
    [
        new,
        lambda p: ready(p, "scores"),
        lambda p: write_new(p, b""),
        lambda p: write_new_folder(p, {"a": b""}),
    ],
)
def test_who_waits_too_long_is_told(work: Write, live: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output_draft, "WAIT", 0.1)
    draft = live.parent / ".out.draft"
    before = files_below(draft)
    with pytest.raises(SurveyError) as raised:
        work(live)
    (problem,) = raised.value.problems
    assert (problem.code, dict(problem.params)["draft"]) == ("file.being_written", str(draft))
    assert files_below(draft) == before
    assert not live.exists()


def test_a_draft_is_free_as_soon_as_its_program_is_gone(tmp_path: Path) -> None:
    def die(place: Path) -> None:
        with output_draft.draft_of(place) as draft:
            draft.fill({MANIFEST: b"half"})
            os.kill(os.getpid(), signal.SIGKILL)

    assert _together((die,), tmp_path / "out") == ["killed"]
    assert os.listdir(tmp_path) == [".out.draft"]
    new(tmp_path / "out")
    assert os.listdir(tmp_path) == ["out"]
