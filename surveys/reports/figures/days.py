"""Forms by the day on which they came, stacked by the mode of answering."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from surveys.problems import phrase
from surveys.reports.analysis_report.quoting import Quoted
from surveys.reports.figures.canvas import WIDTH, DrawingSheet, styled, text_width, tick_texts, ticks
from surveys.reports.figures.colours import SERIES, WHITE
from surveys.reports.figures.drawn_round import DrawnRound
from surveys.vocabulary.dates import written_date
from surveys.vocabulary.modes import MODE_WORDS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HATCHES = ("", "////", "....", "xxxx", "\\\\\\\\", "++++")


@dataclass(frozen=True)
class FormsByDay:
    """(day, mode) → forms returned; ``undated``: forms that do not tell their day."""

    counts: Mapping[tuple[str, str], int]
    undated: int

    @property
    def days(self) -> list[str]:
        """The days on which forms came, in order."""
        return sorted({day for day, _ in self.counts})

    @property
    def modes(self) -> list[str]:
        """The modes in which forms came, the most frequent first."""
        sums: dict[str, int] = {}
        for (_, mode), count in self.counts.items():
            sums[mode] = sums.get(mode, 0) + count
        return sorted(sums, key=lambda mode: (-sums[mode], mode))

    def on(self, day: str) -> int:
        """Forms of a day in all modes."""
        return sum(count for (of_day, _), count in self.counts.items() if of_day == day)


def forms_by_day(round_: DrawnRound) -> FormsByDay | None:
    """The forms of all questionnaires by day; None where forms of two days at least are not known."""
    counts: dict[tuple[str, str], int] = {}
    undated = 0
    for row in Quoted(round_.tables["days"]).rows if "days" in round_.tables else ():
        returned = int(row["returned"] or 0)
        if not row["day"]:
            undated += returned
        elif returned:
            place = (row["day"], row["mode"])
            counts[place] = counts.get(place, 0) + returned
    found = FormsByDay(counts, undated)
    return found if len(found.days) > 1 else None


#: Over more days than these, forms are counted by weeks.
_MOST_DAYS = 130
_WEEK = 7


def draw_days(round_: DrawnRound) -> Figure:
    """The figure of a round that has :func:`forms_by_day`."""
    with styled():
        found = forms_by_day(round_)
        assert found is not None
        first, last = (date.fromisoformat(day).toordinal() for day in (found.days[0], found.days[-1]))
        wide = _WEEK if last - first >= _MOST_DAYS else 1
        first -= date.fromordinal(first).weekday() if wide == _WEEK else 0
        bars = range(first, last + 1, wide)
        sheet = DrawingSheet(81 if found.undated else 76)
        axes = sheet.axes(16, 8, WIDTH - 25, 56)
        left = [0] * len(bars)
        at = 16.0
        for k, mode in enumerate(found.modes):
            heights = [0] * len(bars)
            for (day, of_mode), count in found.counts.items():
                if of_mode == mode:
                    heights[(date.fromisoformat(day).toordinal() - first) // wide] += count
            colour, hatch = SERIES[k % len(SERIES)], _HATCHES[k % len(_HATCHES)]
            look: dict[str, Any] = {"fc": colour, "hatch": hatch, "ec": WHITE, "lw": 0}
            axes.bar(list(bars), heights, 0.86 * wide, bottom=left, align="edge", label=mode, **look)
            left = [below + height for below, height in zip(left, heights, strict=True)]
            sheet.box(at, 2.6, (5, 2.8), **look)
            sheet.text(at + 6.5, 2.6, _mode_name(round_, mode), fontsize=8)
            at += text_width(_mode_name(round_, mode), 8) + 12
        up = ticks(0, max(left), 5)
        axes.set_ylim(0, up[-1])
        axes.set_yticks(up, tick_texts(up, round_.language))
        axes.set_ylabel(phrase("figures.forms", round_.language))
        axes.grid(axis="y")
        axes.set_xlim(first - 0.3 * wide, bars[-1] + 1.3 * wide)
        days = _ticks(first, bars[-1], wide)
        labels = [_short(date.fromordinal(day), round_.language) for day in days]
        axes.set_xticks([day + 0.43 * wide for day in days], labels)
        axes.set_xlabel(phrase("figures.week" if wide == _WEEK else "figures.day", round_.language))
        if found.undated:
            text = phrase("figures.undated", round_.language, forms=round_.shown(str(found.undated)))
            sheet.text(16, 78, text, fontsize=7.5)
        return sheet.figure


def _mode_name(round_: DrawnRound, mode: str) -> str:
    """What a mode is called; a code that the house does not know stays."""
    if not mode:
        return phrase("figures.mode_unknown", round_.language)
    return phrase(f"export.mode.{mode}", round_.language) if mode in MODE_WORDS else mode


def _ticks(first: int, last: int, wide: int) -> list[int]:
    """At most seven days, equally far from each other."""
    n = (last - first) // wide + 1
    step = (
        next(s for s in (1, 2, 3, 7, 14, 28, 56, 112, 224, 448, 10**6) if n / s <= 7)
        if wide == 1
        else -(-n // 7)
    )
    return list(range(first, last + 1, step * wide))


def _short(day: date, language: str) -> str:
    return f"{day:%d/%m/%y}" if language == "vi" else f"{day:%Y-%m-%d}"


def about_days(round_: DrawnRound) -> str:
    """What the figure shows, in words: how many forms came from when to when, and on which day most of them did."""
    found = forms_by_day(round_)
    assert found is not None
    language = round_.language
    most = max(found.days, key=found.on)
    total = sum(found.counts.values())
    said = phrase(
        "figures.about.days",
        language,
        forms=round_.shown(str(total)),
        first=written_date(found.days[0], language),
        last=written_date(found.days[-1], language),
        most=round_.shown(str(found.on(most))),
        day=written_date(most, language),
    )
    if found.undated:
        said += " " + phrase("figures.undated", language, forms=round_.shown(str(found.undated)))
    return said
