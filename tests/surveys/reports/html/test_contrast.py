"""Colours of the page stand out from what is behind them: 4.5:1 for text, 3:1 for marks, as WCAG 2.2 computes it."""

from __future__ import annotations

import re
from importlib import resources

import pytest

SHEET = (resources.files("surveys.reports.html") / "page.css").read_text(encoding="utf-8")
VARIABLE = re.compile(r"--([a-z0-9]+): (#[0-9a-f]{6});")
BACKGROUNDS = ("paper", "zone", "chosen")
TEXTS = ("ink", "soft", "link")
MARKS = (
    "mark", "band", "edge", "focus", "s0", "s1", "s2", "s3", "s4", "s5", "s6", "f0", "f1", "f2", "f3",
)  # fmt: skip
SHADES = ("h0", "h1", "h2", "h3", "h4")


def themes() -> dict[str, dict[str, str]]:
    light, dark = (dict(VARIABLE.findall(part)) for part in SHEET.split("prefers-color-scheme: dark", 1))
    return {"light": light, "dark": {**light, **dark}}


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2) of ``#rrggbb``."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_wcag() -> None:
    """Pairs whose ratio WebAIM's checker and the WCAG notes print."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("#0000ff", "#ffffff") == pytest.approx(8.59, abs=0.005)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_can_be_read(theme: str) -> None:
    colours = themes()[theme]
    faint = [
        (text, behind, round(ratio, 2))
        for text in TEXTS
        for behind in BACKGROUNDS
        if (ratio := contrast(colours[text], colours[behind])) < 4.5
    ]
    faint += [
        ("ink", shade, round(ratio, 2))
        for shade in SHADES
        if (ratio := contrast(colours["ink"], colours[shade])) < 4.5
    ]
    assert faint == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_marks_can_be_seen(theme: str) -> None:
    colours = themes()[theme]
    faint = [
        (mark, behind, round(ratio, 2))
        for mark in MARKS
        for behind in ("paper",)
        if (ratio := contrast(colours[mark], colours[behind])) < 3
    ]
    assert faint == []


def test_no_colour_stands_outside_the_variables() -> None:
    """What the tests above look at is all that there is; paper behind pictures alone is white."""
    rules = VARIABLE.sub("", SHEET)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b", rules) == ["#ffffff"]
    assert not re.search(r"\brgba?\(|\bhsla?\(", rules)
