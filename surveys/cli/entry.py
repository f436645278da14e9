"""One run of the command line: language, command, and what is said when something goes wrong."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import traceback
from collections.abc import Mapping, Sequence

from surveys.cli.process import INTERRUPTED, asked_to_stop
from surveys.cli.terminal import OutputLostError, Terminal
from surveys.problems import LANGUAGES, Language, SurveyError

DONE, WRONG_DATA, WRONG_USAGE = 0, 1, 2
FAULT_OF_OURS = 70  # EX_SOFTWARE of sysexits.h
LANGUAGE_OPTION = "--lang"
LANGUAGE_VARIABLE = "SURVEYS_LANG"
#: Messages for faults of the operating system.
_OF_SYSTEM = {
    errno.ENOSPC: "cli.disk_full",
    errno.EDQUOT: "cli.disk_full",
    errno.EACCES: "cli.no_permission",
    errno.EPERM: "cli.no_permission",
    errno.EROFS: "cli.read_only",
    errno.EFBIG: "cli.file_too_large",
    errno.ENAMETOOLONG: "cli.name_too_long",
    errno.EBUSY: "cli.not_movable",
    errno.EXDEV: "cli.not_movable",
    errno.ENOENT: "cli.no_such_file",
}


def run(arguments: Sequence[str]) -> int:
    """Run the command that ``arguments`` name; every fault a user can cause becomes a message and an exit code."""
    language, rest, wrong = chosen_language(arguments, os.environ)
    terminal = Terminal(language)
    if (preferred := os.environ.get(LANGUAGE_VARIABLE, "")) not in ("", *LANGUAGES):
        terminal.fault("cli.language_unknown", value=preferred, accepted=LANGUAGES, chosen=language)
    if wrong is not None:
        terminal.fault("cli.usage.language", value=wrong, accepted=LANGUAGES)
        return WRONG_USAGE
    try:
        return _code_of(rest, terminal)
    except (BrokenPipeError, SystemExit):  # typer turns the one into the other
        # The reader of our output has gone (``surveys list | head``): stop without a word, as other commands do.
        _to_nowhere()
        return DONE
    except OutputLostError as lost:
        _to_nowhere()
        with contextlib.suppress(OutputLostError, BrokenPipeError):
            terminal.fault("cli.output_lost", reason=str(lost))
        return WRONG_DATA


def interrupted() -> int:
    """Say that the run was stopped before or after its command; the exit code."""
    language, _, _ = chosen_language(sys.argv[1:], os.environ)
    with contextlib.suppress(OutputLostError, BrokenPipeError):
        Terminal(language).fault("cli.interrupted")
    return INTERRUPTED


def _code_of(arguments: Sequence[str], terminal: Terminal) -> int:
    """Run a command; what goes wrong in words, and the exit code."""
    try:
        code = _run(arguments, terminal)
        terminal.flush()
    except SurveyError as error:
        terminal.problems(error.problems)
        return WRONG_DATA
    except KeyboardInterrupt:
        terminal.fault("cli.interrupted")
        return INTERRUPTED
    except MemoryError:
        terminal.fault("cli.memory")
        return WRONG_DATA
    except (BrokenPipeError, OutputLostError):
        raise
    except OSError as error:
        code_of_fault = _OF_SYSTEM.get(error.errno or 0, "cli.system")
        terminal.fault(code_of_fault, path=error.filename or "", reason=error.strerror or str(error))
        return WRONG_DATA
    except Exception as error:
        if asked_to_stop():
            terminal.fault("cli.interrupted")
            return INTERRUPTED
        terminal.fault("cli.internal", error=type(error).__name__, message=str(error), place=_place(error))
        return FAULT_OF_OURS
    return code


def _to_nowhere() -> None:
    """Nobody reads our output: what is still to be printed is not."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def chosen_language(
    arguments: Sequence[str], environment: Mapping[str, str]
) -> tuple[Language, list[str], str | None]:
    """The language asked for anywhere before ``--``, the other arguments, and the value where it is not accepted.

    >>> chosen_language(["check", ".", "--lang", "en"], {})
    ('en', ['check', '.'], None)
    >>> chosen_language(["list"], {"SURVEYS_LANG": "en"})
    ('en', ['list'], None)
    """
    known: dict[str, Language] = {language: language for language in LANGUAGES}
    standard = known.get(environment.get(LANGUAGE_VARIABLE, ""), LANGUAGES[0])
    asked: str = standard
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        option, equals, value = word.partition("=")
        if word == "--":
            rest += [word, *words]
        elif option == LANGUAGE_OPTION:
            asked = value if equals else next(words, "")
        else:
            rest.append(word)
    return known.get(asked, LANGUAGES[0]), rest, None if asked in known else asked


def _run(arguments: Sequence[str], terminal: Terminal) -> int:
    import typer
    from typer.main import get_command

    from surveys.cli.fieldwork_commands import app
    from surveys.cli.usage import UnknownCommandError, usage_fault

    usage_error = typer.BadParameter.__mro__[1]  # the class of all wrong usage, which typer does not name
    try:
        code = get_command(app)(
            list(arguments) or ["--help"], prog_name="surveys", obj=terminal, standalone_mode=False
        )
    except typer.Abort:
        raise KeyboardInterrupt from None
    except Exception as error:
        if not isinstance(error, (usage_error, UnknownCommandError)):
            raise
        code, params = usage_fault(error)
        terminal.fault(code, **params)
        return WRONG_USAGE
    if code == INTERRUPTED:  # some releases of typer turn the interrupt into this code
        raise KeyboardInterrupt
    return code if isinstance(code, int) else DONE


def _place(error: Exception) -> str:
    """File and line of this program where an unforeseen fault arose."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if f"{os.sep}surveys{os.sep}" in frame.filename] or frames
    return f"{os.path.basename(own[-1].filename)}:{own[-1].lineno}" if own else ""
