"""Colours of figures: told apart by those who see no red or no green, dark enough on white; none says anything by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

WHITE, INK = "#FFFFFF", "#1A1A1A"
#: What is shown first, what stands out from it, what stays behind, and lines that only guide the eye.
MAIN, STANDS_OUT, BEHIND, GUIDE = "#0B4F8A", "#B3400A", "#767676", "#E3E3E3"
#: Series side by side, each with a marker of its own.
SERIES = ("#0B4F8A", "#B3400A", "#00735C", "#7A3E9D", "#5C4A00", "#9E1B5A", "#3D3D3D", "#1F7FB8")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "h")
#: From the least to the most, in one hue.
STEPS = ("#F1F6FB", "#D3E3F1", "#A9CAE4", "#7DB0D8", "#4A8FC4", "#14609F", "#083A6B")
#: From against to for, the middle between them.
AGAINST, MIDDLE, FOR = ("#8F3200", "#D9772B", "#F0B98A"), "#D0D0D0", ("#A5C8E4", "#4A8FC4", "#0B4F8A")
#: How a cell without a published number looks.
HIDDEN: dict[str, Any] = {"fc": "#F2F2F2", "ec": "#8C8C8C", "hatch": "//////", "lw": 0}
#: Black or white text on a colour has at least this contrast (WCAG 2.2, 1.4.3); marks on white have the one of marks (1.4.11).
TEXT_CONTRAST, MARK_CONTRAST = 4.5, 3.0


def luminance(colour: str) -> float:
    """Relative luminance of ``#RRGGBB`` in [0, 1] (WCAG 2.2)."""
    parts = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, 1 to 21 (WCAG 2.2).

    >>> round(contrast("#000000", "#FFFFFF"))
    21
    """
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def text_on(colour: str) -> str:
    """The colour of text on a ground.

    >>> text_on("#083A6B"), text_on("#F1F6FB")
    ('#FFFFFF', '#1A1A1A')
    """
    return max((WHITE, INK), key=lambda text: contrast(text, colour))


def of_answers(values: Sequence[float]) -> list[str]:
    """A colour for every level of a scale, by its value in [0, 1], the lowest first.

    >>> of_answers([0, 0.25, 0.5, 0.75, 1])[2] == MIDDLE
    True
    """
    against, others = [v for v in values if v < 0.5], [v for v in values if v > 0.5]
    colours = dict(zip(sorted(against), _spread(AGAINST, len(set(against))), strict=False))
    colours |= dict(zip(sorted(others), _spread(FOR, len(set(others))), strict=False))
    return [colours.get(value, MIDDLE) for value in values]


def _spread(colours: Sequence[str], n: int) -> Sequence[str]:
    """``n`` of the colours, the strongest (the first against, the last for) among them."""
    strongest_first = colours[0] == AGAINST[0]
    if n <= 2:
        return colours[:n] if strongest_first else colours[len(colours) - n :]
    return [colours[min(k, len(colours) - 1)] for k in range(n)]
