"""The command line: a thin skin that calls the rooms and prints. No arithmetic, no files of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 the data or definitions are wrong, 2 wrong usage.

    ``arguments`` are those of the command line when left out.
    """
    import gc
    import os
    import sys

    # The matrices of a survey are small: more threads of the linear algebra cost several times the work they share, and
    # how it is shared moves the last bits from machine to machine. Who sets the variables knows better.
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    # What other packages plug into pydantic has no business in the definitions of a survey, and looking for it takes time.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # A command makes records by the hundred thousand and next to no cycles: looking for cycles as often as Python does
    # would take longer than reading the records.
    gc.set_threshold(500_000, 50, 50)

    from surveys.cli.entry import run

    return run(sys.argv[1:] if arguments is None else arguments)


def command() -> NoReturn:
    """The console script: :func:`main`, and out. All files are written and closed by then; taking the interpreter apart object by
    object would cost a twentieth of the whole command."""
    import contextlib
    import os
    import sys

    code = main()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # closed by whoever read it
            stream.flush()
    os._exit(code)
