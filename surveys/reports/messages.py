"""Faults as a person reads them: errors all, file by file; warnings by what they touch, in as many lines as one looks at."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from surveys.problems import EFFECTS, Language, Names, Problem, phrase, runs

#: Lines of warnings that are shown; the others are counted and stand in a file.
MOST_LINES = 15
_LINES_EACH = 2  # of a warning that stands for others of its kind


@dataclass(frozen=True)
class Audience:
    """Who reads: in which language, how wide the lines are, and what codes are called."""

    language: Language
    width: int = 80
    names: Names = field(default_factory=dict)

    def said(self, code: str, **params: object) -> str:
        return phrase(code, self.language, **params)

    def wrapped(self, text: str, indent: str) -> list[str]:
        """A text in lines; words, however long, stay whole, so that names and paths can be copied."""
        return textwrap.wrap(
            text, max(self.width, 40), initial_indent=indent, subsequent_indent=indent + "  ",
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip


def in_full(problems: Iterable[Problem], audience: Audience) -> list[str]:
    """Every fault, file by file, each message once with all its rows."""
    lines = []
    for file, of_file in _by(dict.fromkeys(problems), lambda p: p.file).items():
        lines += audience.wrapped(str(file) or audience.said("cli.problems.general"), "")
        for alike in _alike(of_file):
            mark = audience.said(f"cli.mark.{alike[0].severity}")
            lines += audience.wrapped(f"{mark}: {_told(alike, audience)}", "  ")
    return lines


def in_short(warnings: Iterable[Problem], audience: Audience, most: int = MOST_LINES) -> list[str]:
    """Warnings under what they touch, the gravest first: each one where all fit into ``most`` lines, otherwise one of each kind
    with the number of the others, as far as they fit; the last line counts what is not shown."""
    found = list(dict.fromkeys(warnings))
    groups = {effect: [w for w in found if w.touches == effect] for effect in EFFECTS}
    every = _listed({e: [_whole(a, audience) for a in _alike(of)] for e, of in groups.items()}, audience)
    if len(every) <= most:
        return every
    kinds = {e: [_kind(a, audience) for a in _by(of, lambda w: w.code).values()] for e, of in groups.items()}
    return _cut(kinds, audience, most - 1)


def _listed(groups: dict[str, list[_Said]], audience: Audience) -> list[str]:
    """Headings with what stands below them; nothing for an effect without warnings."""
    lines = []
    for effect, told in groups.items():
        if told:
            lines.append(audience.said(f"messages.touches.{effect}"))
            lines += [line for said in told for line in said.lines]
    return lines


@dataclass(frozen=True)
class _Said:
    """The lines of a message, and how many warnings they stand for."""

    lines: list[str]
    warnings: int


def _whole(alike: Sequence[Problem], audience: Audience) -> _Said:
    text = ": ".join(filter(None, (alike[0].file, _told(alike, audience))))
    return _Said(audience.wrapped(text, "  "), len(alike))


def _kind(of_code: Sequence[Problem], audience: Audience) -> _Said:
    """One warning for all of its code, in a line or two: the message and place of the first, and how many more there are."""
    first, others = of_code[0], len(of_code) - 1
    more = f" ({audience.said('messages.more_of_kind', number=others)})" if others else ""
    said = (first.message(audience.language, audience.names), first.place(audience.language))
    text = " — ".join(filter(None, said))
    room = _LINES_EACH * (audience.width - 4) - len(more)
    return _Said(
        audience.wrapped(f"{textwrap.shorten(text, max(room, 40), placeholder=' …')}{more}", "  "),
        len(of_code),
    )


def _cut(groups: dict[str, list[_Said]], audience: Audience, room: int) -> list[str]:
    """The first lines that fit, whole messages only, and a line that counts the warnings of the others."""
    shown: dict[str, list[_Said]] = {effect: [] for effect in groups}
    left = 0
    for effect, told in groups.items():
        for said in told:
            shown[effect].append(said)
            if left or len(_listed(shown, audience)) > room:
                left += shown[effect].pop().warnings
    rest = [audience.said("messages.further", number=left)] if left else []
    return [*_listed(shown, audience), *rest]


def _told(alike: Sequence[Problem], audience: Audience) -> str:
    """Place and message of faults that differ in their row only."""
    first = alike[0]
    rows = _ranges(sorted({problem.row for problem in alike if problem.row is not None}))
    place = first.place_in_file(audience.language, rows)
    message = first.message(audience.language, audience.names)
    return f"{place}: {message}" if place else message


def _ranges(rows: Sequence[int]) -> str:
    """Row numbers in ascending order, three and more that follow one another as a range.

    >>> _ranges([2, 3, 4, 7, 9, 10])
    '2–4, 7, 9, 10'
    """
    parts = ([f"{run[0]}–{run[-1]}"] if len(run) > 2 else map(str, run) for run in runs(rows))
    return ", ".join(part for run in parts for part in run)


def _alike(problems: Iterable[Problem]) -> list[list[Problem]]:
    """Faults that differ in their row only, together."""
    return list(_by(problems, lambda p: (p.severity, p.code, p.params, p.file, p.sheet, p.column)).values())


def _by(problems: Iterable[Problem], key: Callable[[Problem], Hashable]) -> dict[Hashable, list[Problem]]:
    """Problems by a key, in the order in which the keys appear."""
    found: dict[Hashable, list[Problem]] = {}
    for problem in problems:
        found.setdefault(key(problem), []).append(problem)
    return found
