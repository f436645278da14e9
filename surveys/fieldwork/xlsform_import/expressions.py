"""Expressions of XLSForm: read, and worked out for one given answer. Bounded; nothing is ever executed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

#: Letters and parts of an expression that is read, and levels of brackets and signs.
LONGEST, MOST_PARTS, DEEPEST = 2_000, 400, 30
_TOKEN = re.compile(
    r"""\s*(?:(?P<ref>\$\{\s*[^{}]+?\s*\})|(?P<text>"[^"]*"|'[^']*')|(?P<number>\d+(?:\.\d*)?|\.\d+)"""
    r"""|(?P<name>[A-Za-z_][\w:-]*)|(?P<sign><=|>=|!=|[=<>(),+*.-]))"""
)
_REFERENCE = re.compile(r"\$\{\s*([^{}]+?)\s*\}")
Value = str | float | bool


class NotUnderstood(Exception):  # noqa: N818
    """An expression that is written otherwise than those that are worked out here."""


class Term(NamedTuple):
    """A part of an expression: an operator or a function with its parts, a reference, or a constant."""

    kind: str
    parts: tuple[Term, ...] = ()
    value: Value = ""


def references(text: str) -> tuple[str, ...]:
    """The questions that an expression or a label refers to, in order, each once.

    >>> references("${q1} = 'a' and not(selected(${ q2 }, 'b')) or ${q1} = ''")
    ('q1', 'q2')
    """
    names = (found[1].removeprefix("last-saved#") for found in _REFERENCE.finditer(text))
    return tuple(dict.fromkeys(names))


def parsed(text: str) -> Term:
    """The parts of an expression. Raises :class:`NotUnderstood` where it is written in any other way."""
    if len(text) > LONGEST:
        raise NotUnderstood
    return _Parser(_tokens(text)).whole()


def holds(term: Term, answers: Mapping[str, str]) -> bool:
    """Whether an expression holds for answers; a question without one is empty.

    >>> holds(parsed("selected(${q}, 'a') or ${q} >= 3"), {"q": "b a"}), holds(parsed("not(${q} = '')"), {})
    (True, False)
    """
    return _truth(_worked_out(term, answers))


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if not match or match.lastgroup is None:
            raise NotUnderstood
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    if len(found) > MOST_PARTS:
        raise NotUnderstood
    return found


_LEVELS: Sequence[tuple[str, ...]] = (
    ("or",),
    ("and",),
    ("=", "!="),
    ("<", "<=", ">", ">="),
    ("+", "-"),
    ("*", "div", "mod"),
)


class _Parser:
    """Reads tokens by the precedence of XPath 1.0."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> Term:
        term = self._level(0)
        if self._at < len(self._tokens):
            raise NotUnderstood
        return term

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("", "")

    def _take(self, text: str = "") -> tuple[str, str]:
        token = self._peek()
        if not token[0] or (text and token[1] != text):
            raise NotUnderstood
        self._at += 1
        return token

    def _level(self, k: int) -> Term:
        if k == len(_LEVELS):
            return self._single()
        term = self._level(k + 1)
        while self._peek()[0] in ("name", "sign") and self._peek()[1] in _LEVELS[k]:
            term = Term(self._take()[1], (term, self._level(k + 1)))
        return term

    def _single(self) -> Term:
        kind, text = self._take()
        if kind == "ref":
            return Term("ref", value=references(text)[0])
        if kind == "text":
            return Term("constant", value=text[1:-1])
        if kind == "number":
            return Term("constant", value=float(text))
        if text == "-":
            self._deeper(1)
            term = Term("-", (Term("constant", value=0.0), self._single()))
            self._deeper(-1)
            return term
        if text == "(":
            return self._bracket()[0]
        if kind == "name" and text in _FUNCTIONS:
            self._take("(")
            return Term(text, self._bracket(one=False))
        raise NotUnderstood

    def _deeper(self, by: int) -> None:
        self._depth += by
        if self._depth > DEEPEST:
            raise NotUnderstood

    def _bracket(self, one: bool = True) -> tuple[Term, ...]:
        """What stands up to the closing bracket: one part, or any number of them."""
        self._deeper(1)
        parts: list[Term] = []
        while self._peek()[1] != ")" or (one and not parts):
            if parts:
                self._take(",")
            parts.append(self._level(0))
        self._take(")")
        self._deeper(-1)
        if one and len(parts) != 1:
            raise NotUnderstood
        return tuple(parts)


def _truth(value: Value) -> bool:
    return bool(value) and value == value


def _number(value: Value) -> float:
    try:
        return float(value)
    except ValueError:
        return float("nan")


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else value


def _equal(a: Value, b: Value) -> bool:
    if isinstance(a, bool) or isinstance(b, bool):
        return _truth(a) == _truth(b)
    if isinstance(a, float) or isinstance(b, float):
        return _number(a) == _number(b)
    return a == b


_FUNCTIONS: Mapping[str, tuple[int, Callable[..., Value]]] = {
    "selected": (2, lambda a, b: _text(b) in _text(a).split()),
    "not": (1, lambda a: not _truth(a)),
    "true": (0, lambda: True),
    "false": (0, lambda: False),
    "boolean": (1, _truth),
    "number": (1, _number),
    "int": (1, lambda a: float(int(n)) if (n := _number(a)) == n and abs(n) < 1e15 else float("nan")),
    "string": (1, _text),
    "string-length": (1, lambda a: float(len(_text(a)))),
    "count-selected": (1, lambda a: float(len(_text(a).split()))),
    "coalesce": (2, lambda a, b: a if _text(a) else b),
    "contains": (2, lambda a, b: _text(b) in _text(a)),
    "starts-with": (2, lambda a, b: _text(a).startswith(_text(b))),
    "once": (1, lambda a: a),
}
_OPERATORS: Mapping[str, Callable[[Value, Value], Value]] = {
    "or": lambda a, b: _truth(a) or _truth(b),
    "and": lambda a, b: _truth(a) and _truth(b),
    "=": _equal,
    "!=": lambda a, b: not _equal(a, b),
    "<": lambda a, b: _number(a) < _number(b),
    "<=": lambda a, b: _number(a) <= _number(b),
    ">": lambda a, b: _number(a) > _number(b),
    ">=": lambda a, b: _number(a) >= _number(b),
    "+": lambda a, b: _number(a) + _number(b),
    "-": lambda a, b: _number(a) - _number(b),
    "*": lambda a, b: _number(a) * _number(b),
}


def _worked_out(term: Term, answers: Mapping[str, str]) -> Value:
    if term.kind == "constant":
        return term.value
    if term.kind == "ref":
        return answers.get(str(term.value), "")
    parts = [_worked_out(part, answers) for part in term.parts]
    if term.kind in _OPERATORS:
        return _OPERATORS[term.kind](*parts)
    count, function = _FUNCTIONS.get(term.kind, (-1, _truth))
    if count != len(parts):
        raise NotUnderstood
    return function(*parts)
