"""Conditions as XLSForm writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from string import ascii_uppercase, digits

from surveys.vocabulary.check_characters import ALPHABET, HYPHEN, remainders

_MOST_SHAPES = 12  # lengths of codes that one pattern has; more are no pattern
_A_DIGIT = "[0-9]"
_DIGITS, _CAPITALS = frozenset(digits), frozenset(ascii_uppercase)
_MARKS = re.compile(r"([][.*+?^${}()|\\])")


def chosen(name: str, options: Iterable[str]) -> str:
    """Whether one of some options was chosen in the question of that name.

    >>> chosen("S0", ["1", "2"])
    "selected(${S0}, '1') or selected(${S0}, '2')"
    """
    return " or ".join(f"selected(${{{name}}}, '{option}')" for option in options)


def all_of(*conditions: str) -> str:
    """What holds where all of some conditions do; empty ones always hold.

    >>> all_of("a or b", "", "c"), all_of("a or b", "")
    ('(a or b) and c', 'a or b')
    """
    given = [condition for condition in conditions if condition]
    if len(given) < 2:
        return "".join(given)
    return " and ".join(f"({each})" if " or " in each else each for each in given)


def matches(pattern: str) -> str:
    """Whether the answer is of a pattern; nothing for a pattern that no literal can hold."""
    return f"regex(., '^({pattern})$')" if pattern and "'" not in pattern else ""


def pattern_of_codes(codes: Sequence[str]) -> str:
    """A regular expression of codes: at each place the character that all codes of that length have there, or any digit, letter
    or digit; of a number that differs every digit may. Empty where they have no common shape.

    >>> pattern_of_codes(["SO-1-00007", "SO-1-00012"]), pattern_of_codes(["XA-1K", "XA-22"])
    ('SO-1-[0-9]{5}', 'XA-[0-9][0-9A-Z]')
    """
    by_length: dict[int, list[str]] = {}
    for code in codes:
        by_length.setdefault(len(code), []).append(code)
    if not all(codes) or len(by_length) > _MOST_SHAPES:
        return ""
    shapes = [_places(same) for _, same in sorted(by_length.items())]
    return "|".join(map(_counted, shapes)) if all(shapes) else ""


def example_of_codes(codes: Sequence[str]) -> str:
    """What codes as long as the first look like, ``#`` in place of what differs.

    >>> example_of_codes(["SO-1-00007", "SO-1-00012", "SO-1-3"])
    'SO-1-#####'
    """
    places = _places([code for code in codes if len(code) == len(codes[0])])
    return "".join("#" if len(place) > 2 else place[-1] for place in places)


def is_checked_code(codes: Sequence[str]) -> str:
    """Whether the answer has the right check character, for codes of one length with hyphens at the same places; nothing for
    others."""
    places = _places(codes) if len({len(code) for code in codes}) == 1 else []
    counted = [k for k, place in enumerate(places) if place != HYPHEN]
    if not counted or {k for code in codes for k, c in enumerate(code) if c == HYPHEN} & set(counted):
        return ""
    sums: list[list[str]] = [[], []]
    for from_last, k in enumerate(reversed(counted)):
        for terms, digits_of in zip(sums, remainders(from_last), strict=True):
            terms.append(f"number(substr(translate(., '{ALPHABET}', '{digits_of}'), {k}, {k + 1}))")
    return " and ".join(f"({' + '.join(terms)}) mod 6 = 0" for terms in sums)


def pattern_declared(patterns: Iterable[str]) -> str:
    """A regular expression of the patterns of form codes that a study declares: ``#`` a digit, ``@`` a letter.

    >>> pattern_declared(["HN-@##", "#.#"])
    'HN-[A-Za-zÀ-ỹ][0-9]{2}|[0-9]\\\\.[0-9]'
    """
    parts = {"#": "[0-9]", "@": "[A-Za-zÀ-ỹ]"}
    return "|".join(_counted([parts.get(c, _literal(c)) for c in pattern]) for pattern in patterns)


def _places(codes: Sequence[str]) -> list[str]:
    """What may stand at each place of codes of one length; nothing where they have no common shape."""
    found: list[str] = []
    for characters in map(set, zip(*codes, strict=True)):
        if len(characters) == 1:
            found.append(_literal(characters.pop()))
        elif characters <= _DIGITS:
            found.append(_A_DIGIT)
        elif characters <= _DIGITS | _CAPITALS:
            found.append("[0-9A-Z]")
        else:
            return []
    for k in (*range(len(found)), *reversed(range(len(found)))):  # the rest of a number that differs
        beside = found[max(k - 1, 0) : k + 2]
        if found[k] in _DIGITS and _A_DIGIT in beside:
            found[k] = _A_DIGIT
    return found


def _literal(character: str) -> str:
    return _MARKS.sub(r"\\\1", character)


def _counted(places: Sequence[str]) -> str:
    """Places of a pattern, with the number of those alike that follow one another."""
    found = ""
    k = 0
    while k < len(places):
        same = k + 1
        while same < len(places) and places[same] == places[k] and places[k].startswith("["):
            same += 1
        found += places[k] + (f"{{{same - k}}}" if same - k > 1 else "")
        k = same
    return found
