"""Places where writing fails or is odd: what was there stays byte for byte, nothing is left beside it, and words say why.

Each way of writing is tried: results over earlier results, a folder where nothing is, a single file.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from surveys.cli import entry
from surveys.handover.folder import ready, write_folder
from surveys.problems import SurveyError, phrase
from surveys.vocabulary.new_file import write_new
from surveys.vocabulary.new_folder import write_new_folder
from tests.surveys.handover.small_results import NEW, OLD, files_below

Write = Callable[[Path], None]
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="mounts and flags of Linux")
POSIX = pytest.mark.skipif(os.name != "posix", reason="rights of POSIX systems")
NOBODY = 65534


def over_results(place: Path) -> None:
    write_folder(place, NEW)


def new_folder(place: Path) -> None:
    write_new_folder(place, {"a.csv": b"a" * 200_000, "b/c.csv": b"c"})


def new_file(place: Path) -> None:
    write_new(place, b"a" * 200_000)


WAYS = (over_results, new_folder, new_file)


def prepared(way: Write, folder: Path) -> Path:
    """A place with what stands there before."""
    place = folder / "out"
    if way is over_results:
        write_folder(place, OLD)
    return place


def said(
    work: Callable[[], object], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    """The exit code of a command that does some work, and what it says on stderr."""

    def instead(_arguments: object, _terminal: object) -> int:
        work()
        return 0

    with monkeypatch.context() as patched:
        patched.setattr(entry, "_run", instead)
        code = entry.run(["--lang", "en"])
    return code, capsys.readouterr().err


def begins(code: str) -> str:
    """The words of a message up to its first placeholder."""
    return phrase(code, "en", path="\0", reason="\0").split("\0")[0]


def _codes(work: Callable[[], object]) -> list[str]:
    with pytest.raises(SurveyError) as raised:
        work()
    return [problem.code for problem in raised.value.problems]


@POSIX
@pytest.mark.parametrize("way", WAYS)
def test_a_file_larger_than_allowed(
    way: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import resource

    place = prepared(way, tmp_path)
    before, limits = files_below(tmp_path), resource.getrlimit(resource.RLIMIT_FSIZE)
    big = {**NEW, "forms.csv": b"0" * 500_000}
    work = partial(write_folder, place, big) if way is over_results else partial(way, place)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        code, words = said(work, monkeypatch, capsys)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (code, str(place) in words) == (1, True), words
    assert words.startswith(begins("cli.file_too_large"))
    assert files_below(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir() if path.name != "out"] == []


MOUNTED = """
import contextlib, io, sys
from pathlib import Path
import pytest
from surveys.cli import entry
from tests.surveys.handover import test_hard_places as hard
way, place, prepare = getattr(hard, sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
if prepare == "prepare":
    hard.prepared(way, place.parent)
else:
    def work(arguments, terminal):
        way(place)
        return 0
    entry._run = work
    raise SystemExit(entry.run(["--lang", "en"]))
"""


def _in_own_mounts(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A shell script in a namespace of mounts of its own; $PYTHON and $TRY stand for the interpreter and the attempt."""
    if sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("unshare"):
        pytest.skip("only root mounts disks, and only with unshare")
    found = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", *arguments],
        env={**os.environ, "PYTHON": sys.executable, "TRY": MOUNTED, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if found.returncode == 77:
        pytest.skip(f"no mounts here: {found.stderr}")
    return found


def _attempt(script: str, way: Write, disk: Path) -> str:
    """What an attempt on a disk of its own says; names and contents on it are the same before and after."""
    whole = f"""
        mount -t tmpfs -o size=300k,nr_inodes=60 tmpfs "$1" || exit 77
        "$PYTHON" -c "$TRY" {way.__name__} "$1/out" prepare || exit 76
        ls -A "$1"; cat $(find "$1" -type f | sort) /dev/null | sha256sum; echo --
        {script}
        "$PYTHON" -c "$TRY" {way.__name__} "$1/out" write; echo "code $?"
        rm -f "$1/filler" "$1"/many-*
        echo --; ls -A "$1"; cat $(find "$1" -type f | sort) /dev/null | sha256sum
    """
    disk.mkdir()
    found = _in_own_mounts(whole, str(disk))
    before, middle, after = found.stdout.split("--\n")
    assert after == before, found.stdout + found.stderr
    assert "code 1" in middle, found.stdout + found.stderr
    return found.stderr


@pytest.mark.long
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("script", "code"),
    [
        ('dd if=/dev/zero of="$1/filler" bs=4k count=100 2>/dev/null || true', "cli.disk_full"),
        ('n=0; while touch "$1/many-$n" 2>/dev/null; do n=$((n+1)); done', "cli.disk_full"),
        ('mount -o remount,ro "$1"', "cli.read_only"),
    ],
    ids=["full", "no inodes", "read only"],
)
def test_a_disk_that_takes_no_more(script: str, code: str, way: Write, tmp_path: Path) -> None:
    words = _attempt(script, way, tmp_path / "disk")
    assert words.startswith(begins(code)), words
    assert str(tmp_path / "disk" / "out") in words


@pytest.mark.long
def test_the_root_of_a_disk_is_not_replaced_and_no_half_of_it_either(tmp_path: Path) -> None:
    """Results at the root of a disk: it cannot be renamed."""
    script = """
        mkdir "$1/out"; mount -t tmpfs tmpfs "$1/out" || exit 77
        "$PYTHON" -c "$TRY" over_results "$1/out" write; echo "code $?"; ls -A "$1" "$1/out"
    """
    found = _in_own_mounts(script, str(tmp_path))
    assert found.stderr.startswith(begins("cli.not_movable")), found.stderr
    assert found.stdout == f"code 1\n{tmp_path}:\nout\n\n{tmp_path}/out:\n"


def _as_nobody(work: Callable[[], object]) -> tuple[int, str]:
    """The exit code and the words of a command of a user without rights; root ignores them."""
    read, write = os.pipe()
    number = os.fork()
    if not number:
        code = 99
        try:
            os.dup2(write, 2)
            if os.geteuid() == 0:
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115

            def instead(_arguments: object, _terminal: object) -> int:
                work()
                return 0

            vars(entry)["_run"] = instead
            code = entry.run(["--lang", "en"])
            sys.stderr.flush()
        finally:
            os._exit(code)
    os.close(write)
    with open(read, encoding="utf-8") as words:
        text = words.read()
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]), text


@POSIX
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("mode", [0o555, 0o666, 0o000])
def test_a_folder_in_which_nothing_may_be_written(way: Write, mode: int, tmp_path: Path) -> None:
    """Read only, without the right to enter, without any."""
    within = tmp_path / "within"
    within.mkdir()
    place = prepared(way, within)
    before = files_below(within)
    for above in [within, *within.parents][:4]:
        above.chmod(0o755)
    within.chmod(mode)
    try:
        code, words = _as_nobody(lambda: way(place))
    finally:
        within.chmod(0o755)
    assert (code, files_below(within)) == (1, before)
    assert {path.name for path in within.iterdir()} <= {"out"}
    assert "Traceback" not in words
    assert words.startswith((begins("cli.no_permission"), f"General\n  error: {within}", f"{within}")), words


@POSIX
def test_an_earlier_result_that_cannot_be_read_is_not_replaced(tmp_path: Path) -> None:
    """What cannot be looked at may be anybody's."""
    for above in [tmp_path, *tmp_path.parents][:4]:
        above.chmod(0o755)
    (tmp_path / "within").mkdir()
    (tmp_path / "within").chmod(0o777)
    place = tmp_path / "within" / "out"
    write_folder(place, OLD)
    (place / "council").chmod(0)
    code, words = _as_nobody(lambda: write_folder(place, NEW))
    (place / "council").chmod(0o755)
    assert (code, files_below(place)) == (1, OLD)
    assert words.startswith(begins("cli.no_permission"))


@LINUX
@pytest.mark.parametrize("which", [".", "..", "scores.csv"])
def test_files_that_nobody_may_change(
    which: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The immutable flag on the folder, the one above, a file: the old stays, or what cannot be removed is kept and told."""
    (tmp_path / "within").mkdir()
    place = prepared(over_results, tmp_path / "within")
    fixed = (place / which).resolve()
    if (
        not shutil.which("chattr")
        or subprocess.run(["chattr", "+i", fixed], capture_output=True, check=False).returncode
    ):
        pytest.skip("no immutable flag here")
    try:
        code, words = said(lambda: over_results(place), monkeypatch, capsys)
    finally:
        found = list((tmp_path / "within").rglob(which if which == "scores.csv" else "*"))
        subprocess.run(["chattr", "-i", fixed, *found], capture_output=True, check=False)
    assert code == 1
    if which == "scores.csv":
        assert files_below(place) == NEW
        assert "out.kept" in words
        assert (place.with_name("out.kept") / "gone" / "scores.csv").read_bytes() == OLD["scores.csv"]
    else:
        assert words.startswith(begins("cli.no_permission")), words
        assert files_below(tmp_path / "within") == {f"out/{path}": content for path, content in OLD.items()}


NAMES = (
    "kết quả", unicodedata.normalize("NFD", "kết quả đợt 2"), "it's \"quoted\"", "two\nlines", "-dash", "a b ", "…" * 80,
    "k" * 255, "50%", "$(touch x)", "con", "out.draft", ".hidden",
)  # fmt: skip


@POSIX
@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
@pytest.mark.parametrize("way", WAYS)
def test_any_name(way: Write, name: str, tmp_path: Path) -> None:
    place = tmp_path / name
    if way is over_results:
        write_folder(place, OLD)
    way(place)
    assert os.listdir(tmp_path) == [name]
    assert way is not over_results or files_below(place) == NEW


@POSIX
@pytest.mark.parametrize("way", WAYS)
def test_a_name_that_is_too_long(
    way: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, words = said(lambda: way(tmp_path / ("k" * 300)), monkeypatch, capsys)
    assert (code, os.listdir(tmp_path)) == (1, [])
    assert words.startswith(begins("cli.name_too_long")), words


@POSIX
def test_links_are_followed_and_stay(tmp_path: Path) -> None:
    for name, before in (("there", OLD), ("not-there", None)):
        target, link = tmp_path / "elsewhere" / name, tmp_path / f"to-{name}"
        if before:
            write_folder(target, before)
        link.symlink_to(target)
        write_folder(link, NEW)
        assert link.is_symlink()
        assert files_below(target) == NEW
    assert sorted(path.name for path in (tmp_path / "elsewhere").iterdir()) == ["not-there", "there"]


def test_the_folder_of_this_process_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_folder(tmp_path / "out", OLD)
    monkeypatch.chdir(tmp_path / "out")
    if os.name == "posix":
        write_folder(Path("."), NEW)
        assert files_below(tmp_path / "out") == NEW


@pytest.mark.parametrize("way", [over_results, new_folder])
def test_a_whole_disk_is_no_place(
    way: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, words = said(lambda: way(Path(Path.cwd().anchor)), monkeypatch, capsys)
    assert code == 1
    assert words.startswith(begins("cli.not_movable"))


@pytest.mark.parametrize("place", ["study", ".", "study/returns"])
def test_what_a_study_needs_is_never_replaced(place: str, tmp_path: Path) -> None:
    for name in ("study/study.toml", "study/returns/forms.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"mine")
    before = files_below(tmp_path)
    assert _codes(lambda: ready(tmp_path / place, "scores")) == ["handover.out_is_foreign"]
    assert _codes(lambda: write_folder(tmp_path / place, NEW)) == ["handover.out_is_foreign"]
    assert _codes(lambda: new_folder(tmp_path / place)) == ["file.folder_not_empty"]
    assert files_below(tmp_path) == before
    write_folder(tmp_path / "study" / "results", NEW)
    assert files_below(tmp_path) == before | {
        f"study/results/{path}": content for path, content in NEW.items()
    }


@POSIX
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["folder", "file", "link", "record"])
def test_something_that_has_the_name_of_a_draft_stays(way: Write, kind: str, tmp_path: Path) -> None:
    place = prepared(way, tmp_path)
    named = tmp_path / ".out.draft"
    if kind == "file":
        named.write_bytes(b"mine")
    elif kind == "link":
        (tmp_path / "mine").mkdir()
        named.symlink_to(tmp_path / "mine")
    else:
        (named / "new").mkdir(parents=True)
        (named / "new" / "a.txt").write_bytes(b"mine")
        if kind == "record":
            (named / "survey-scoring-draft.json").write_bytes(b"{}")
    before = files_below(tmp_path)
    assert _codes(lambda: way(place)) == ["file.draft_in_the_way"]
    assert files_below(tmp_path) == before
    assert named.is_symlink() == (kind == "link")


@pytest.mark.parametrize("way", WAYS)
def test_folders_that_were_made_for_nothing_are_not_left(
    way: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    place = tmp_path / "out" if way is new_file else tmp_path / "a" / "b" / "out"
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        way(place)
    assert os.listdir(tmp_path) == []
