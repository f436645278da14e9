"""Programs that read binary files and long texts beside this one, within bounds of memory and time.

Libraries that read workbooks and statistical files are written in other languages; a damaged file can make them crash, fill the
memory or never end. They run in programs of their own (:mod:`surveys.returns.files.child`), started when the first file is asked
for, kept for further files, and replaced when they die: a fresh interpreter each, never a copy of this one. Two read side by
side. What they send is data, never code (:mod:`surveys.returns.files.messages`).
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future

from surveys.problems import SurveyError, fault
from surveys.returns.files.file_content import Wanted
from surveys.returns.files.memory_watch import BOUND_BY_SYSTEM, memory_of
from surveys.returns.files.messages import request

MOST = min(2, os.cpu_count() or 1)
IDLE = 60  # seconds after which a program without work ends
LOOK = 0.2  # seconds between two looks at what it takes
PIPE = 1 << 20  # bytes that a program can say before anybody listens, where the system lets that be chosen
LARGE = (
    50_000_000  # bytes of an answer after which a program is not kept: it may hold the memory that it took
)
READY = b"ready\n"  # what a program says first
_START = "import sys; sys.path[:] = sys.argv[1:]; from surveys.returns.files.child import main; main()"
#: One thread for each program: more cores make one file no faster, and each thread takes memory.
_ALONE = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")

Answer = tuple[bytes, bytes]
_Job = tuple[str, Wanted, Future[Answer]]  # the opener that a file needs, the file, and what is to come


class EndedEarlyError(Exception):
    """A program ended before its answer was complete; ``why``: ``unstarted``, ``died`` (with its exit code), ``time`` or
    ``memory``."""

    def __init__(self, why: str, code: int = 0) -> None:
        super().__init__(why)
        self.why, self.code = why, code

    def about(self, wanted: Wanted) -> SurveyError:
        """The fault that names the file."""
        limits, code = wanted.limits, self.code
        reason = signal.strsignal(-code) or str(code) if code < 0 else str(code)
        params = {"reason": reason, "seconds": f"{limits.seconds:g}", "limit": limits.memory_bytes}
        codes = {
            "time": "returns.file_slow",
            "memory": "returns.file_memory",
            "unstarted": "returns.no_reading_program",
        }
        return fault(codes.get(self.why, "returns.file_fatal"), file=wanted.file, **params)


class ReadingProgram:
    """One running program; ``files`` counts what it was asked for."""

    def __init__(self) -> None:
        self.files, self._why = 0, ""
        self._now: Wanted | None = None
        self._last = 0.0
        self._process = subprocess.Popen(
            [sys.executable, "-X", "utf8", "-c", _START, *sys.path], env=os.environ | _ALONE,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0), pipesize=PIPE,
        )  # fmt: skip
        _running.add(self)
        threading.Thread(target=self._watch, daemon=True).start()

    def ask(self, wanted: Wanted) -> Answer:
        """Its answer. Raises :class:`EndedEarlyError`; then it is gone."""
        self.files += 1
        self._now, self._last = wanted, time.monotonic() + wanted.limits.seconds
        try:
            return self._answer(wanted)
        except EndedEarlyError as early:
            self.end()
            raise EndedEarlyError(self._why or early.why, self._process.returncode) from None
        finally:
            self._now = None

    def _answer(self, wanted: Wanted) -> Answer:
        if self.files == 1 and self._read(len(READY), "unstarted") != READY:
            raise EndedEarlyError("unstarted")
        with contextlib.suppress(OSError):  # it is gone: reading says so
            assert self._process.stdin is not None
            self._process.stdin.write(request(wanted))
            self._process.stdin.flush()
        sizes = [int.from_bytes(self._read(8), "big") for _ in range(2)]
        if sum(sizes) > wanted.limits.memory_bytes:
            raise EndedEarlyError("memory")
        return self._read(sizes[0]), self._read(sizes[1])

    def _read(self, size: int, otherwise: str = "died") -> bytes:
        assert self._process.stdout is not None
        content: bytes = self._process.stdout.read(size)
        if len(content) < size:
            raise EndedEarlyError(otherwise)
        return content

    def _watch(self) -> None:
        """End the program when a file takes longer than it may, or more memory where the system does not see to that."""
        while self._process.poll() is None:
            time.sleep(LOOK)
            if (now := self._now) is None:
                continue
            if time.monotonic() > self._last:
                self._why = "time"
            elif not BOUND_BY_SYSTEM and memory_of(self._process) > now.limits.memory_bytes:
                self._why = "memory"
            if self._why and now is self._now:
                self._process.kill()

    def end(self) -> None:
        """End it, whatever it does."""
        _running.discard(self)
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()


class ReadingPrograms:
    """The programs of this one: at most :data:`MOST`, each led by a thread that waits for it.

    Some libraries take longer to load than a file to read, so a program takes files of a kind that it has read first.
    """

    def __init__(self) -> None:
        self._waiting: list[_Job] = []
        self._change = threading.Condition()
        self._leaders = 0

    def ask(self, wanted: Wanted, opener: str) -> Future[Answer]:
        """The answer to come; it raises SurveyError where the program that read the file ended early. ``opener`` names what the
        file needs."""
        answer: Future[Answer] = Future()
        with self._change:
            self._waiting.append((opener, wanted, answer))
            if self._leaders == 0:
                self._begin()
            self._change.notify()
        return answer

    def wait(self, answer: Future[Answer]) -> Answer:
        """What was asked for, with another program's help where it is not there yet and further files wait: whoever waits leaves
        a core to it, and as long as nobody waits two programs would take from each other
        (``tests/benchmarks/test_reading_speed.py``)."""
        with self._change:
            if self._waiting and not answer.done() and self._leaders < MOST:
                self._begin()
        return answer.result()

    def _begin(self) -> None:
        self._leaders += 1
        threading.Thread(target=self._lead, daemon=True).start()

    def _lead(self) -> None:
        program: ReadingProgram | None = None
        known: set[str] = set()  # the openers that the program has loaded
        while True:
            taken = self._next(known, IDLE if program else None)
            if taken and not taken[2].set_running_or_notify_cancel():
                continue
            said: Answer | BaseException = (b"", b"")
            if taken:
                program, said = self._said(program, taken[1])
            if program and (taken is None or (isinstance(said, tuple) and sum(map(len, said)) > LARGE)):
                program.end()
                program = None
            known = known | {taken[0]} if program and taken else set()
            if taken:
                _settle(taken[2], said)

    def _next(self, known: set[str], timeout: float | None) -> _Job | None:
        """The next file for a program; None when there was none for so long."""
        with self._change:
            found = self._change.wait_for(lambda: self._for(known), timeout)
            if found:
                self._waiting.remove(found)
            return found

    def _for(self, known: set[str]) -> _Job | None:
        first = next(iter(self._waiting), None)
        return next((job for job in self._waiting if job[0] in known), first)

    def _said(
        self, program: ReadingProgram | None, wanted: Wanted
    ) -> tuple[ReadingProgram | None, Answer | BaseException]:
        """What a program says of a file, or why none does, and the program, if it is still there. One that dies over a file after
        others is not believed: what it read before may have harmed it."""
        try:
            program = program or ReadingProgram()
            return program, program.ask(wanted)
        except EndedEarlyError as early:
            if early.why == "died" and program and program.files > 1:
                return self._said(None, wanted)
            return None, early.about(wanted)
        except OSError as error:  # the system starts no further program
            return None, EndedEarlyError("unstarted", error.errno or 0).about(wanted)
        except BaseException as error:  # whoever asked waits for it
            return None, error


def _settle(answer: Future[Answer], said: Answer | BaseException) -> None:
    if isinstance(said, tuple):
        answer.set_result(said)
    else:
        answer.set_exception(said)


_running: set[ReadingProgram] = set()
PROGRAMS = ReadingPrograms()


def _end_all() -> None:
    for program in list(_running):
        program.end()


def _begin_anew() -> None:
    """After this program was copied (``fork``), the programs of the first are none of the copy's."""
    global PROGRAMS
    _running.clear()
    PROGRAMS = ReadingPrograms()


atexit.register(_end_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
