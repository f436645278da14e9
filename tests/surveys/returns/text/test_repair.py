"""Vietnamese text as it arrives: composed and decomposed, with old fonts, through wrong decodings, with invisible characters."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from surveys.returns.text.cell_text import repair_all
from surveys.vocabulary.folding import repair
from surveys.vocabulary.legacy_encodings import TCVN3, from_vni
from tests.vietnamese_words import WORDS

ALPHABET = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ"


def to_tcvn3(text: str) -> str:
    back = {str(letter): code for code, letter in TCVN3.items()}
    return "".join(back.get(letter, letter) for letter in text)


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
