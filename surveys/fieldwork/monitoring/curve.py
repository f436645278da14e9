"""How the valid forms of a block grew day by day, beside what is planned and what is expected: a drawing of few lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from surveys.problems import Language
from surveys.reports.html.markup import read

#: Size of the drawing and of its plotting area, in its own units; the colours are those of the page on white.
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 720, 300, 64, 16, 16, 56
_INK, _SOFT, _LINE, _MARK, _GROWN = "#1b2026", "#4b5560", "#c5ccd4", "#0b5fae", "#0b6b50"
_STEPS = (1, 2, 5, 10, 20, 50)


@dataclass(frozen=True)
class GrowthCurve:
    """``returned`` and ``valid``: (ISO day, evaluations up to it), rising; ``start`` and ``end`` of the axis; ``planned`` and
    ``expected`` at the end, None where not known; ``words``: of the lines ``returned``, ``valid``, ``planned``, ``expected``."""

    returned: Sequence[tuple[str, int]]
    valid: Sequence[tuple[str, int]]
    start: str
    end: str
    planned: float | None
    expected: float | None
    words: dict[str, str]
    language: Language

    def svg(self, shown: dict[str, str]) -> bytes:
        """The drawing; ``shown``: the days below the axis, as they are written, by ISO day."""
        body = "".join((*self._grid(), *self._days(shown), *self._lines(), *self._legend()))
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" '
            f'font-family="Arial, Liberation Sans, sans-serif" font-size="12" fill="{_INK}">'
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>{body}</svg>\n'
        ).encode()

    @property
    def most(self) -> float:
        """The largest number drawn."""
        numbers = [n for _, n in (*self.returned, *self.valid)]
        return max(*numbers, self.planned or 0.0, self.expected or 0.0, 1.0)

    def _x(self, day: str) -> float:
        first, last = date.fromisoformat(self.start), date.fromisoformat(self.end)
        share = (date.fromisoformat(day) - first).days / max((last - first).days, 1)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def _y(self, number: float) -> float:
        return _HEIGHT - _BOTTOM - number / self._top * (_HEIGHT - _TOP - _BOTTOM)

    @property
    def _step(self) -> int:
        """Between two lines of the grid: five of them at most."""
        size: int = 10 ** (len(str(int(self.most))) - 1)
        steps = (step * size // 10 for step in _STEPS if step * size % 10 == 0)
        return next(step for step in steps if self.most <= 5 * step)

    @property
    def _top(self) -> float:
        return -(-self.most // self._step) * self._step

    def _grid(self) -> Iterator[str]:
        step = self._step
        for k in range(int(self._top / step) + 1):
            y = self._y(k * step)
            yield f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="{_LINE}"/>'
            number = read(str(k * step), self.language)
            yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="{_SOFT}">{number}</text>'

    def _days(self, shown: dict[str, str]) -> Iterator[str]:
        for day, text in shown.items():
            x = self._x(day)
            anchor = "start" if day == self.start else "end" if day == self.end else "middle"
            place = f'x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="{anchor}"'
            yield f'<text {place} fill="{_SOFT}">{escape(text)}</text>'

    def _lines(self) -> Iterator[str]:
        if self.planned is not None:
            y = self._y(self.planned)
            yield f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="{_INK}" stroke-dasharray="2 4" stroke-width="2"/>'
        for points, colour, width in ((self.returned, _MARK, 1.5), (self.valid, _GROWN, 3)):
            if points:
                yield self._path(points, f'stroke="{colour}" stroke-width="{width}"')
        if self.expected is not None and self.valid:
            ahead = (self.valid[-1], (self.end, self.expected))
            yield self._path(ahead, f'stroke="{_GROWN}" stroke-width="2" stroke-dasharray="8 5"')

    def _path(self, points: Sequence[tuple[str, float]], style: str) -> str:
        drawn = "L".join(f"{self._x(day):.1f} {self._y(number):.1f}" for day, number in points)
        return f'<path d="M{drawn}" fill="none" stroke-linejoin="round" {style}/>'

    def _legend(self) -> Iterator[str]:
        styles = {
            "returned": f'stroke="{_MARK}" stroke-width="1.5"',
            "valid": f'stroke="{_GROWN}" stroke-width="3"',
            "expected": f'stroke="{_GROWN}" stroke-width="2" stroke-dasharray="8 5"',
            "planned": f'stroke="{_INK}" stroke-width="2" stroke-dasharray="2 4"',
        }
        there = {"expected": self.expected is not None, "planned": self.planned is not None}
        names = [name for name in styles if there.get(name, True)]
        width = (_WIDTH - _LEFT - _RIGHT) / len(names)
        for k, name in enumerate(names):
            x, y = _LEFT + k * width, _HEIGHT - 14
            yield f'<path d="M{x:.1f} {y - 4}h26" {styles[name]}/>'
            yield f'<text x="{x + 32:.1f}" y="{y}">{escape(self.words[name])}</text>'
