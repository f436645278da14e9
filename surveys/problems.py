"""Every fault a user can meet: what it is, where it is, and what to do, in Vietnamese and English.

A fault is a :class:`Problem`: a stable code, a place (file, sheet, row, column) and parameters. Its wording
lives in ``surveys/wording/*.toml``, one table per code with the keys ``vi`` and ``en``, and is looked up only when
it is shown. Borders collect faults in :class:`Problems` and raise them all at once as :class:`SurveyError`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Literal

Severity = Literal["error", "warning"]
Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")
#: What a warning may touch, the gravest first; a wording says it as ``touches``, the mildest is understood.
EFFECTS = ("scores", "forms", "answers", "reading", "definitions")
#: Codes of a kind (the name of a parameter: block, group, unit, …) → what people call them.
Names = Mapping[str, Mapping[str, str]]
#: A part of a wording that is left out where one of its placeholders is empty: ``{value} is not accepted.⟦ Nearest: {nearest}.⟧``
_OPTIONAL = re.compile("⟦([^⟧]*)⟧")
PLACEHOLDER = re.compile(r"{(\w+)(?::number)?}")
#: A placeholder of numbers as programs write them, which are shown as people write them: ``{forms:number}``.
_NUMBER = re.compile(r"{(\w+):number}")
#: A number as programs write it, that is no part of a code, a date or another word.
_WRITTEN = re.compile(r"(?<![\w.,/:])(?<!\d-)(\d+)(?:\.(\d+))?(?![\w/:]|[.,-]\d)")
#: What stands between groups of three digits, and before decimals.
_MARKS: Mapping[Language, tuple[str, str]] = {"vi": (".", ","), "en": (",", ".")}


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault.

    ``row`` is the 1-based line a user sees in the file (header = 1), ``column`` the column's heading, a TOML key path
    or a spreadsheet letter. ``params`` fills the placeholders of the wording.

    >>> p = Problem("file.missing", file="units.csv")
    >>> p.text("en")
    'units.csv: the file does not exist. Check its name and folder.'
    """

    code: str
    severity: Severity = "error"
    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    params: tuple[tuple[str, str], ...] = ()

    def place(self, language: Language) -> str:
        """The place in words: ``units.csv, dòng 3, cột name_vi``."""
        return ", ".join(filter(None, (self.file, self.place_in_file(language))))

    def place_in_file(self, language: Language, rows: str = "") -> str:
        """The place within its file in words, in a TOML or JSON file its key; ``rows``: several rows in place of its own."""
        of_keys, is_option = self.file.endswith((".toml", ".json")), self.column.startswith("--")
        last = "option" if is_option else "key" if of_keys else "column"
        named = (("sheet", self.sheet), ("row", rows or str(self.row or "")), (last, self.column))
        return ", ".join(f"{phrase(f'place.{name}', language)} {value}" for name, value in named if value)

    def text(self, language: Language = "vi", names: Names | None = None) -> str:
        """The whole message: place, what is wrong, what is accepted, what to do; ``names``: what its codes are called."""
        message, place = self.message(language, names), self.place(language)
        return f"{place}: {message}" if place else message

    def message(self, language: Language, names: Names | None = None) -> str:
        """The message without its place.

        >>> Problem("sampling.no_valid_form", params=(("block", "xa"), ("group", "dan"))).message(
        ...     "en", {"group": {"dan": "Citizens"}}
        ... )[:47]
        'block xa, group Citizens: no valid form at all.'
        """
        called = names or {}
        said = {name: called.get(name, {}).get(value, value) for name, value in self.params}
        return phrase(self.code, language, **said)

    @property
    def touches(self) -> str:
        """The one of ``EFFECTS`` that the fault has while it stops nothing."""
        return wording()[self.code].get("touches", "reading")


class Problems:
    """Collects faults so that a border can report all of them at once."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def add(
        self,
        code: str,
        *,
        severity: Severity = "error",
        file: str = "",
        sheet: str = "",
        row: int | None = None,
        column: str = "",
        **params: object,
    ) -> None:
        """Note one fault; ``params`` are turned into text."""
        named = tuple((key, _as_text(value)) for key, value in params.items())
        self._found.append(Problem(code, severity, file, sheet, row, column, named))

    def extend(self, problems: Iterable[Problem]) -> None:
        """Take over faults found elsewhere."""
        self._found.extend(problems)

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(p for p in self._found if p.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(p for p in self._found if p.severity == "warning")

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def raise_errors(self) -> None:
        """Raise :class:`SurveyError` with every fault when at least one is an error."""
        if self.errors:
            raise SurveyError(tuple(self._found))


@dataclass(slots=True, eq=False)
class Place:
    """Where something stands: a file (and a sheet of it), and either a row of a table or a key path ``at`` of a TOML document."""

    problems: Problems
    file: str
    row: int | None = None
    at: str = ""
    sheet: str = ""

    def note(self, code: str, column: str = "", *, severity: Severity = "error", **params: Any) -> None:
        """Note a fault in ``column`` (a heading, or a key below the path of this place)."""
        path = ".".join(part for part in (self.at, column) if part)
        self.problems.add(
            code, severity=severity, file=self.file, sheet=self.sheet, row=self.row, column=path, **params
        )

    def not_accepted(self, code: str, column: str, value: str, accepted: Iterable[str]) -> None:
        """Note that ``value`` is none of ``accepted``, with the nearest of them; at most 40 are shown."""
        known = tuple(accepted)
        shown, near = the_first(known, 40), nearest_of(value[:200], known)
        self.note(code, column, value=shortened(value), accepted=shown, nearest=near)

    def below(self, key: str) -> Place:
        """The place of a key or list entry below this one."""
        path = f"{self.at}{key}" if key.startswith("[") else ".".join(part for part in (self.at, key) if part)
        return Place(self.problems, self.file, self.row, path, self.sheet)


def shortened(value: object) -> str:
    """A value as a message shows it: at most 80 characters.

    >>> len(shortened("x" * 1000))
    80
    """
    text = str(value)
    return text if len(text) <= 80 else text[:79] + "…"


def the_first(values: Iterable[object], most: int, between: str = ", ") -> str:
    """The first ``most`` values as a message lists them, with a sign where there are more.

    >>> the_first([3, 5, 7], 2), the_first([3, 5], 2)
    ('3, 5, …', '3, 5')
    """
    texts = list(map(str, values))
    return between.join([*texts[:most], "…"] if len(texts) > most else texts)


def runs(numbers: Iterable[int]) -> list[list[int]]:
    """Rising numbers, those together that follow one another without a gap.

    >>> runs([2, 3, 4, 7])
    [[2, 3, 4], [7]]
    """
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][-1] + 1:
            found[-1].append(number)
        else:
            found.append([number])
    return found


class SurveyError(Exception):
    """The data or the definitions are wrong; ``problems`` holds every fault found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(p.text("en") for p in self.problems[:5]))


def fault(code: str, **place_and_params: object) -> SurveyError:
    """A :class:`SurveyError` with a single fault, ready to raise."""
    problems = Problems()
    problems.add(code, **place_and_params)  # type: ignore[arg-type]
    return SurveyError(tuple(problems))


def language_named(named: str | None) -> Language | None:
    """The language that a caller names, None where none is; raises :class:`SurveyError` for what is no language."""
    if named is None:
        return None
    for language in LANGUAGES:
        if named == language:
            return language
    raise fault("language.unknown", value=named, accepted=", ".join(LANGUAGES))


def nearest(word: str, accepted: Iterable[str]) -> str:
    """The accepted word closest to ``word``, or an empty string. Only ever proposed, never applied.

    >>> nearest("citizen", ["citizens", "enterprises"]), nearest("PHIẾU", ["Phiếu"])
    ('citizens', 'Phiếu')
    """
    return nearest_of(word, tuple(accepted))


@lru_cache(maxsize=4096)
def nearest_of(word: str, accepted: tuple[str, ...]) -> str:
    """:func:`nearest` of a tuple, kept: the same mistake often stands in every row of a table."""
    found = get_close_matches(word, accepted, n=1, cutoff=0.6)
    folded = word.casefold().strip()
    return (
        found[0] if found else next((known for known in accepted if known.casefold().strip() == folded), "")
    )


def phrase(code: str, language: Language = "vi", **params: object) -> str:
    """The wording of ``code`` in ``language`` with its placeholders filled in; its optional parts only where there is what fills
    them, numbers (``{forms:number}``) as the language writes them.

    >>> phrase("place.row", "en")
    'row'
    >>> phrase("reference.block", "en", value="xã", accepted="", nearest="")
    'there is no block “xã”.'
    """
    text = wording()[code][language]
    if "⟦" in text:
        text = _OPTIONAL.sub(lambda part: part[1] if _is_filled(part[1], params) else "", text)
    if ":number}" in text:
        numbers = {name: numbers_shown(str(params[name]), language) for name in _NUMBER.findall(text)}
        text, params = text.replace(":number}", "}"), {**params, **numbers}
    return text.format(**params)


def _is_filled(part: str, params: Mapping[str, object]) -> bool:
    return all(str(params.get(name, "")) for name in PLACEHOLDER.findall(part))


def numbers_shown(text: str, language: Language) -> str:
    """A text with its numbers as people write them: digits in groups from 1000 on, the decimal mark of the language; codes, dates
    and versions stay.

    >>> numbers_shown("14573", "vi"), numbers_shown("14573", "en"), numbers_shown("≥ 0.5 – 91.0228", "vi")
    ('14.573', '14,573', '≥ 0,5 – 91,0228')
    >>> numbers_shown("8.1.3: −0.62; 05/10/2026", "vi")
    '8.1.3: −0,62; 05/10/2026'
    """
    group, mark = _MARKS[language]

    def shown(found: re.Match[str]) -> str:
        whole, decimals = found.groups()
        grouped = whole if len(whole) < 4 or whole.startswith("0") else f"{int(whole):,}".replace(",", group)
        return f"{grouped}{mark}{decimals}" if decimals else grouped

    return _WRITTEN.sub(shown, text)


def number_read(text: str, language: Language) -> str:
    """What :func:`numbers_shown` made of a number, as programs write it.

    >>> number_read("14.573,5", "vi"), number_read("14,573.5", "en")
    ('14573.5', '14573.5')
    """
    group, mark = _MARKS[language]
    return text.replace(group, "").replace(mark, ".")


@cache
def wording() -> Mapping[str, Mapping[str, str]]:
    """All wording: code → {"vi": …, "en": …}, read once from ``surveys/wording/*.toml``."""
    import tomllib

    merged: dict[str, Mapping[str, str]] = {}
    for file in (resources.files("surveys") / "wording").iterdir():
        if file.name.endswith(".toml"):
            merged |= tomllib.loads(file.read_text(encoding="utf-8"))
    return merged


def _as_text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple, set, frozenset)) else str(value)
