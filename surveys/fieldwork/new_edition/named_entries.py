"""Entries of a sheet that other cells name: their codes, given or made from their names, and how a cell finds them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from math import isfinite

from surveys.definitions.csv_tables import Row
from surveys.definitions.record_building import is_code
from surveys.fieldwork.new_edition.office_sheets import key_of, word_texts
from surveys.problems import shortened
from surveys.review.dates import WAYS, readings
from surveys.vocabulary.folding import fold, fold_name, without_marks
from surveys.vocabulary.numbers import WrittenNumber

#: Characters of a code that is made from a name.
_LONGEST = 40
#: What says yes in a cell that is to be marked, and what says no.
_YES = ("x", "có", "co", "yes", "1", "true", "✓", "✔")
_NO = ("", "không", "khong", "no", "0", "false")
_NOT_CODE = re.compile(r"[^a-z0-9]+")


def code_from(name: str, *taken: Collection[str], otherwise: str = "ma") -> str:
    """A code made from a name: its letters without marks; with a number where that is taken.

    >>> code_from("Xã Đông Hòa"), code_from("Sở Y tế", {"so-y-te"}), code_from("!")
    ('xa-dong-hoa', 'so-y-te-2', 'ma')
    """
    plain = _NOT_CODE.sub("-", without_marks(name))[:_LONGEST].strip("-") or otherwise
    code, number = plain, 1
    while any(code in codes for codes in taken):
        number += 1
        code = f"{plain}-{number}"
    return code


class NamedEntries:
    """Entries by their codes and names; each is given once."""

    def __init__(self) -> None:
        self.labels: dict[str, str] = {}
        self._known: dict[str, tuple[str, int | None]] = {}

    def add(self, row: Row, name: str, code: str, also: Sequence[str] = ()) -> str:
        """Keep the entry of a row under its code, the column ``name`` and other names; its code."""
        if row["code"] and not is_code(row["code"]):
            row.place.note("record.bad_code", "code", value=shortened(row["code"]))
        if len(parts(row[name])) > 1:
            row.place.note("new.several_names", name, value=shortened(row[name]))
        for column, text in (("code", code), (name, row[name]), *((name, one) for one in also)):
            self._keep(row, column, text, code)
        self.labels[code] = row[name]
        return code

    def _keep(self, row: Row, column: str, text: str, code: str) -> None:
        other, first = self._known.setdefault(fold(text), (code, row.place.row))
        if other != code or (column == "code" and code in self.labels):
            row.place.note("new.twice", column, value=shortened(text), first=first or "")

    def take_over(self, label: str, code: str) -> None:
        """Keep an entry that no row declares."""
        self._known[fold(label)] = (code, None)
        self.labels[code] = label

    def code(self, label: str) -> str:
        """The code of the entry of that name; empty where there is none."""
        return self._known.get(fold(label), ("", None))[0]

    def has(self, text: str, code: str) -> bool:
        """Whether ``text`` is a name of the entry of a code."""
        return self.code(text) == code

    def find(self, row: Row, column: str, text: str) -> str:
        """The code of the entry that a cell names; the fault noted and nothing where there is none."""
        code, _ = self._known.get(fold(text), ("", None))
        if not code:
            row.place.not_accepted("new.unknown_name", column, text, self.labels.values())
        return code

    def find_all(self, row: Row, column: str) -> list[str]:
        """The codes of the entries that a cell names, divided by ``;``."""
        return [code for text in parts(row[column]) if (code := self.find(row, column, text))]


def made_codes(rows: Sequence[Row], name: str, otherwise: str) -> list[str]:
    """The code of each row: the one given, else made from its name so that it is no name of another."""
    taken = {row["code"] for row in rows if row["code"]}
    names = Counter(fold_name(row[name]) for row in rows)
    found = []
    for row in rows:
        own = fold_name(row[name])
        times = names.pop(own)  # a code may be the name of its own entry
        code = row["code"] or code_from(row[name], taken, names, otherwise=otherwise)
        names[own] = times
        taken.add(code)
        found.append(code)
    return found


def parts(cell: str) -> list[str]:
    """The entries of a cell, divided by ``;`` or line breaks.

    >>> parts("Người dân; Doanh nghiệp")
    ['Người dân', 'Doanh nghiệp']
    """
    return [part.strip() for part in re.split(r"[;\n]", cell) if part.strip()]


def marked(row: Row, column: str) -> bool:
    """Whether a cell is marked; what is neither yes nor no is noted."""
    text = fold(row[column])
    if text in _YES:
        return True
    if text not in _NO:
        row.place.note("new.not_marked", column, value=shortened(row[column]))
    return False


def number(row: Row, column: str, low: float = 0.0) -> float | None:
    """The number of a cell, None where it is empty or none from ``low`` on, which is noted."""
    if not row[column]:
        return None
    said = row[column].removesuffix("%").strip()
    readings = WrittenNumber(said).readings
    if len(readings) > 1:
        row.place.note(
            "new.number_two_ways", column, value=shortened(said), whole=readings[0], other=readings[1]
        )
        return None
    try:
        value = float(readings[0] if readings else said) / (100 if row[column].endswith("%") else 1)
    except ValueError:
        row.place.note("new.not_number", column, value=shortened(row[column]))
        return None
    if not (isfinite(value) and value >= low):
        row.place.note("new.number_range", column, value=shortened(row[column]), accepted=f"≥ {low:g}")
        return None
    return value


def day(row: Row, column: str) -> str:
    """The ISO day of a cell, the day before the month where both are possible; empty where there is none."""
    first, other = readings(row[column])
    if row[column] and not (first or other):
        row.place.note("review.date", column, value=shortened(row[column]), accepted=WAYS)
    return first or other


def word(row: Row, column: str, words: Sequence[str]) -> str:
    """The word that a cell says, noted and nothing where it is none."""
    texts: Mapping[str, Sequence[str]] = word_texts(words)
    found = key_of(row[column], texts)
    if row[column] and not found:
        row.place.not_accepted(
            "new.unknown_word", column, row[column], [names[0] for names in texts.values()]
        )
    return found
