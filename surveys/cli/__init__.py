"""The command line: a thin skin that calls the public door and prints. No arithmetic, no files of its own."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import NoReturn


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 the data or definitions are wrong, 2 wrong usage.

    ``arguments`` are those of the command line when left out.
    """
    # The matrices of a survey are small: more threads of the linear algebra cost several times the work they share, and
    # how it is shared moves the last bits from machine to machine. Who sets the variables knows better.
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    # What other packages plug into pydantic has no business in the definitions of a survey.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # A command makes records by the hundred thousand and next to no cycles: looking for cycles less often is a twentieth of
    # what tests/benchmarks/test_score_speed.py measures.
    gc.set_threshold(500_000, 50, 50)

    from surveys.cli.entry import run

    return run(sys.argv[1:] if arguments is None else arguments)


def command() -> NoReturn:
    """The console script: :func:`main`, and out."""
    from surveys.cli.process import begin, end, undisturbed

    try:
        begin()
        code = main()
        undisturbed()
    except KeyboardInterrupt:  # before or after the command itself
        undisturbed()
        from surveys.cli.entry import interrupted

        code = interrupted()
    raise SystemExit(end(code))
