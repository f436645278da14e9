"""Requests to stop (Ctrl-C, the end of a session) that wait while something is begun or cleared that must not be left half done.

The command line passes its signals on to :func:`heard`. Python hears signals in its main thread: what other threads hold back
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread

_held_back = False
_is_waiting = False


def heard() -> None:
    """Somebody asks to stop: KeyboardInterrupt, at once, or as soon as requests are no longer held back."""
    global _is_waiting
    _is_waiting = True
    _let_through()


@contextmanager
def held_back() -> Iterator[None]:
    """Requests to stop wait until the end of this block, and are heard then."""
    with _state(True):
        yield


@contextmanager
def let_in() -> Iterator[None]:
    """Within a block that holds them back, requests to stop are heard in this one; first the one that waits."""
    with _state(False):
        _let_through()
        yield


@contextmanager
def _state(held: bool) -> Iterator[None]:
    global _held_back
    before = _held_back
    try:
        if current_thread() is main_thread():
            _held_back = held
        yield
    finally:
        _held_back = before
        _let_through()


def _let_through() -> None:
    global _is_waiting
    if _is_waiting and not _held_back and current_thread() is main_thread():
        _is_waiting = False
        raise KeyboardInterrupt
