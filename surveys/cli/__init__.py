"""The command line: a thin skin that calls the rooms and prints. No arithmetic, no files of its own."""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 the data or definitions are wrong, 2 wrong usage.

    ``arguments`` are those of the command line when left out.
    """
    import sys

    from surveys.cli.entry import run

    return run(sys.argv[1:] if arguments is None else arguments)
