"""Kills: whatever ends a command that writes, the folder holds the old or the new, and nothing beside it is touched.

Each command runs in a copy of this program, which has everything loaded, and is ended

* at every call by which it touches the disk while it writes: just before it and just after it, one copy for each (``calls``);
* by signals at random moments between its beginning and its end (``moments``): KILL, TERM, INT and HUP in turn.

Then the folder must hold the old or the new content byte for byte and its neighbours must be as they were; the same command, run
again, must succeed and leave no draft. A run that was asked to stop must say so at last in one line, have ended with 128 and the
signal, and have left no reading program and no temporary file. By hand:

    python -m tests.campaigns.kills moments --count 500
    python -m tests.campaigns.kills calls [--two-steps] [--only score] [--every 1]

``--two-steps``: as on systems that cannot exchange two folders in one step and on disks without links.
"""

from __future__ import annotations

import argparse
import atexit
import importlib
import os
import pkgutil
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

import surveys
from surveys.cli.process import begin
from surveys.vocabulary import output_draft
from tests.campaigns.disk_calls import is_disk_call
from tests.campaigns.writing import Stage, Writer

MARK = "SURVEYS_CAMPAIGN"  # the variable by which a reading program is known for one of ours
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
AGAIN = 20  # kills at random moments of which four are followed by another run
PATIENCE = 60  # seconds after which a command is taken to hang


def load_everything() -> None:
    """Import whatever a command may import, so that a copy of this program begins with its work."""
    for found in pkgutil.walk_packages(surveys.__path__, "surveys."):
        if not found.name.endswith(("__main__", ".child")):
            importlib.import_module(found.name)
    for name in (
        "xlsxwriter",
        "pyreadstat",
        "rich.table",
        "rich.console",
        "typer.main",
        "statsmodels.api",
        "docx",
        "segno",
    ):
        importlib.import_module(name)


def run_here(arguments: list[str]) -> int:
    """A command in this process; its exit code."""
    from surveys.cli import command

    sys.argv = ["surveys", *arguments, "--lang", "en"]
    try:
        command()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1


def copied(work: Callable[[], int], output: Path) -> int:
    """A copy of this process that does some work and ends as a process does; its number. What it prints goes into files."""
    number = os.fork()
    if number:
        return number
    code = 70
    for asked in SIGNALS[1:]:
        signal.signal(asked, signal.SIG_DFL)  # until the command itself listens
    try:
        os.setpgid(0, 0)
        for stream, name in ((1, "stdout"), (2, "stderr")):
            handle = os.open(output / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(handle, stream)
            os.close(handle)
        code = work()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def ended(number: int, patience: float = PATIENCE) -> int:
    """The exit code of a copy, minus the signal that ended it."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        found, status = os.waitpid(number, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.001)
    os.kill(number, signal.SIGKILL)
    os.waitpid(number, 0)
    raise TimeoutError(f"a command went on for {patience} s")


def orphans(mark: str) -> list[int]:
    """Programs that a command started and that live on."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            if entry.isdecimal() and f"{MARK}={mark}".encode() in Path(
                "/proc", entry, "environ"
            ).read_bytes().split(b"\0"):
                found.append(int(entry))
        except OSError:
            continue
    return found


class Campaign:
    """A stage and what was found on it. ``output``: where what a command prints goes."""

    def __init__(self, folder: Path) -> None:
        self.output = folder / "printed"
        self.output.mkdir()
        tempfile.tempdir = None
        self.stage = Stage(folder / "stage", self._run)
        self.counts: Counter[str] = Counter()
        self.faults: list[str] = []
        self._told = 0

    def _run(self, arguments: list[str]) -> int:
        return ended(copied(lambda: run_here(arguments), self.output))

    def _fail(self, writer: Writer, what: str, why: str) -> None:
        if why:
            said = (self.output / "stderr").read_text(errors="replace")[-400:]
            self.faults.append(f"{writer.name}, {what}: {why} | {said}")

    def _run_again(self, writer: Writer, what: str) -> None:
        """The same command once more: it succeeds, or says that the file is there already."""
        place = self.stage.place(writer)
        was_there = not writer.before and place.exists()
        code = self._run(writer.call(place))
        expected = 1 if was_there else 0
        if code != expected:
            self._fail(writer, what, f"the next run ended with {code}")
        self._fail(writer, what, self.stage.fault(writer, done=True))

    def tell(self) -> None:
        """Print what was counted and found since the last time."""
        for what, number in sorted(self.counts.items()):
            print(f"{number:6} {what}", flush=True)
        for fault in self.faults[self._told : self._told + 20]:
            print(fault, flush=True)
        self.counts.clear()
        self._told = len(self.faults)

    def moments(self, writer: Writer, count: int, generator: random.Random) -> None:
        """End a command by signals at random moments."""
        self.stage.prepare(writer)
        place, started = self.stage.place(writer), time.monotonic()
        self._run(writer.call(place))
        lasts = time.monotonic() - started
        for nth in range(count):
            asked = SIGNALS[nth % len(SIGNALS)]
            self.stage.prepare(writer)
            mark = f"{os.getpid()}-{nth}"
            pause = generator.uniform(0, lasts * 1.1)
            heard, tell = os.pipe()
            number = copied(partial(self._marked, writer, mark, tell), self.output)
            os.close(tell)
            os.read(heard, 1)
            os.close(heard)
            time.sleep(pause)
            what = f"{asked.name} after {pause:.4f} of {lasts:.4f} s"
            code = self._stopped(number, asked)
            self._judge_stopped(writer, what, code, asked, mark)
            self._fail(writer, what, self.stage.fault(writer))
            if nth % AGAIN < 4:  # once for each signal
                self._run_again(writer, what)

    def _marked(self, writer: Writer, mark: str, tell: int) -> int:
        """The command, marked; it tells when the signals are its own: before, they are the interpreter's, which is starting."""
        begin()
        os.write(tell, b".")
        os.environ |= {MARK: mark, "TMPDIR": str(self.stage.temporary)}
        return run_here(writer.call(self.stage.place(writer)))

    def _stopped(self, number: int, asked: signal.Signals) -> int:
        """Send a signal as a terminal does, to the whole group, or to the one program; the exit code."""
        try:
            if asked in (signal.SIGINT, signal.SIGHUP):
                os.killpg(number, asked)
            else:
                os.kill(number, asked)
        except ProcessLookupError:  # the group is not yet there
            os.kill(number, asked)
        return ended(number)

    def _judge_stopped(self, writer: Writer, what: str, code: int, asked: signal.Signals, mark: str) -> None:
        said = (self.output / "stderr").read_text(errors="replace")
        name = {-asked: f"{asked.name}: dead", 128 + asked: f"{asked.name}: stopped"}.get(
            code, f"{asked.name}: {code}"
        )
        self.counts[f"{writer.name}: {name}"] += 1
        until = time.monotonic() + 10
        while (left := orphans(mark)) and time.monotonic() < until:
            time.sleep(0.02)
        if left:
            self._fail(writer, what, f"reading programs live on: {left}")
        if "Traceback" in said or "Exception ignored" in said:
            self._fail(writer, what, "a traceback")
        if code == 128 + asked:
            _, stopped, rest = said.rpartition("Stopped as asked")
            if not stopped or rest.count("\n") != 1:
                self._fail(writer, what, "other words")
            if self.stage.left_in_temporary():
                self._fail(writer, what, f"temporary files: {self.stage.left_in_temporary()}")
        elif code not in (0, 1, -asked):
            self._fail(writer, what, f"exit code {code}")

    def calls(self, writer: Writer, every: int, two_steps: bool) -> None:
        """End a command at each call by which it touches the disk, when it asks whether it may write and when it writes."""
        for nth, phase in enumerate(("asks", "writes") if writer.asks else ("writes",), start=1):
            self.stage.prepare(writer)
            watch = _Watch(self, writer, every, two_steps)
            work = partial(self._at_calls, writer, watch, nth)
            code = ended(copied(work, self.output), 3600)
            report = self.stage.folder / "report"
            if code or not report.exists():
                self._fail(writer, phase, f"the run that is copied ended with {code}")
                continue
            calls, *faults = report.read_text().split("\0")
            report.unlink()
            self.counts[f"{writer.name}, when it {phase}: calls"] = int(calls)
            self.faults += faults

    def _at_calls(self, writer: Writer, watch: _Watch, nth: int) -> int:
        """The command, whose calls are followed from its ``nth`` draft on."""
        if watch.two_steps:
            vars(output_draft)["exchange"] = lambda *_: False
            os.link = _no_links
        taken, drafts = vars(output_draft)["_taken"], count(1)

        def followed(*arguments: Any) -> Any:
            if next(drafts) == nth:
                sys.setprofile(watch)
            return taken(*arguments)

        vars(output_draft)["_taken"] = followed
        return run_here(writer.call(self.stage.place(writer)))


def _no_links(*_: object, **__: object) -> None:
    raise OSError(95, "Operation not supported")


class _Watch:
    """Follows the calls of a run: those of asking whether it may write, or those of writing. At the first it copies the run again
    and again, each copy to be killed at another call; the run itself then ends with a report."""

    def __init__(self, campaign: Campaign, writer: Writer, every: int, two_steps: bool) -> None:
        self.campaign, self.writer, self.every, self.two_steps = campaign, writer, every, two_steps
        self.target, self.seen = 0, 0

    def __call__(self, frame: FrameType, event: str, arg: Any) -> None:
        if event == "return" and frame.f_code.co_name in ("ready", "refuse_filled"):
            os._exit(0)  # it was only asked; the writing is followed apart
        if self.target < 0 or not is_disk_call(frame, event, arg):
            return
        if not self.target:
            sys.setprofile(None)
            self._copy_again_and_again()
            sys.setprofile(self)
        self.seen += 1
        if self.seen == self.target:
            os.kill(os.getpid(), signal.SIGKILL)

    def _copy_again_and_again(self) -> None:
        stage, target, faults, is_killed = self.campaign.stage, 1, [], True
        while is_killed:
            stage.prepare(self.writer)
            number = os.fork()
            if not number:
                self.target = target
                return
            is_killed = ended(number) == -signal.SIGKILL
            faults.append((target, self._fault()))
            if is_killed:
                number = os.fork()
                if not number:
                    self.target = -1  # the next run, which nothing stops
                    return
                ended(number)
                faults.append((target, stage.fault(self.writer, cleared=True)))
            target += self.every
        told = [f"{self.writer.name}, call {at}: {fault}" for at, fault in faults if fault]
        (stage.folder / "report").write_text("\0".join([str(target - self.every), *told]))
        os._exit(0)

    def _fault(self) -> str:
        return self.campaign.stage.fault(self.writer, two_steps=self.two_steps)


def main(arguments: Iterable[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("kind", choices=("moments", "calls"))
    parser.add_argument("--count", type=int, default=500, help="kills of each command")
    parser.add_argument("--every", type=int, default=1, help="each how manieth call")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--two-steps", action="store_true")
    parser.add_argument("--folder", type=Path, help="where the stage is built (a fast disk)")
    given = parser.parse_args(None if arguments is None else list(arguments))
    for asked, heard in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        signal.signal(asked, heard)  # which whoever started this in the background may have switched off
    load_everything()
    # not a TemporaryDirectory: every copy of this program would remove it at its end
    folder = Path(tempfile.mkdtemp(dir=given.folder))
    try:
        campaign = Campaign(folder)
        for name, writer in campaign.stage.writers.items():
            if given.only and name not in given.only:
                continue
            if given.kind == "moments":
                campaign.moments(writer, given.count, random.Random(given.seed))
            else:
                campaign.calls(writer, given.every, given.two_steps)
            campaign.tell()
    finally:
        shutil.rmtree(folder)
    print(f"{len(campaign.faults)} faults")
    return 1 if campaign.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
