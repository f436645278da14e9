"""Help and usage faults in the user's language: typer parses, this room words."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup

from surveys.cli.terminal import Terminal
from surveys.problems import LANGUAGES, nearest, phrase


class Command(TyperCommand):
    """A command whose help is taken from ``cli.NAME`` and ``cli.NAME.PARAMETER``."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        language = _terminal(ctx).language
        arguments = [p for p in self.params if p.param_type_name == "argument"]
        options = [p for p in self.params if p.param_type_name == "option"]
        shown = [_shown(p) for p in options if p.required] + [
            f"[{phrase('cli.help.options_word', language)}]"
        ]
        words = " ".join([*(_shown(p) for p in arguments), *shown])
        formatter.write_usage(ctx.command_path, words, f"{phrase('cli.help.usage', language)}: ")
        _text(formatter, phrase(f"cli.{self.name}", language))
        about = {p.name: phrase(f"cli.{self.name}.{p.name}", language) for p in self.params}
        _list(
            formatter, phrase("cli.help.arguments", language), [(_shown(p), about[p.name]) for p in arguments]
        )
        rows = [(_shown(p), about[p.name]) for p in options]
        _list(formatter, phrase("cli.help.options", language), [*rows, *_everywhere(language)])


class Group(TyperGroup):
    """The list of commands, each with the first line of its help."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        language = _terminal(ctx).language
        words = phrase("cli.help.command_words", language)
        formatter.write_usage(ctx.command_path, words, f"{phrase('cli.help.usage', language)}: ")
        _text(formatter, phrase("cli.about", language))
        rows = [(name, phrase(f"cli.{name}", language)) for name in self.list_commands(ctx)]
        _list(formatter, phrase("cli.help.commands", language), rows)
        _list(formatter, phrase("cli.help.options", language), _everywhere(language))
        _text(formatter, phrase("cli.help.exit", language))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            raise UnknownCommandError(args[0], nearest(args[0], self.commands))
        return super().resolve_command(ctx, args)


class UnknownCommandError(Exception):
    """A word that is no command, with the nearest that is one."""

    def __init__(self, word: str, nearest_command: str) -> None:
        super().__init__(word)
        self.word, self.nearest = word, nearest_command


def usage_fault(error: Exception) -> tuple[str, dict[str, object]]:
    """Code and parameters of the message for a usage error of typer (told by what it carries)."""
    if isinstance(error, UnknownCommandError):
        code = "cli.usage.no_command_near" if error.nearest else "cli.usage.no_command"
        return code, {"word": error.word, "nearest": error.nearest}
    parameter, option = getattr(error, "param", None), getattr(error, "option_name", None)
    command = getattr(getattr(error, "ctx", None), "command_path", "surveys")
    if type(error).__name__ == "NoSuchOption":
        return "cli.usage.no_option", {"option": option, "command": command}
    if type(error).__name__ == "MissingParameter" and parameter is not None:
        return "cli.usage.missing", {"parameter": _shown(parameter), "command": command}
    if parameter is not None:
        return "cli.usage.value", {"parameter": _shown(parameter), "command": command}
    return "cli.usage.other", {"reason": getattr(error, "message", str(error)), "command": command}


def _terminal(ctx: Any) -> Terminal:
    return ctx.find_object(Terminal) or Terminal(LANGUAGES[0])


def _shown(parameter: Any) -> str:
    """How a parameter is written: ``STUDY``, ``--out DIR``, ``--defects/--no-defects``."""
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    names = "/".join([*parameter.opts, *parameter.secondary_opts])
    value = "" if parameter.is_flag else f" {parameter.metavar or parameter.name.upper()}"
    return f"{names}{value}"


def _everywhere(language: Any) -> list[tuple[str, str]]:
    """The options that every command takes."""
    return [
        (f"--lang {'|'.join(LANGUAGES)}", phrase("cli.help.lang", language)),
        ("--help", phrase("cli.help.help", language)),
    ]


def _text(formatter: Any, text: str) -> None:
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(text)


def _list(formatter: Any, title: str, rows: list[tuple[str, str]]) -> None:
    if rows:
        with formatter.section(title):
            formatter.write_dl(rows)
