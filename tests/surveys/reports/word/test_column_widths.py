"""Widths of columns: no number and no word is broken, the sum stays, and what is asked for is kept where there is room."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from surveys.reports.word.column_widths import fitted, width_of

#: What a cell keeps free to the left and right of its text: 108 twentieths of a point each.
MARGINS = 2 * 108 / 1440 * 25.4


def adobe_widths(name: str) -> dict[str, float]:
    """Widths of letters in sizes of the font, as Adobe publishes them for its core fonts."""
    matplotlib = pytest.importorskip("matplotlib")
    path = Path(matplotlib.get_data_path()) / "fonts" / "pdfcorefonts" / f"{name}.afm"
    found = {}
    for line in path.read_text(encoding="latin-1").splitlines():
        if line.startswith("C "):
            code, width = line.split(";")[0].split()[1], line.split(";")[1].split()[1]
            if int(code) > 0:
                found[bytes([int(code)]).decode("latin-1")] = float(width) / 1000
    return found


@pytest.mark.parametrize("font", ["Times-Roman", "Times-Bold"])
@pytest.mark.parametrize(
    "text", ["48,4907", "60,4335", "1.234", "Khoang", "WMWM", "Ha Noi", "mmm", "THONG KE", "ffff"]
)
def test_a_text_is_no_wider_than_taken(font: str, text: str) -> None:
    widths = adobe_widths(font)
    true = sum(widths[letter] for letter in text) * 12 * 25.4 / 72
    assert true <= width_of(text, 12) + 0.6 <= 1.5 * true + 0.6  # a cell has 0.6 mm more than its margins


def test_what_is_asked_for_stays_where_everything_fits() -> None:
    asked = [80.0, 30.0, 50.0]
    assert fitted(asked, ["Đơn vị", "Chỉ số", "Hạng"], [["Sở A", "90,00", "1 – 4"]], 10) == asked


def test_a_number_takes_room_from_a_name_that_needs_less() -> None:
    widths = fitted([150, 10], ["Đơn vị", "Điểm"], [["Sở Nội vụ", "48,4907"]], 12)
    assert sum(widths) == pytest.approx(160)
    assert widths[1] >= width_of("48,4907", 12) + MARGINS
    assert widths[0] < 150


def test_a_long_text_takes_what_others_have_to_spare() -> None:
    long = "Nhóm trung bình cao của các đơn vị"
    widths = fitted([100, 20, 40], ["Đơn vị", "Hạng", "Nhóm"], [["Long An", "1", long]], 10)
    assert widths[2] >= width_of(long, 10)
    assert widths[1] >= width_of("Hạng", 10) + MARGINS


def test_more_columns_than_fit_share_the_page() -> None:
    widths = fitted([10.0] * 16, [f"Tiêu chí {k}" for k in range(16)], [["100,0000"] * 16], 12)
    assert sum(widths) == pytest.approx(160)
    assert min(widths) > 0


def test_any_table() -> None:
    """The sum stays; no piece of text is broken as long as all of them fit."""
    draw = random.Random(5)
    for _ in range(500):
        count = draw.randint(1, 9)
        asked = [draw.uniform(5, 60) for _ in range(count)]
        rows = [
            [" ".join("x" * draw.randint(1, 9) for _ in range(draw.randint(0, 6))) for _ in range(count)]
            for _ in range(3)
        ]
        widths = fitted(asked, ["h"] * count, rows, 10)
        assert sum(widths) == pytest.approx(sum(asked))
        pieces = [
            max((width_of(p, 10) for row in rows for p in [*row[k].split(), "h"]), default=0)
            for k in range(count)
        ]
        if sum(pieces) + 4.5 * count < sum(asked):
            assert all(width >= piece + MARGINS for width, piece in zip(widths, pieces, strict=True))
