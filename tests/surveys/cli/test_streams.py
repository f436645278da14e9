"""A command as a program among others: readers who go, streams that are closed or full, old terminals, signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from surveys.problems import phrase

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.name != "posix", reason="shells and signals of POSIX systems"),
]
ROOT = Path(__file__).parents[3]
FIRST = ROOT / "data-sample" / "first-survey"
COMMAND = f"{sys.executable} -m surveys"


def shell(script: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """A script in which $S is the command."""
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; S='{COMMAND}'; {script}"],
        cwd=ROOT, env={**os.environ, "SURVEYS_LANG": "en", **environment}, capture_output=True, check=False, timeout=120,
    )  # fmt: skip


@pytest.mark.parametrize(
    "script",
    [
        f"$S check {FIRST} 2>&1 | head -1", "$S list | head -1", "$S check no-such-folder 2>&1 | head -0",
        "$S explain frames.csv | head -c 1", "$S list | true", "$S no-such-command 2>&1 | true", "$S --help | head -1",
    ],
)  # fmt: skip
def test_a_reader_who_goes_hears_nothing_more(script: str) -> None:
    found = shell(script)
    assert b"Traceback" not in found.stdout + found.stderr
    assert found.stderr == b""


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams_change_nothing(closed: str, tmp_path: Path) -> None:
    """A file that is opened must not become what print writes to."""
    shell(f"$S screen {FIRST} --out {tmp_path}/open")
    found = shell(f"$S screen {FIRST} --out {tmp_path}/closed {closed}; echo code $?")
    assert b"code 0" in found.stdout
    assert b"Traceback" not in found.stdout + found.stderr
    for path in sorted((tmp_path / "open").rglob("*.*")):
        assert path.read_bytes() == (tmp_path / "closed" / path.relative_to(tmp_path / "open")).read_bytes()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_an_output_that_is_full_is_said_and_the_results_are_whole(tmp_path: Path) -> None:
    found = shell(f"$S screen {FIRST} --out {tmp_path}/out > /dev/full; echo code $?")
    assert found.stdout == b"code 1\n"
    assert phrase("cli.output_lost", "en", reason="No space left on device") in found.stderr.decode()
    assert shell(f"$S verify {tmp_path}/out").returncode == 0
    both = shell("$S list > /dev/full 2>&1; echo code $?")
    assert both.stdout == b"code 1\n"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "utf-16"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_terminal_without_vietnamese_letters(encoding: str, language: str) -> None:
    found = shell(f"$S screen {FIRST}", PYTHONIOENCODING=encoding, SURVEYS_LANG=language)
    assert found.returncode == 0
    assert b"Traceback" not in found.stderr
    bare = shell(
        f"$S list {FIRST}/instrument",
        LC_ALL="C",
        PYTHONUTF8="0",
        PYTHONCOERCECLOCALE="0",
        SURVEYS_LANG=language,
    )
    assert bare.returncode == 0
    assert b"Traceback" not in bare.stderr


def _run(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "surveys", *arguments, "--lang", "en"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def _has_begun(process: subprocess.Popen[bytes]) -> bool:
    """Whether a program answers all signals itself: those of Python's own start end it as they end any program."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    caught = next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigCgt"))
    return all(caught & 1 << (asked - 1) for asked in (signal.SIGTERM, signal.SIGHUP))


@pytest.mark.skipif(sys.platform != "linux", reason="what a program catches is told by /proc")
@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("pause", [0.0, 0.02, 0.1, 0.3, 0.6, 1.0])
def test_a_request_to_stop_ends_in_words(asked: signal.Signals, pause: float, tmp_path: Path) -> None:
    """Also while libraries are loaded."""
    process = _run("score", str(FIRST), "--out", str(tmp_path / "out"))
    while not _has_begun(process):
        time.sleep(0.001)
    time.sleep(pause)
    os.killpg(process.pid, asked)
    _, words = process.communicate(timeout=60)
    if process.returncode != 0:  # not yet done
        said = words.decode()
        if (tmp_path / "out").exists():  # after the results come words on what was found in the returns
            said = said[said.rindex(phrase("cli.interrupted", "en")) :]
        assert (process.returncode, said) == (128 + asked, phrase("cli.interrupted", "en") + "\n")
    assert b"Traceback" not in words
    assert [path.name for path in tmp_path.iterdir()] in ([], ["out"])


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="programs are copied")
def test_a_request_to_stop_before_any_line_on_the_way_in_or_out_ends_in_words(tmp_path: Path) -> None:
    """The lines of the program around a command, each in a copy of it; some of them last so short that no pause meets them."""
    (tmp_path / "each_line.py").write_text(EACH_LINE)
    told = subprocess.run(
        [sys.executable, "each_line.py"], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    *ends, whole = [line.split(maxsplit=1) for line in told.stdout.splitlines()]
    assert whole == ["0"]
    assert len(ends) > 50
    words = phrase("cli.interrupted", "en")
    accepted = {str(-signal.SIGTERM): "", str(128 + signal.SIGTERM): words, "0": ""}
    for code, *said in ends:
        assert accepted[code] == " ".join(said)


#: Runs `surveys --help` in copies of itself: before the first line of the program around commands, the second, and so on,
#: somebody asks to stop; prints the exit code of each copy and the words of its standard error.
EACH_LINE = """
import os, signal, sys
from pathlib import Path
import surveys.cli.fieldwork_commands, typer.main  # loaded once, for all copies
from surveys.cli import __file__, command, entry, process

around = (__file__, entry.__file__, process.__file__)

def ends(nth):
    left = [nth]
    def trace(frame, event, argument):
        if frame.f_code.co_filename not in around:
            return None
        if event == "line":
            left[0] -= 1
            if left[0] == 0:
                Path("reached").touch()
                signal.raise_signal(signal.SIGTERM)
        return trace
    number = os.fork()
    if number:
        return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
    for stream, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
    sys.argv = ["surveys", "--help", "--lang", "en"]
    code = 99
    try:
        sys.settrace(trace)
        command()
    except SystemExit as ended:
        code = ended.code
    finally:
        sys.stderr.flush()
        os._exit(code)

nth, reached = 0, True
while reached:
    nth += 1
    Path("reached").unlink(missing_ok=True)
    code = ends(nth)
    reached = Path("reached").exists()
    print(code, Path("stderr").read_text().strip())
"""


def test_a_request_to_stop_amid_text_that_a_library_runs_is_an_exit_code_too(tmp_path: Path) -> None:
    (tmp_path / "stopped.py").write_text(
        "from surveys.cli.process import INTERRUPTED, begin, end\n"
        "begin()\n"
        "try:\n"
        "    exec('import signal; signal.raise_signal(signal.SIGTERM)')\n"
        "except KeyboardInterrupt:\n"
        "    raise SystemExit(end(INTERRUPTED))\n"
    )
    run = subprocess.run(
        [sys.executable, "-m", "stopped"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT), str(tmp_path)))}, check=False,
    )  # fmt: skip
    assert run.returncode == 128 + signal.SIGTERM


def test_a_run_under_nohup_is_not_stopped_by_a_terminal_that_goes(tmp_path: Path) -> None:
    run = f"$S screen {FIRST} --out {tmp_path}/out > /dev/null 2>&1"
    assert shell(f"trap '' HUP; {run} & sleep 1; kill -HUP $!; wait $!; echo code $?").stdout == b"code 0\n"
    assert (tmp_path / "out" / "run.json").is_file()
