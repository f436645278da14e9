"""What headings, tables and figures of a report are numbered, and how references to them read: the same in every writer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from surveys.problems import Language, phrase
from surveys.reports.analysis_report.parts import Heading, Report, ReportFigure, ReportSection, ReportTable

Kind = Literal["table", "figure", "section", "heading"]


class HeadingLevel(NamedTuple):
    """How the headings of a level are numbered: the ``form`` of their own number, and the ``text`` that stands before them, in
    which ``%1`` is the number of the level 1, and so on."""

    form: str
    text: str


#: Of the headings of level 1, 2, 3, 4.
Levels = Sequence[HeadingLevel]


def ordinary_levels(language: Language) -> Levels:
    """``Phần I.``, ``1.``, ``1.1.``, ``a)``.

    >>> [level.text for level in ordinary_levels("vi")]
    ['Phần %1.', '%2.', '%2.%3.', '%4)']
    """
    return (HeadingLevel("upperRoman", phrase("word.part", language, number="%1")), *_LOWER)


def annex_levels(language: Language) -> Levels:
    """The same of annexes, which are counted by themselves.

    >>> annex_levels("en")[0]
    HeadingLevel(form='upperRoman', text='Annex %1.')
    """
    return (HeadingLevel("upperRoman", phrase("word.annex", language, number="%1")), *_LOWER)


_LOWER = (
    HeadingLevel("decimal", "%2."),
    HeadingLevel("decimal", "%2.%3."),
    HeadingLevel("lowerLetter", "%4)"),
)


@dataclass(frozen=True, slots=True)
class Label:
    """What something is called: its ``kind``, the word before its number, its number, the ``section`` in which a heading stands
    (a key), and the ``title`` of a heading, by which it is called where headings have no numbers."""

    kind: Kind
    word: str
    number: str
    section: str = ""
    title: str = ""

    @property
    def text(self) -> str:
        """The label without the section.

        >>> Label("table", "Bảng", "3").text, Label("section", "", "", title="Tóm tắt").text
        ('Bảng 3', '“Tóm tắt”')
        """
        if not self.number:
            return f"“{self.title}”"
        return f"{self.word} {self.number}" if self.word else self.number


@dataclass(frozen=True)
class Labels:
    """The labels of a report: ``headings``: what stands before each heading, section titles among them, in their order;
    ``named``: key → label of each section, heading with a key, table and figure; ``absent``: what is not in the report."""

    headings: tuple[str, ...]
    named: Mapping[str, Label]
    absent: str = ""

    def reference(self, key: str) -> str:
        """How a reference reads; what it refers to may stand in a section that a study leaves out.

        >>> heading, section = Label("heading", "mục", "1.2", "league"), Label("section", "", "Phần II")
        >>> labels = Labels((), {"": heading, "league": section, "t": Label("table", "Bảng", "3")})
        >>> labels.reference("t"), labels.reference("league"), labels.reference("")
        ('Bảng 3', 'Phần II', 'mục 1.2 Phần II')
        """
        if key not in self.named:
            return self.absent
        label = self.named[key]
        return f"{label.text} {self.named[label.section].text}" if label.section else label.text


def labels_of(report: Report, levels: Levels = (), annexes: Levels = ()) -> Labels:
    """What everything in a report is numbered: headings as ``levels`` and ``annexes`` say (empty: the ordinary way)."""
    return _Counting(
        report.language, levels or ordinary_levels(report.language), annexes or annex_levels(report.language)
    ).labels(report.sections)


class _Counting:
    def __init__(self, language: Language, levels: Levels, annexes: Levels) -> None:
        self.words = {
            kind: phrase(f"word.label.{kind}", language) for kind in ("table", "figure", "heading", "absent")
        }
        self.levels = {False: levels, True: annexes}
        self.counts = {False: [0] * 4, True: [0] * 4}
        self.captions = {"table": 0, "figure": 0}
        self.named: dict[str, Label] = {}

    def labels(self, sections: Sequence[ReportSection]) -> Labels:
        return Labels(tuple(self._headings(sections)), self.named, self.words["absent"])

    def _headings(self, sections: Sequence[ReportSection]) -> Iterator[str]:
        for section in sections:
            before = self._next(1, section.is_annex)
            self.named[section.key] = Label("section", "", before.rstrip(". "), title=section.title)
            yield before
            for block in section.blocks:
                if isinstance(block, Heading):
                    before = self._next(block.level, section.is_annex)
                    if block.key:
                        number = before.rstrip(". ")
                        self.named[block.key] = Label(
                            "heading", self.words["heading"], number, section.key, block.text
                        )
                    yield before
                elif isinstance(block, (ReportTable, ReportFigure)) and block.caption:
                    self._caption("table" if isinstance(block, ReportTable) else "figure", block.key)

    def _next(self, level: int, is_annex: bool) -> str:
        counts, levels = self.counts[is_annex], self.levels[is_annex]
        counts[level - 1] += 1
        counts[level:] = [0] * (4 - level)
        text = levels[level - 1].text
        for k, (form, _) in enumerate(levels):
            text = text.replace(f"%{k + 1}", numbered(counts[k], form))
        return text

    def _caption(self, kind: Literal["table", "figure"], key: str) -> None:
        self.captions[kind] += 1
        self.named[key] = Label(kind, self.words[kind], f"{self.captions[kind]}")


def numbered(count: int, form: str) -> str:
    """A number in a form of WordprocessingML (``decimal``, ``upperRoman``, ``lowerLetter`` …); decimal for any other.

    >>> [numbered(14, form) for form in ("decimal", "upperRoman", "lowerRoman", "upperLetter")]
    ['14', 'XIV', 'xiv', 'N']
    >>> numbered(28, "lowerLetter"), numbered(1, "none")
    ('bb', '')
    """
    return _FORMS.get(form, str)(count)


def _roman(count: int) -> str:
    values = (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1)
    letters = ("M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I")
    text = ""
    for value, letter in zip(values, letters, strict=True):
        text += letter * (count // value)
        count %= value
    return text


def _letters(count: int) -> str:
    """a … z, aa, bb …: as Word goes on behind z."""
    return chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1) if count > 0 else ""


_FORMS: Mapping[str, Callable[[int], str]] = {
    "decimal": str,
    "upperRoman": _roman,
    "lowerRoman": lambda count: _roman(count).lower(),
    "lowerLetter": _letters,
    "upperLetter": lambda count: _letters(count).upper(),
    "none": lambda _: "",
}
