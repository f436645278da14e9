"""What became of the forms: issued, returned, and of those valid, under review, rejected and left out, by questionnaire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from surveys.problems import phrase
from surveys.reports.analysis_report.parts import Number
from surveys.reports.figures.canvas import TALLEST, WIDTH, Sheet, styled, text_width, tick_texts, ticks
from surveys.reports.figures.colours import INK, MAIN, STANDS_OUT, text_on
from surveys.reports.figures.drawn_round import DrawnRound, value
from surveys.reports.figures.rows import Rows, all_sizes
from surveys.vocabulary.council_tables import FORMS
from surveys.vocabulary.statuses import DISPOSITIONS, LEFT_OUT, REJECTED, REVIEW, VALID

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Disposition → colour and hatching.
_LOOKS = {
    VALID: (MAIN, ""),
    REVIEW: ("#A9CAE4", "...."),
    REJECTED: (STANDS_OUT, "////"),
    LEFT_OUT: ("#D0D0D0", "xxxx"),
}
_ISSUED: dict[str, Any] = {"fc": "none", "ec": INK, "lw": 0.9}
_NAMES, _NUMBERS = 52.0, 14.0


@dataclass(frozen=True)
class CountedForms:
    """A questionnaire of a block and a group with its counts as printed; ``issued`` is empty where it is not known."""

    name: str
    issued: Number
    returned: Number
    of: dict[str, Number]


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
        sizes = all_sizes([row.name for row in forms], _NAMES - 2, 7.0)
        rows = next((r for r in sizes if r.total <= TALLEST - 22), sizes[-1])
        sheet = Sheet(rows.total + 22)
        rows.name(sheet, 12, _NAMES - 1.5)
        axes = sheet.rows(_NAMES, 12, WIDTH - _NAMES - 3 * _NUMBERS - 2, rows.total)
        _bars(axes, round_, forms, rows)
        _numbers(sheet, round_, forms, rows)
        _key(sheet, round_, forms)
        return sheet.figure


def _bars(axes: Axes, round_: DrawnRound, forms: list[CountedForms], rows: Rows) -> None:
    issued = [value(row.issued) if row.issued.text else 0.0 for row in forms]
    thick = [height * 0.6 for height in rows.heights]
    axes.barh(rows.middles, issued, thick, zorder=3, label="issued", **_ISSUED)
    left = [0.0] * len(forms)
    for name in _LOOKS:
        counts = [value(row.of[name]) if row.of[name].text else 0.0 for row in forms]
        if any(counts):
            axes.barh(rows.middles, counts, thick, left=left, zorder=2, label=name, **_look(name))
        left = [at + count for at, count in zip(left, counts, strict=True)]
    at = ticks(0, max([*issued, *left]), 4)
    axes.set_xlim(0, at[-1])
    axes.set_xticks(at, tick_texts(at, round_.language))
    axes.grid(axis="x")
    axes.set_xlabel(phrase("figures.forms", round_.language))


def _numbers(sheet: Sheet, round_: DrawnRound, forms: list[CountedForms], rows: Rows) -> None:
    """Issued, returned and valid, as printed, in three columns."""
    for k, code in enumerate(("issued", "returned", "valid")):
        right = WIDTH - (2 - k) * _NUMBERS
        sheet.text(
            right, 9, phrase(f"figures.{code}", round_.language), ha="right", fontsize=7.5, fontweight="bold"
        )
        for row, middle in zip(forms, rows.middles, strict=True):
            number = {"issued": row.issued, "returned": row.returned, "valid": row.of[VALID]}[code]
            sheet.text(right, 12 + middle, number.shown(round_.language), ha="right", fontsize=rows.size)


def _key(sheet: Sheet, round_: DrawnRound, forms: list[CountedForms]) -> None:
    at = 0.0
    shown = [name for name in _LOOKS if any(row.of[name].text not in ("", "0") for row in forms)]
    for name in (*(["issued"] if any(row.issued.text for row in forms) else []), *shown):
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
        issued = row.issued.shown(round_.language) if row.issued.text else ""
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
