"""How wide texts are in print, held against the font's own metrics and against a slow way to break lines."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.vocabulary.printed_text import lines_of, longest_word, width_of


def test_letters_are_as_wide_as_the_metrics_of_times_say() -> None:
    matplotlib = pytest.importorskip("matplotlib", reason="matplotlib brings the metrics of Times-Roman")
    metrics = Path(matplotlib.get_data_path()) / "fonts/afm/ptmr8a.afm"
    lines = [line.split() for line in metrics.read_text().splitlines() if line.startswith("C ")]
    width = {chr(int(parts[1])): int(parts[4]) for parts in lines if 0 < int(parts[1]) < 127}
    letters = set(string.printable.strip()) | {" "}
    for letter in letters - {"'", "`"}:  # which are other marks in the font's own encoding
        assert width_of(letter, 1000) == width[letter], letter


def test_marks_take_no_room_and_horns_a_little() -> None:
    assert width_of("Độ hài lòng ấy", 10) == width_of("Đô hai long ây", 10) == width_of("Đo hai long ay", 10)
    assert width_of("ưở", 10) - width_of("uo", 10) == pytest.approx(1.2)  # 60 thousandths each
    assert width_of("Sở", 10, bold=True) > width_of("Sở", 10)


def slow_lines(words: list[str], width: float) -> int:
    """As many words as fit are put in each line, measured anew as one text."""
    lines = 0
    while words:
        k = len(words)
        while k > 1 and width_of(" ".join(words[:k]), 10) > width + 1e-9:
            k -= 1
        lines, words = lines + 1, words[k:]
    return lines


@given(st.lists(st.text("aiWm1", min_size=1, max_size=6), min_size=1, max_size=12), st.floats(60, 200))
def test_lines_hold_as_many_words_as_fit(words: list[str], width: float) -> None:
    assert lines_of(" ".join(words), width, 10) == slow_lines(words, width)


def test_a_word_wider_than_its_line_breaks_and_line_ends_count() -> None:
    assert lines_of("m" * 10, 39, 10) == 2  # 77.8 points
    assert lines_of("a\nb\n", 100, 10) == 3
    assert longest_word("xếp hạng trung bình", 10) == width_of("trung", 10)
