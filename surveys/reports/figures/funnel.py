"""What became of the forms: issued, returned, and of those valid, under review, rejected and left out, by questionnaire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from surveys.problems import phrase
from surveys.reports.analysis_report.parts import Number
from surveys.reports.figures.canvas import (
    TALLEST,
    WIDTH,
    DrawingSheet,
    styled,
    text_width,
    tick_texts,
    ticks,
    wrapped,
)
from surveys.reports.figures.colours import INK, MAIN, STANDS_OUT, text_on
from surveys.reports.figures.drawn_round import DrawnRound
from surveys.reports.figures.rows import DrawnRows, all_sizes
from surveys.vocabulary.council_tables import FORMS
from surveys.vocabulary.statuses import DISPOSITIONS, LEFT_OUT, REJECTED, REVIEW, VALID

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Disposition → colour and hatching.
_LOOKS = {
    VALID: (MAIN, ""),
    REVIEW: ("#A9CAE4", "\\\\\\\\"),
    REJECTED: (STANDS_OUT, "////"),
    LEFT_OUT: ("#D0D0D0", "xxxx"),
}
_ISSUED: dict[str, Any] = {"fc": "none", "ec": INK, "lw": 0.9}
_NAMES, _NUMBERS, _TOP = 50.0, 13.0, 15.0


@dataclass(frozen=True)
class CountedForms:
    """A questionnaire of a block and a group with its counts as printed; ``issued`` is empty where it is not known."""

    name: str
    issued: Number
    returned: Number
    of: dict[str, Number]

    def count(self, disposition: str) -> int:
        """Forms of a disposition."""
        return int(self.of[disposition].text or 0)

    @property
    def is_issued(self) -> bool:
        """Whether it is known how many were issued."""
        return self.issued.text not in ("", "0")

    @property
    def whole(self) -> int:
        """The forms issued, where they are not known those returned."""
        return int(self.issued.text) if self.is_issued else max(1, sum(map(self.count, self.of)))


def counted_forms(round_: DrawnRound) -> list[CountedForms]:
    """The questionnaires of a round that had forms issued or returned, each form counted once."""
    found = []
    for block in round_.blocks:
        for row in round_.of_block("council-forms", block):
            if row["counted"] == FORMS and any(row[name] not in ("", "0") for name in ("issued", "returned")):
                counts = {name: row.number(name) for name in DISPOSITIONS}
                name = round_.names.questionnaire(row["questionnaire"])
                found.append(CountedForms(name, row.number("issued"), row.number("returned"), counts))
    return found


def draw_funnel(round_: DrawnRound) -> Figure:
    """The figure of a round that has :func:`counted_forms`."""
    with styled():
        forms = counted_forms(round_)
        known = ["issued"] if any(row.is_issued for row in forms) else []
        columns = [*known, "returned", *_dispositions(forms)]
        sizes = all_sizes([row.name for row in forms], _NAMES - 3, 7.0)
        rows = next((r for r in sizes if r.total <= TALLEST - 22), sizes[-1])
        sheet = DrawingSheet(rows.total + _TOP + 11)
        rows.name(sheet, _TOP, _NAMES - 1.5)
        axes = sheet.rows(_NAMES, _TOP, WIDTH - _NAMES - len(columns) * _NUMBERS - 1, rows.total)
        _bars(axes, round_, forms, rows)
        for k, column in enumerate(reversed(columns)):
            _numbers(sheet, round_, forms, rows, (column, WIDTH - k * _NUMBERS))
        _key(sheet, round_, forms)
        return sheet.figure


def _dispositions(forms: list[CountedForms]) -> list[str]:
    """Valid, and what else became of any form."""
    return [
        name for name in _LOOKS if name == VALID or any(row.of[name].text not in ("", "0") for row in forms)
    ]


def _bars(axes: Axes, round_: DrawnRound, forms: list[CountedForms], rows: DrawnRows) -> None:
    """What became of the forms as parts of those issued, or returned where it is not known how many were issued."""
    whole = [row.whole for row in forms]
    thick = [height * 0.6 for height in rows.heights]
    known = [(y, height) for y, height, row in zip(rows.middles, thick, forms, strict=True) if row.is_issued]
    if known:
        axes.barh(
            [y for y, _ in known], 100, [height for _, height in known], zorder=3, label="issued", **_ISSUED
        )
    left = [0.0] * len(forms)
    for name in _dispositions(forms):
        shares = [100 * row.count(name) / of for row, of in zip(forms, whole, strict=True)]
        axes.barh(rows.middles, shares, thick, left=left, zorder=2, label=name, **_look(name))
        left = [at + share for at, share in zip(left, shares, strict=True)]
    at = ticks(0, max([100.0, *left]), 2)
    axes.set_xlim(0, at[-1])
    axes.set_xticks(at, tick_texts(at, round_.language))
    axes.grid(axis="x")
    of = "issued" if len(known) == len(forms) else "issued_or_returned" if known else "returned"
    axes.set_xlabel(phrase(f"figures.percent_of_{of}", round_.language))


def _numbers(
    sheet: DrawingSheet,
    round_: DrawnRound,
    forms: list[CountedForms],
    rows: DrawnRows,
    column: tuple[str, float],
) -> None:
    """The counts of a ``column`` (its name, and where it ends) as printed."""
    name, right = column
    words = wrapped(phrase(f"figures.{name}", round_.language), _NUMBERS - 1, 7)
    sheet.text(right, _TOP - 4, "\n".join(words), ha="right", fontsize=7)
    for row, middle in zip(forms, rows.middles, strict=True):
        number = row.issued if name == "issued" else row.returned if name == "returned" else row.of[name]
        sheet.text(
            right, _TOP + middle, number.shown(round_.language), ha="right", fontsize=min(rows.size, 8)
        )


def _key(sheet: DrawingSheet, round_: DrawnRound, forms: list[CountedForms]) -> None:
    at = 0.0
    for name in (*(["issued"] if any(row.is_issued for row in forms) else []), *_dispositions(forms)):
        sheet.box(at + 0.4, 2.5, (5, 2.6), **(_ISSUED if name == "issued" else _look(name)))
        text = phrase(f"figures.{name}", round_.language)
        sheet.text(at + 6.5, 2.5, text, fontsize=7.5)
        at += text_width(text, 7.5) + 11


def _look(name: str) -> dict[str, Any]:
    """How a disposition looks; hatching has the colour of the edge."""
    colour, hatch = _LOOKS[name]
    return (
        {"fc": colour, "hatch": hatch, "ec": text_on(colour), "lw": 0} if hatch else {"fc": colour, "lw": 0}
    )


def about_funnel(round_: DrawnRound) -> str:
    """What the figure shows, in words: every questionnaire with its counts."""
    said = []
    for row in counted_forms(round_):
        counts = {name: row.of[name].shown(round_.language) for name in DISPOSITIONS}
        issued = row.issued.shown(round_.language) if row.is_issued else ""
        returned = row.returned.shown(round_.language)
        said.append(
            phrase(
                "figures.about.funnel",
                round_.language,
                name=row.name,
                issued=issued,
                returned=returned,
                **counts,
            )
        )
    return " ".join(said)
