"""The text of a ``study.toml`` that grows by whole lines: every byte that somebody wrote into it stays, comments, order, line
ends and byte order mark included.

Lines are put in by the places of the tables, and the document that comes of it is compared with the one that is meant.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from surveys.definitions.study.reading import PUBLICATION, SECTIONS
from surveys.definitions.toml_text import STRING_OR_COMMENT
from surveys.definitions.toml_writing import toml_key, toml_table, toml_value
from surveys.problems import fault

_MARK = b"\xef\xbb\xbf"
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_TOKEN = re.compile(rf"{STRING_OR_COMMENT}|(?P<open>[\[{{])|(?P<close>[\]}}])|\n", re.DOTALL)
#: Sections in the order in which they stand in a ``study.toml``.
_FIRST = (
    "study",
    "fieldwork",
    *PUBLICATION,
    "assessment",
    "agencies",
    "plan",
    "lists",
    "units",
    "files",
    "returns",
    "results",
)
_ORDER = list(dict.fromkeys((*_FIRST, *SECTIONS)))


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Lines from ``start`` on, down to another part: what stands under one header. ``path``: the keys of the header (none above
    the first); ``content``: the line after the last that says anything; ``attached``: the line after the comments right below."""

    path: tuple[str, ...]
    start: int
    content: int
    attached: int


@dataclass
class StudyText:
    """The content of a ``study.toml``; ``name`` is what messages call it.

    >>> text = StudyText("study.toml", b'# Mine.\\r\\n[study]\\r\\ncode = "a"\\r\\n')
    >>> text.set_key("files", "frames", "frames.csv", "Tables.")
    >>> text.content
    b'# Mine.\\r\\n[study]\\r\\ncode = "a"\\r\\n\\r\\n# Tables.\\r\\n[files]\\r\\nframes = "frames.csv"\\r\\n'
    """

    name: str
    content: bytes
    document: dict[str, Any] = field(init=False)
    is_changed: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        try:
            self.content.decode()
        except UnicodeDecodeError:
            raise fault("add.not_utf8", file=self.name) from None
        self.document = _document(self._lines())

    def add_entry(self, section: str, entry: Mapping[str, object], comment: str = "") -> None:
        """Add a table ``[[section]]`` behind the last of its kind or where such tables belong; ``comment``: above the first.

        Raises SurveyError where the document is written so that the table would not be one more of its kind.
        """
        meant = deepcopy(self.document)
        meant.setdefault(section, [])
        if isinstance(meant[section], list):
            meant[section].append(dict(entry))
        table = toml_table(f"[[{section}]]", entry).rstrip("\n").split("\n")
        above = [] if section in self.document else _comment(comment)
        self._put(self._place_of(section), [*above, *table], meant, apart=True)

    def set_key(self, section: str, key: str, value: object, comment: str = "") -> None:
        """Add a key to a table ``[section]``, which is made where there is none. Raises SurveyError as :meth:`add_entry`."""
        meant = deepcopy(self.document)
        if isinstance(meant.setdefault(section, {}), dict):
            meant[section][key] = value
        lines = self._lines()
        own = [part for part in _parts(lines) if part.path == (section,)]
        if own:
            self._put_key(own[0], lines, key, value, meant)
        else:
            above = [] if section in self.document else _comment(comment)
            table = toml_table(f"[{section}]", {key: value}).rstrip("\n").split("\n")
            self._put(self._place_of(section), [*above, *table], meant, apart=True)

    def set_key_of_entry(self, section: str, position: int, key: str, value: object) -> None:
        """Add a key to the table ``[[section]]`` at ``position`` (from 0). Raises SurveyError as :meth:`add_entry`."""
        meant = deepcopy(self.document)
        meant[section][position][key] = value
        lines = self._lines()
        own = [part for part in _parts(lines) if part.path == (section,)]
        if position < len(own):
            self._put_key(own[position], lines, key, value, meant)
        else:
            self._refuse([f"{toml_key(key)} = {toml_value(value)}"])

    def _put_key(
        self, part: _Stretch, lines: Sequence[str], key: str, value: object, meant: Mapping[str, object]
    ) -> None:
        last = lines[part.content - 1]
        indent = "" if last.lstrip(" \t").startswith("[") else last[: len(last) - len(last.lstrip(" \t"))]
        self._put(part.content, [f"{indent}{toml_key(key)} = {toml_value(value)}"], meant)

    def _place_of(self, section: str) -> int:
        """The line at which a table of a section is put in: behind those of the section, else behind the last of those that stand
        before it."""
        parts = list(_parts(self._lines()))
        order = _ORDER.index(section)
        before = [
            p for p in parts if not p.path or (p.path[0] in _ORDER and _ORDER.index(p.path[0]) <= order)
        ]
        same = [part for part in before if part.path and part.path[0] == section]
        return (same or before)[-1].attached

    def _put(self, at: int, new: Sequence[str], meant: Mapping[str, object], *, apart: bool = False) -> None:
        """Put lines in before line ``at``; ``apart``: with an empty line on either side."""
        lines = self._lines()
        end = next((found for line in reversed(lines[:at]) if (found := _end_of(line))), "") or _usual_end(
            lines
        )
        above = [end] if at and not _end_of(lines[at - 1]) else []
        if apart and at and lines[at - 1].strip():
            above.append(end)
        below = [end] if apart and at < len(lines) and lines[at].strip() else []
        put = [*lines[:at], *above, *(f"{line}{end}" for line in new), *below, *lines[at:]]
        try:
            made = _document(put)
        except tomllib.TOMLDecodeError:
            made = {}
        if made != meant:
            self._refuse(new)
        mark = _MARK if self.content.startswith(_MARK) else b""
        self.is_changed = True
        self.content, self.document = mark + "".join(put).encode(), made

    def _refuse(self, lines: Sequence[str]) -> None:
        raise fault("add.by_hand", file=self.name, lines="\n".join(lines))

    def _lines(self) -> list[str]:
        return _LINE.findall(self.content.removeprefix(_MARK).decode())


def _document(lines: Sequence[str]) -> dict[str, Any]:
    return tomllib.loads("".join(_plain(line) for line in lines))


def _plain(line: str) -> str:
    end = _end_of(line)
    return f"{line.removesuffix(end)}\n" if end else line


def _end_of(line: str) -> str:
    return next((end for end in ("\r\n", "\n", "\r") if line.endswith(end)), "")


def _usual_end(lines: Sequence[str]) -> str:
    return next(filter(None, map(_end_of, lines)), "\n")


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in text.splitlines()]


def _parts(lines: Sequence[str]) -> Iterator[_Stretch]:
    """The parts of a document, the one above its first header first."""
    top = _at_top(lines)
    heads = [k for k, line in enumerate(lines) if top[k] and line.lstrip(" \t").startswith("[")]
    starts = [(0, ()), *((head, _path(lines[head])) for head in heads)]
    for (start, path), end in zip(starts, [*heads, len(lines)], strict=True):
        content = end
        while content > start and top[content - 1] and _says_nothing(lines[content - 1]):
            content -= 1
        attached = content
        while attached < end and lines[attached].strip():
            attached += 1
        if attached == end < len(lines):  # these comments stand above the next header
            attached = content
        yield _Stretch(path, start, content, attached)


def _says_nothing(line: str) -> bool:
    return not line.strip() or line.lstrip(" \t").startswith("#")


def _path(header: str) -> tuple[str, ...]:
    """The keys of a header.

    >>> _path('[[units."a.b"]] # said')
    ('units', 'a.b')
    """
    found: Any = tomllib.loads(_plain(header))
    path = []
    while found:
        found = found[0] if isinstance(found, list) else found
        if found:
            key, found = next(iter(found.items()))
            path.append(key)
    return tuple(path)


def _at_top(lines: Sequence[str]) -> list[bool]:
    """Whether each line begins outside of strings, arrays and tables written in a line."""
    text, depth, top = "".join(map(_plain, lines)), 0, [True]
    for token in _TOKEN.finditer(text):
        depth += bool(token["open"]) - bool(token["close"])
        top += [token[0] == "\n" and depth == 0] * token[0].count("\n")
    return top
