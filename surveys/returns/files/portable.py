"""The dictionary of SPSS portable files (.por): which values are declared missing.

The C library that reads these files gives declared missing values as empty cells, so that "refused" could not be told from a
blank. Here the declarations are read, and taken out of the file before that library sees it.

The library fills lines that are too short with blanks and passes over what it cannot follow, so that a file from which some bytes
are gone may lose a case without a word. A line of another length is therefore followed up to the end of the data: blanks at its
end may be missing where they belong to a text, and nowhere else.

Source: "Portable File Format" in the developer's guide of GNU PSPP: lines of 80 characters; a splash of 200 and a table of 256
characters, ``SPSSPORT``; then records named by one character. Numbers are written to base 30 and end with ``/``; a string is its
length and its characters.
"""

from __future__ import annotations

import math
import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_LINE, _SPLASH, _START = 80, 200, 464
_PLAIN = string.digits + string.ascii_uppercase + string.ascii_lowercase
_NUMBER = re.compile(r"(-?)([0-9A-T]{0,60})(?:\.([0-9A-T]{1,60}))?([+-][0-9A-T]{1,3})?")
_MISSING = "89AB"  # records of missing values: a value; up to a value; from a value on; between two values
Ranges = Mapping[str, tuple[tuple[object, object], ...]]


def without_declarations(raw: bytes) -> tuple[bytes, Ranges]:
    """A portable file without its declarations of missing values, and these by variable as closed ranges.

    A file that is not written in ASCII, or whose dictionary cannot be followed, is given back as it is, with no ranges.

    >>> without_declarations(b"no portable file")
    (b'no portable file', {})
    """
    content = b"".join(line.ljust(_LINE) for line in raw.splitlines()).decode("latin-1")
    if content[_SPLASH + 64 : _SPLASH + 126] != _PLAIN:
        return raw, {}
    found = _Dictionary(content, _START)
    try:
        found.read()
    except (ValueError, IndexError, KeyError, OverflowError):
        return raw, {}
    if not found.missing:
        return raw, {}
    kept = "".join((*found.kept, content[found.at :]))
    lines = (kept[k : k + _LINE].ljust(_LINE, "Z") for k in range(0, len(kept), _LINE))
    written = "".join(f"{line}\r\n" for line in lines)
    return written.encode("latin-1"), {name: tuple(values) for name, values in found.missing.items()}


def flaw_of(raw: bytes) -> str:
    """Why the lines of a portable file are not whole; empty when they are, or when nothing is known of them: the file has no
    lines, or is not written in ASCII.

    >>> flaw_of(b"no portable file")
    ''
    """
    lines = raw.splitlines()
    wrong = [k for k, line in enumerate(lines) if len(line) != _LINE]
    if len(lines) < 2 or not wrong:
        return ""
    if _PLAIN.encode() not in raw[: 2 * _START].translate(None, b"\r\n"):
        return ""
    content = b"".join(line.ljust(_LINE) for line in lines).decode("latin-1")
    if content[_SPLASH + 64 : _SPLASH + 126] != _PLAIN:
        return "characters are missing or added before its table of characters"
    if long := [k for k in wrong if len(lines[k]) > _LINE]:
        return f"line {long[0] + 1} is longer than {_LINE} characters"
    found = _Dictionary(content, _START, [(_LINE * k + len(lines[k]), _LINE * (k + 1)) for k in wrong])
    try:
        found.read()
        found.follow_data()
    except (ValueError, IndexError, KeyError, OverflowError):
        return f"line {found.at // _LINE + 1}: characters are missing or added"
    return ""


def number(text: str) -> float:
    """A number to base 30, perhaps with a fraction and an exponent of 30.

    >>> number("39"), number("-1.F"), number("1+2")
    (99.0, -1.5, 900.0)
    """
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        raise ValueError(text[:60])
    sign, whole, fraction, exponent = found.groups("")
    digits = int(sign + whole + fraction, 30)
    places = int(exponent or "0", 30) - len(fraction)
    return float(digits * 30**places) if places >= 0 else digits / 30**-places


@dataclass
class _Dictionary:
    """The records of a dictionary one after another. ``filled``: the places where blanks were put to the ends of short lines;
    ``kept`` are the parts of the file without the declarations."""

    content: str
    at: int
    filled: Sequence[tuple[int, int]] = ()
    kept: list[str] = field(default_factory=list)
    missing: dict[str, list[tuple[object, object]]] = field(default_factory=dict)
    widths: dict[str, int] = field(default_factory=dict)
    variable: str = ""

    def read(self) -> None:
        """Follow the records up to the data."""
        self.at += 1  # the version
        self._text(), self._text()
        self.kept.append(self.content[: self.at])
        while (tag := self.content[self.at]) != "F":
            start = self.at
            self.at += 1
            self._record(tag)
            if tag not in _MISSING:
                self.kept.append(self.content[start : self.at])

    def follow_data(self) -> None:
        """Follow the cases up to the end of the file, which the letter Z fills. Raises ValueError where they are broken."""
        self.at += 1
        while self.content[self.at] != "Z":
            for width in self.widths.values():
                if width:
                    self._text()
                elif self.content.startswith(
                    "*", self.at
                ):  # a missing value: an asterisk and any other character
                    self.at += 2
                else:
                    self._number()
        if self.content[self.at :].strip("Z "):
            raise ValueError(self.content[self.at : self.at + 60])

    def _record(self, tag: str) -> None:
        match tag:
            case "8" | "9" | "A" | "B":
                self.missing.setdefault(self.variable, []).append(self._range(tag))
            case "1" | "2" | "3" | "6" | "C":
                self._text()
            case "4" | "5":
                self._number()
            case "7":  # a variable, with its formats for printing and writing
                width, self.variable = self._count(), self._text()
                self.widths[self.variable] = width
                for _ in range(6):
                    self._number()
            case "D":  # labels of values
                names = [self._text() for _ in range(self._count())]
                for _ in range(self._count()):
                    self._value(names[0]), self._text()
            case "E":  # lines of a document
                for _ in range(self._count()):
                    self._text()
            case _:
                raise ValueError(tag)

    def _range(self, tag: str) -> tuple[object, object]:
        first = self._value(self.variable)
        low: object = -math.inf if tag == "9" else first
        high: object = self._value(self.variable) if tag == "B" else math.inf if tag == "A" else first
        return low, high

    def _value(self, variable: str) -> object:
        return self._text() if self.widths[variable] else self._number()

    def _count(self) -> int:
        return int(self._number())

    def _number(self) -> float:
        end = self.content.index("/", self.at)
        text, start, self.at = self.content[self.at : end], self.at, end + 1
        if " " in text and any(first <= end and start < last for first, last in self.filled):
            raise ValueError(text)
        return number(text)

    def _text(self) -> str:
        size = self._count()
        if not 0 <= size <= len(self.content) - self.at:
            raise ValueError(size)
        text, self.at = self.content[self.at : self.at + size], self.at + size
        return text
