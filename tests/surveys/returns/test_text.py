"""Vietnamese text as it arrives: composed and decomposed, with old fonts, through wrong decodings, with invisible characters."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.returns.files.delimited import decode
from surveys.returns.files.sheets import Sheet
from surveys.returns.headings.columns import coded, distinct
from surveys.returns.headings.form_table import columns_of
from surveys.returns.text.legacy import TCVN3, from_vni
from surveys.returns.text.repair import repair_all
from surveys.vocabulary.folding import fold, fold_name, repair, undo_mojibake

WORDS = [
    "Sở Nội vụ",
    "Huyện Ứng Hòa",
    "Đống Đa",
    "Rất không hài lòng",
    "Thị xã Sơn Tây",
    "Kỹ thuật",
    "Phường Yên Nghĩa",
]
ALPHABET = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ"


def with_tone_apart(letter: str) -> str:
    """As code page 1258 writes a letter: the tone after it, circumflex, breve and horn within it."""
    parts = unicodedata.normalize("NFD", letter)
    tones = "".join(mark for mark in parts if mark in "\u0300\u0301\u0303\u0309\u0323")
    return unicodedata.normalize("NFC", "".join(part for part in parts if part not in tones)) + tones


def to_tcvn3(text: str) -> str:
    back = {str(letter): code for code, letter in TCVN3.items()}
    return "".join(back.get(letter, letter) for letter in text)


@pytest.mark.parametrize("word", WORDS)
def test_decomposed_text_is_composed(word):
    assert repair(unicodedata.normalize("NFD", word)) == (word, ("nfc",))


@pytest.mark.parametrize("word", WORDS)
def test_utf8_read_as_windows_1252_is_read_again(word):
    garbled = word.encode("utf-8").decode("latin-1")
    for position in range(0x80, 0xA0):  # as Windows shows those bytes, except the five it does not assign
        shown = bytes([position]).decode("cp1252", errors="ignore")
        garbled = garbled.replace(chr(position), shown or chr(position))
    assert undo_mojibake(garbled) == word


def test_tcvn3_has_every_letter_of_the_alphabet():
    assert set(ALPHABET) <= set(map(str, TCVN3.values()))


def test_a_column_typed_with_a_tcvn3_font():
    words = [word for word in WORDS if not set("ỨỘ") & set(word)]
    read = repair_all([to_tcvn3(word) for word in words])
    assert [text for text, _ in read.values()] == words
    assert all(done[0] == "tcvn3" for text, done in read.values())


def test_soft_hyphen_is_a_letter_in_tcvn3_and_nothing_in_unicode():
    assert (
        repair_all(["ph\u00adêng Ph\u00ad¬ng Mai"])["ph\u00adêng Ph\u00ad¬ng Mai"][0] == "phường Phương Mai"
    )
    assert repair("phư\u00adờng") == ("phường", ("invisible",))


def test_a_column_typed_with_a_vni_font():
    # "Cộng hòa xã hội chủ nghĩa Việt Nam / Độc lập tự do hạnh phúc" as VNI-Times text
    written = ["Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam", "Ñoäc laäp töï do haïnh phuùc"]
    assert [t for t, _ in repair_all(written).values()] == [
        "Cộng hòa xã hội chủ nghĩa Việt Nam",
        "Độc lập tự do hạnh phúc",
    ]
    assert from_vni("Öùng Hoøa") == "Ứng Hòa"


@given(
    st.lists(
        st.sampled_from([*WORDS, "Trí Đức", "Cô giáo", "xã Phú Mãn", "Ý Yên", "hoà thuận", "không"]),
        min_size=1,
    )
)
def test_unicode_text_is_never_taken_for_an_old_font(words):
    assert all(text == word for word, (text, _) in repair_all(words).items())


@pytest.mark.long
@given(st.text())
def test_repair_is_done_once(text):
    once = repair(text)[0]
    assert unicodedata.is_normalized("NFC", once)
    assert repair(once)[0] == once


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hoà", "hòa"),
        ("thuỷ", "thủy"),
        ("KHOẺ", "khỏe"),
        ("Sở  Y tế", "sở y tế"),
        ("A – B", "a-b"),
        ("“x”", '"x"'),
    ],
)
def test_folding_ignores_case_spaces_dashes_quotes_and_the_place_of_the_tone(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("hoa", "hòa"), ("hoá", "hòa"), ("Mỹ", "My"), ("Kinh Bắc", "Kinh Băc"), ("<5", ">5"), ("đ", "d")],
)
def test_folding_never_ignores_a_letter_a_tone_or_a_sign(one, other):
    assert fold(one) != fold(other)


def test_names_are_compared_by_letters_and_digits():
    assert fold_name("TH&THCS. Vạn-An ") == fold_name("th  thcs vạn an")
    assert fold_name("1.1") != fold_name("11")


def test_conversions_are_counted_in_cells():
    column = np.array(["Tốt ", "Tốt ", unicodedata.normalize("NFD", "Tốt"), "\u200bTốt", ""], dtype=object)
    assert distinct(coded(column)).conversions == {"spaces": 2, "nfc": 1, "invisible": 1}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_files_are_told_by_their_bytes(encoding):
    text = "Mã phiếu;Đơn vị\r\n1;Sở Nội vụ\r\n"
    assert decode(text.encode(encoding), "a.csv") == (text, "")


def test_code_page_1258_is_told_by_reading_as_vietnamese():
    text = "Mã phiếu;Đơn vị\r\nP1;Sở Nội vụ\r\n"
    raw = "".join(map(with_tone_apart, text)).encode("cp1258")
    assert decode(raw, "a.csv") == (text, "cp1258")


@pytest.mark.parametrize("others", [[], ["Tốt"], [""], ["c", "d"]])
def test_a_line_break_inside_a_cell_is_a_space_whatever_stands_beside_it(others: list[str]) -> None:
    cells = np.array(["a\nb", *others], dtype=object)
    sheet = Sheet("f.csv", "", "text", cells[:, None])
    column = columns_of(sheet, ["x"], np.arange(len(cells)))[0]
    assert distinct(coded(cells)).texts[0] == column.distinct.texts[0] == "a b"
    assert distinct(coded(cells)).conversions == column.distinct.conversions == {"spaces": 1}
