"""The program around a command: its standard streams, the signals that ask it to stop, its end."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from types import FrameType
from typing import TYPE_CHECKING

from surveys.vocabulary import stop_requests

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

INTERRUPTED = 130  # 128 + SIGINT, as shells do
_AGAIN = 0.05  # seconds after which a request to stop that went unheard is repeated
_asked_by: list[int] = []  # signals that asked to stop


def begin() -> None:
    """Make sure of the streams, and let every request to stop end as Ctrl-C does: with words, and with nothing left behind."""
    for _ in range(3):  # a file that is opened must never become what print writes to
        number = os.open(os.devnull, os.O_RDWR)
        if number > 2:
            os.close(number)
            break
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    sys.unraisablehook = _heard_again
    for number in _stopping():
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, _stop)


def asked_to_stop() -> bool:
    """Whether a signal asked this program to stop; libraries turn the exception that it raises into others of theirs."""
    return bool(_asked_by)


def undisturbed() -> None:
    """From here on nothing asks to stop any more."""
    for number in _stopping():
        signal.signal(number, signal.SIG_IGN)


def end(code: int) -> int:
    """The exit code, once nothing asks to stop any more: 128 and the signal where one asked to stop."""
    # `python -m` ends by SIGINT, whatever the exit code, where the last text run by exec() ended so: as when the request
    # came while a library was making a class from text. An empty text ends otherwise.
    exec("")
    # All files are closed by now: looking through what the end of the process frees anyway is a tenth of what
    # tests/benchmarks/test_score_speed.py measures.
    gc.disable()
    gc.freeze()
    return 128 + _asked_by[-1] if code == INTERRUPTED and _asked_by else code


def _stopping() -> list[int]:
    return [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def _stop(number: int, _frame: FrameType | None) -> None:
    _asked_by.append(number)
    stop_requests.heard()


def _heard_again(unraisable: UnraisableHookArgs) -> None:
    """A request to stop that came where no exception can be raised, as at the end of an object, is repeated a moment later."""
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        threading.Timer(_AGAIN, signal.raise_signal, [_asked_by[-1] if _asked_by else signal.SIGINT]).start()
    else:
        sys.__unraisablehook__(unraisable)
