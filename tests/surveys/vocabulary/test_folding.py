"""How texts are compared: what folding ignores, and what it never ignores."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.vocabulary.folding import fold, fold_name, repair, undo_mojibake
from tests.vietnamese_words import WORDS


@pytest.mark.parametrize("word", WORDS)
def test_decomposed_text_is_composed(word: str) -> None:
    assert repair(unicodedata.normalize("NFD", word)) == (word, ("nfc",))


@pytest.mark.parametrize("word", WORDS)
def test_utf8_read_as_windows_1252_is_read_again(word: str) -> None:
    garbled = word.encode("utf-8").decode("latin-1")
    for position in range(0x80, 0xA0):  # as Windows shows those bytes, except the five it does not assign
        shown = bytes([position]).decode("cp1252", errors="ignore")
        garbled = garbled.replace(chr(position), shown or chr(position))
    assert undo_mojibake(garbled) == word


@pytest.mark.parametrize("text", ["XÃ BA VI", "XÃ An Khang", "THÃ Long"])
def test_a_capital_a_with_a_tilde_before_a_name_is_no_trace_of_a_wrong_decoding(text: str) -> None:
    assert repair(text) == (text, ())
    assert repair(text.replace(" ", "   ")) == (text, ("spaces",))


def test_soft_hyphen_is_nothing_in_unicode() -> None:
    assert repair("phư\u00adờng") == ("phường", ("invisible",))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Rất ðồng ý", "Rất đồng ý"),
        ("ÐỒNG Ý", "ĐỒNG Ý"),
        ("Ɖà Nẵng", "Đà Nẵng"),
        ("H\u0430i l\u00f2ng", "Hai lòng"),  # Cyrillic а
        ("\u0421\u00f3", "Có"),  # Cyrillic С
        ("T\u1ed1\u03c4", "T\u1ed1\u03c4"),  # tau looks like nothing Latin
        ("\u0425", "X"),  # a mark by itself
        ("\u041d\u0435\u0442", "\u041d\u0435\u0442"),  # a Russian word stays
        ("５", "5"),
        ("Ｐ０１", "P01"),
        ("l\u01cem", "lăm"),
    ],
)
def test_letters_that_look_alike_are_the_vietnamese_ones(written: str, meant: str) -> None:
    assert repair(written)[0] == meant
    assert ("look_alikes" in repair(written)[1]) == (written != meant)


@given(st.text())
def test_repair_is_done_once(text: str) -> None:
    once = repair(text)[0]
    assert unicodedata.is_normalized("NFC", once)
    assert repair(once)[0] == once


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hoà", "hòa"),
        ("thuỷ", "thủy"),
        ("KHOẺ", "khỏe"),
        ("Khoẻ – kém", "Khỏe - kém"),
        ("Sở  Y tế", "sở y tế"),
        ("A – B", "a-b"),
        ("5 -- 6", "5\u22126"),
        ("“x”", '"x"'),
        ("`x´", "'X'"),
        ("khác …", "KHÁC ..."),
        ("  Sở\u00a0NỘI\n Vụ\u200b", "sở nội vụ"),
    ],
)
def test_folding_ignores_case_spaces_dashes_quotes_and_the_place_of_the_tone(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("hoa", "hòa"), ("hoá", "hòa"), ("Mỹ", "My"), ("Kinh Bắc", "Kinh Băc"), ("<5", ">5"), ("đ", "d")],
)
def test_folding_never_ignores_a_letter_a_tone_or_a_sign(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(
    st.text("aàáảãạăắâấeèéêếiìíoòóôốơớuùúưứyỳýdđkhnắằ -–—'\u201c\u201d….,0123456789\u200b\u00a0", max_size=30)
)
def test_what_is_folded_folds_to_itself(text: str) -> None:
    assert fold(fold(text)) == fold(text) == fold(unicodedata.normalize("NFD", text)) == fold(text.upper())


def test_names_are_compared_by_letters_and_digits() -> None:
    assert fold_name("TH&THCS. Vạn-An ") == fold_name("th  thcs vạn an")
    assert fold_name("1.1") != fold_name("11")
