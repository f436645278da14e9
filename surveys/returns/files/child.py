"""The program that reads files for another one: requests come in as lines, answers go out as bytes.

It is started by :mod:`surveys.returns.files.children`, never imported by it. Whatever a damaged or hostile file makes a library
do happens here: a crash, a memory that is full or an endless loop ends this program and no other.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import BinaryIO

from surveys.problems import SurveyError
from surveys.returns.files.file_content import FileContent, Wanted
from surveys.returns.files.kinds import pages_of
from surveys.returns.files.messages import answer, asked

READY = b"ready\n"  # what this program says first
_PAUSE = 30  # seconds of processor time beyond those that a file may take, after which the system ends this program


def main() -> None:
    """Answer every request until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the program that asked decides when to stop
    answers = os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "wb") as nothing:  # what a library prints is no answer
        os.dup2(nothing.fileno(), 1)
    answers.write(READY)
    answers.flush()
    for line in sys.stdin.buffer:
        wanted = asked(line)
        bound(wanted)
        send(answers, *answer_to(wanted))


def answer_to(wanted: Wanted) -> tuple[bytes, bytes]:
    """The pages of a file, or what is wrong with it."""
    source = FileContent(b"", "text", wanted)
    try:
        with source.reading():
            return answer(pages_of(wanted))
    except SurveyError as error:
        return answer(problems=error.problems)


def send(answers: BinaryIO, described: bytes, cells: bytes) -> None:
    """Write an answer behind its two lengths, eight bytes each."""
    for part in (*(len(part).to_bytes(8, "big") for part in (described, cells)), described, cells):
        answers.write(part)
    answers.flush()


def bound(wanted: Wanted) -> None:
    """Let the system end this program when it takes too much memory or time, where the system can."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        now = resource.getrusage(resource.RUSAGE_SELF)
        seconds = int(now.ru_utime + now.ru_stime + wanted.limits.seconds + _PAUSE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _lower(resource.RLIMIT_CPU, seconds)
        _lower(resource.RLIMIT_AS, _memory() + wanted.limits.memory_bytes)


def _lower(kind: int, most: int) -> None:
    import resource

    hard = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _memory() -> int:
    """Bytes of addresses that this program holds already; the system that can bound them tells them too."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
