"""Help and usage faults in the user's language: typer parses, this room words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from typer.core import TyperCommand, TyperGroup

from surveys.problems import LANGUAGES, Language, nearest, phrase

Rows = list[tuple[str, str]]


class WordedCommand(TyperCommand):
    """A command whose help is taken from ``cli.NAME`` and ``cli.NAME.PARAMETER``."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        language = ctx.obj.language
        rows: dict[str, Rows] = {"argument": [], "option": []}
        for parameter in self.params:
            about = phrase(f"cli.{self.name}.{parameter.name}", language)
            rows[parameter.param_type_name].append((_written(parameter), about))
        needed = [_written(p) for p in self.params if p.param_type_name == "argument" or p.required]
        words = " ".join([*needed, f"[{phrase('cli.help.options_word', language)}]"])
        _begin(formatter, ctx, words, f"cli.{self.name}")
        _list(formatter, phrase("cli.help.arguments", language), rows["argument"])
        _list(formatter, phrase("cli.help.options", language), rows["option"] + _everywhere(language))


class WordedGroup(TyperGroup):
    """The list of commands, each with the first line of its help."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        language = ctx.obj.language
        _begin(formatter, ctx, phrase("cli.help.command_words", language), "cli.about")
        rows = [(name, phrase(f"cli.{name}", language)) for name in self.list_commands(ctx)]
        _list(formatter, phrase("cli.help.commands", language), rows)
        _list(formatter, phrase("cli.help.options", language), _everywhere(language))
        _text(formatter, phrase("cli.help.exit", language))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            raise UnknownCommandError(args[0], self.commands)
        return super().resolve_command(ctx, args)


class UnknownCommandError(Exception):
    """A word that is no command, with the nearest that is one."""

    def __init__(self, word: str, commands: Iterable[str]) -> None:
        super().__init__(word)
        self.word, self.nearest = word, nearest(word, commands)


def usage_fault(error: Exception) -> tuple[str, dict[str, object]]:
    """Code and parameters of the message for a usage error of typer (told by what it carries)."""
    if isinstance(error, UnknownCommandError):
        return "cli.usage.no_command", {"word": error.word, "nearest": error.nearest}
    command = getattr(getattr(error, "ctx", None), "command_path", "surveys")
    option, parameter = getattr(error, "option_name", None), getattr(error, "param", None)
    if option is not None:
        return "cli.usage.no_option", {"option": option, "command": command}
    if parameter is None:
        return "cli.usage.other", {"reason": getattr(error, "message", str(error)), "command": command}
    code = "cli.usage.missing" if type(error).__name__ == "MissingParameter" else "cli.usage.value"
    return code, {"parameter": _written(parameter), "command": command}


def _written(parameter: Any) -> str:
    """How a parameter is written: ``STUDY``, ``--out DIR``, ``--defects/--no-defects``."""
    value = str(parameter.metavar or parameter.name.upper())
    if parameter.param_type_name == "argument":
        return value
    names = "/".join([*parameter.opts, *parameter.secondary_opts])
    return names if parameter.is_flag else f"{names} {value}"


def _everywhere(language: Language) -> Rows:
    """The options that every command takes."""
    return [
        (f"--lang {'|'.join(LANGUAGES)}", phrase("cli.help.lang", language)),
        ("--help", phrase("cli.help.help", language)),
        ("--version", phrase("cli.help.version", language)),
    ]


def _begin(formatter: Any, ctx: Any, words: str, about: str) -> None:
    """The line of usage, and what the command does."""
    language = ctx.obj.language
    formatter.write_usage(ctx.command_path, words, f"{phrase('cli.help.usage', language)}: ")
    _text(formatter, phrase(about, language))


def _text(formatter: Any, text: str) -> None:
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(text)


def _list(formatter: Any, title: str, rows: Rows) -> None:
    if rows:
        with formatter.section(title):
            formatter.write_dl(rows)
