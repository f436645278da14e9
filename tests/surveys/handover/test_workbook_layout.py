"""How sheets lie on paper: widths, heights and pages held against arithmetic by hand."""

from __future__ import annotations

import pytest

from surveys.handover.workbook_layout import (
    PAPER,
    PLANNED,
    SIDE,
    SIZE,
    SMALLEST,
    Body,
    Line,
    LinePart,
    SheetColumn,
    WidthLimits,
    WorkbookSheet,
    fitting,
)
from surveys.handover.workbook_method import threshold_shown
from surveys.handover.workbook_sheets import parted
from surveys.handover.workbook_writing import Footer
from surveys.problems import LANGUAGES, Language
from surveys.vocabulary.validity_rules import VALIDITY_RULES

ROOM = PAPER[0] - 2 * SIDE  # 784.29 points between the margins


def sheet(rows: int, blocks: int = 1, paged: bool = True) -> WorkbookSheet:
    body = Body((["Sở"] * rows, [1.5] * rows))
    columns = (SheetColumn("Đơn vị"), SheetColumn("Điểm", "decimals-4"))
    return WorkbookSheet(
        "S", columns, (), tuple((Line((LinePart("K", "band"),)), body) for _ in range(blocks)), paged=paged
    )


def test_what_is_left_of_the_paper_goes_to_texts_that_would_wrap() -> None:
    assert fitting([WidthLimits(50, 100, 0), WidthLimits(50, 300, 900)]) == pytest.approx((100, ROOM - 100))
    assert fitting([WidthLimits(50, 100, 100), WidthLimits(50, 300, 300)]) == pytest.approx(
        (ROOM / 4, ROOM * 3 / 4)
    )


def test_wide_sheets_are_squeezed_until_their_type_can_be_read() -> None:
    widths = fitting([WidthLimits(100, 700, 700), WidthLimits(100, 700, 700)])
    assert sum(widths) == pytest.approx(ROOM * SIZE / PLANNED)
    assert SIZE * ROOM / sum(widths) == pytest.approx(PLANNED)
    assert PLANNED > SMALLEST
    cut = fitting([WidthLimits(800, 900, 0), WidthLimits(300, 900, 900)])
    assert cut == (800, 300)  # nothing is cut, although the type gets smaller


def test_rows_are_as_high_as_their_longest_text_needs() -> None:
    words = " ".join(["mười"] * 100)
    long = WorkbookSheet("S", (SheetColumn("A"),), (), ((Body((["ngắn", words],)),),))
    width = long.widths[0] - 13
    a_line = width // (1.08 * (7.78 + 6.2 + 0 + 2.78 + 0) + 1.08 * 2.5)  # m ư ờ i: at least so wide
    short, tall = list(long.rows())[1:]
    assert short == pytest.approx(10 * 1.2 + 3)
    assert tall >= 12 * 100 / (2 * a_line)
    assert tall == pytest.approx(3 + 12 * round((tall - 3) / 12))


def test_pages_end_where_the_next_row_has_no_room() -> None:
    one = sheet(100)
    heights = list(one.rows())
    assert heights[2:] == pytest.approx([15.0] * 100)
    room = 0.96 * (PAPER[1] - 36.0 - 43.2)  # 495.4 points at full size
    per_page = int((room - heights[0]) // 15.0)  # below the headings that every page repeats
    first = 1 + 1 + int((room - heights[0] - heights[1]) // 15.0)
    breaks = one.breaks()
    assert breaks[0] == first
    assert breaks[1] - breaks[0] == per_page
    assert sheet(100, paged=False).breaks() == []


def test_a_block_that_fits_on_a_page_is_not_torn() -> None:
    two = sheet(20, blocks=2)  # 20 rows of 15 points and a band: two of them need more than one page
    assert two.breaks() == [1 + 21]


def test_the_end_of_a_table_stays_with_what_is_below_it() -> None:
    table = sheet(30)
    signed = (Line((LinePart("Ký", "role"),), least=60.0),)
    whole = WorkbookSheet("S", table.columns, (), (*table.blocks, signed), paged=True)
    assert sheet(30).breaks() == []
    assert whole.breaks() == [1 + 1 + 27]  # three rows go over with the signature


def test_words_stand_where_the_sheet_says() -> None:
    bodies = [Body((["Sở", "Huyện"], [1.0, 2.0]), {0: ("block", ["so", "huyen"])}) for _ in range(2)]
    band = Line((LinePart("Sở", "band", word=("block", "so")),))
    made = WorkbookSheet("S", sheet(1).columns, (band,), ((bodies[0],), (band, bodies[1])))
    assert list(made.words()) == [
        (2, 0, "block", "so"), (3, 0, "block", "huyen"), (4, 0, "block", "so"), (5, 0, "block", "so"), (6, 0, "block", "huyen"),
    ]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_threshold_of_a_rule_has_words(language: Language) -> None:
    numbers = [p for rule in VALIDITY_RULES.values() for p in rule.parameters if p.kind in (int, float)]
    assert {p.name for p in numbers} == {
        "minimum_items",
        "minimum_share",
        "share",
        "minimum_seconds",
        "seconds_per_item",
    }
    for parameter in numbers:
        assert "7" in threshold_shown(parameter.name, 0.7 if parameter.high == 1.0 else 7, language)


def test_notes_are_told_apart_only_where_they_stand_alone() -> None:
    assert parted(["a; b; c", "b; c", "c"]) == [["a", "b", "c"], ["b", "c"], ["c"]]
    assert parted(["a; b", "b x"]) == [["a; b"], ["b x"]]
    assert parted(["", ""]) == [[], []]


def test_a_footer_shows_what_is_said_and_runs_nothing() -> None:
    assert Footer("A&P &D", "", "").code.startswith('&L&9&"Times New Roman,Regular"A&&P &&D&C')
    assert len(Footer("x" * 500, "Trang &P/&N", "y" * 500).code) < 255
