"""Programs that read binary files beside this one, within bounds of memory and time.

Libraries that read workbooks and statistical files are written in other languages; a damaged file can make them crash, fill the
memory or never end. They run in programs of their own (:mod:`surveys.returns.files.child`), started when the first file is asked
for, kept for further files, and replaced when they die: a fresh interpreter each, never a copy of this one. Two read side by
side. What they send is data, never code (:mod:`surveys.returns.files.messages`).
"""

from __future__ import annotations

import atexit
import contextlib
import os
import queue
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
LOOK = 0.2  # seconds between two looks at its memory, where the system does not bound it
LARGE = (
    50_000_000  # bytes of an answer after which a program is not kept: it may hold the memory that it took
)
READY = b"ready\n"  # what a program says first
_START = "import sys; sys.path[:] = sys.argv[1:]; from surveys.returns.files.child import main; main()"
#: One thread for each program: more cores make one file no faster, and each thread takes memory.
_ALONE = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")

Answer = tuple[bytes, bytes]


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
        self.files = 0
        self._process = subprocess.Popen(
            [sys.executable, "-X", "utf8", "-c", _START, *sys.path], env=os.environ | _ALONE,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )  # fmt: skip
        _running.add(self)

    def ask(self, wanted: Wanted) -> Answer:
        """Its answer. Raises :class:`EndedEarlyError`; then it is gone."""
        self.files += 1
        ended, why = threading.Event(), [""]
        watch = threading.Thread(target=self._watch, args=(wanted, ended, why), daemon=True)
        watch.start()
        try:
            return self._answer(wanted)
        except EndedEarlyError as early:
            self.end()
            raise EndedEarlyError(why[0] or early.why, self._process.returncode) from None
        finally:
            ended.set()
            watch.join()

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

    def _watch(self, wanted: Wanted, ended: threading.Event, why: list[str]) -> None:
        """End the program when the file takes longer than it may, or more memory where the system does not see to that."""
        limits = wanted.limits
        last = time.monotonic() + limits.seconds
        while not why[0] and not ended.wait(max(last - time.monotonic(), 0) if BOUND_BY_SYSTEM else LOOK):
            if time.monotonic() >= last:
                why[0] = "time"
            elif memory_of(self._process) > limits.memory_bytes:
                why[0] = "memory"
        if why[0]:
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
    """The programs of this one: at most :data:`MOST`, each led by a thread that waits for it."""

    def __init__(self) -> None:
        self._asked: queue.SimpleQueue[tuple[Wanted, Future[Answer]]] = queue.SimpleQueue()
        self._leaders: list[threading.Thread] = []

    def ask(self, wanted: Wanted) -> Future[Answer]:
        """The answer to come; it raises SurveyError where the program that read the file ended early."""
        answer: Future[Answer] = Future()
        self._asked.put((wanted, answer))
        if len(self._leaders) < MOST:
            self._leaders.append(threading.Thread(target=self._lead, daemon=True))
            self._leaders[-1].start()
        return answer

    def _lead(self) -> None:
        program: ReadingProgram | None = None
        while True:
            try:
                wanted, answer = self._asked.get(timeout=IDLE if program else None)
            except queue.Empty:
                program = self._without(program)
                continue
            if not answer.set_running_or_notify_cancel():
                continue
            try:
                program, said = self._answered(program or ReadingProgram(), wanted)
            except BaseException as error:  # whoever asked waits for it
                program = None
                answer.set_exception(self._about(error, wanted))
            else:
                if sum(map(len, said)) > LARGE:
                    program = self._without(program)
                answer.set_result(said)

    def _answered(self, program: ReadingProgram, wanted: Wanted) -> tuple[ReadingProgram, Answer]:
        """The answer, and the program that gave it. A program that dies over a file after others is not believed: what it read
        before may have harmed it."""
        try:
            return program, program.ask(wanted)
        except EndedEarlyError as early:
            if early.why != "died" or program.files == 1:
                raise
        fresh = ReadingProgram()
        return fresh, fresh.ask(wanted)

    @staticmethod
    def _about(error: BaseException, wanted: Wanted) -> BaseException:
        if isinstance(error, OSError):  # the system starts no further program
            error = EndedEarlyError("unstarted", error.errno or 0)
        return error.about(wanted) if isinstance(error, EndedEarlyError) else error

    @staticmethod
    def _without(program: ReadingProgram | None) -> None:
        if program:
            program.end()


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
