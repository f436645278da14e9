"""Vietnamese text from before Unicode: the font encodings TCVN3 (ABC) and VNI, and code page 1258.

Sources: TCVN 5712:1993, set VN3, positions of the letters (as the code page ``TCVN5712-1`` of libiconv); the VNI table for
Windows (base letter followed by a letter for the diacritics and tone). A conversion is believed only when the
result reads as Vietnamese syllables.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping

from surveys.vocabulary.composition import composed

_TCVN3_BYTES = (
    "A1Ă A2Â A3Ê A4Ô A5Ơ A6Ư A7Đ A8ă A9â AAê ABô ACơ ADư AEđ "
    "B5à B6ả B7ã B8á B9ạ BBằ BCẳ BDẵ BEắ C6ặ C7ầ C8ẩ C9ẫ CAấ CBậ "
    "CCè CEẻ CFẽ D0é D1ẹ D2ề D3ể D4ễ D5ế D6ệ D7ì D8ỉ DCĩ DDí DEị "
    "DFò E1ỏ E2õ E3ó E4ọ E5ồ E6ổ E7ỗ E8ố E9ộ EAờ EBở ECỡ EDớ EEợ "
    "EFù F1ủ F2ũ F3ú F4ụ F5ừ F6ử F7ữ F8ứ F9ự FAỳ FBỷ FCỹ FDý FEỵ"
)
TCVN3: dict[str, str | int | None] = {chr(int(pair[:2], 16)): pair[2:] for pair in _TCVN3_BYTES.split()}

_TONES = "\u0301\u0300\u0309\u0303\u0323"  # acute, grave, hook, tilde, dot
_VNI_SINGLE = {"ô": "ơ", "ö": "ư", "ñ": "đ", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"}
#: Base letters, the letters written after them, and the marks that these stand for: tones, circumflex, breve.
_VNI_MARKS = (
    ("aeouyôơöư", "ùøûõï", list(_TONES)),
    ("aeo", "âáàåãä", ["\u0302" + tone for tone in ("", *_TONES)]),
    ("a", "êéèúüë", ["\u0306" + tone for tone in ("", *_TONES)]),
)
_VNI_PAIRS = {
    base + written: unicodedata.normalize("NFC", _VNI_SINGLE.get(base, base) + mark)
    for bases, letters, marks in _VNI_MARKS
    for base in bases
    for written, mark in zip(letters, marks, strict=True)
}
VNI: Mapping[str, str] = _VNI_PAIRS | _VNI_SINGLE
_VNI_LETTER = re.compile("|".join(VNI), re.IGNORECASE)

# Letters that only Vietnamese in Unicode has: text holding one of them is not in a font encoding.
_UNICODE_ONLY = re.compile("[ăơưđĂƠƯĐĩũĨŨ\u0300-\u0323\u1ea0-\u1ef9]")
_ALPHABET = frozenset(
    "àáâãèéêìíòóôõùúýÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝ"
)  # letters of Latin-1 that Unicode Vietnamese also has
_OF_TCVN3 = frozenset(TCVN3) - _ALPHABET
_OF_VNI = frozenset("øûïåäëöñüæîØÛÏÅÄËÖÑÜÆÎ")
_EVIDENCE = _OF_TCVN3 | _OF_VNI
_WORD = re.compile(r"[^\W\d_]+")
_SYLLABLE = re.compile(
    r"(?:ngh|ng|gh|gi|kh|nh|ph|qu|th|tr|ch|[bcdđghklmnprstvx])?"
    r"(?:iê|yê|uyê|ya|uya|ia|ươ|ưa|uô|ua|uâ|oă|oa|oe|oo|uê|uơ|uy|ưu|iu|[aăâeêioôơuưy])"
    r"(?:ch|nh|ng|[cmnptiuoy])?"
)


def is_syllable(word: str) -> bool:
    """Whether a word is spelt like one Vietnamese syllable, with at most one tone.

    >>> is_syllable("Nội"), is_syllable("Néi"), is_syllable("ph­êng")
    (True, True, False)
    """
    parts = unicodedata.normalize("NFD", word.casefold())
    tones = [mark for mark in parts if mark in _TONES]
    bare = unicodedata.normalize("NFC", "".join(letter for letter in parts if letter not in _TONES))
    return len(tones) <= 1 and _SYLLABLE.fullmatch(bare) is not None


def from_tcvn3(text: str) -> str:
    """Text typed with a TCVN3 font (``.VnTime``).

    >>> from_tcvn3("Céng hßa x· héi chñ nghÜa ViÖt Nam")
    'Cộng hòa xã hội chủ nghĩa Việt Nam'
    """
    return text.translate(str.maketrans(TCVN3))


def from_vni(text: str) -> str:
    """Text typed with a VNI font (``VNI-Times``).

    >>> from_vni("Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam")
    'Cộng hòa xã hội chủ nghĩa Việt Nam'
    """
    return _VNI_LETTER.sub(_vni_letter, composed(text))


#: The font encodings by name: how a text of each is converted, and the letters that only it uses.
FONT_ENCODINGS: Mapping[str, tuple[Callable[[str], str], frozenset[str]]] = {
    "tcvn3": (from_tcvn3, _OF_TCVN3),
    "vni": (from_vni, _OF_VNI),
}


def font_encoding(texts: Iterable[str]) -> str:
    """The font encoding in which the texts of one column were typed; empty for Unicode.

    >>> font_encoding(["Së Néi vô", "Hµ Néi"]), font_encoding(["Sở Nội vụ"])
    ('tcvn3', '')
    """
    foreign = [text for text in texts if not text.isascii()]
    for name, (convert, evidence) in FONT_ENCODINGS.items() if not any(map(is_unicode, foreign)) else ():
        telling = [text for text in foreign if not evidence.isdisjoint(text)]
        if telling and all(_reads(convert(text)) == 1.0 for text in telling):
            return name
    return ""


def may_be_old_font(texts: Iterable[str]) -> bool:
    """Whether any text holds a letter that Unicode Vietnamese does not have and an old font does."""
    return any(not _EVIDENCE.isdisjoint(text) for text in texts if not text.isascii())


def is_unicode(text: str) -> bool:
    """Whether a text holds a letter that no old font has: it is Vietnamese in Unicode, whatever its font is called.

    >>> is_unicode("Sở Nội vụ"), is_unicode("Së Néi vô"), is_unicode("Hà")
    (True, False, False)
    """
    return _UNICODE_ONLY.search(text) is not None


def is_damaged(text: str) -> bool:
    """Whether letters were lost for good: replacement characters, or a half of a UTF-8 letter.

    >>> is_damaged("Hà N\\ufffdi"), is_damaged("Hà Nội")
    (True, False)
    """
    return "\ufffd" in text


def decode_old(raw: bytes, least: int = 1) -> tuple[str, str] | None:
    """Bytes that are not UTF-8, decoded by the table that gives the most Vietnamese: text and name of the table.

    Code page 1258, or Latin-1 bytes typed with a TCVN3 or VNI font. ``None`` when nothing reads as Vietnamese, or fewer than
    ``least`` different words with other letters than ASCII tell.

    >>> decode_old(b"H\\xe0 N\\xf4\\xf2i")
    ('Hà Nội', 'cp1258')
    """
    latin = raw.decode("latin-1")
    candidates = {
        "cp1258": composed(raw.decode("cp1258", errors="replace")),
        "tcvn3": from_tcvn3(latin),
        "vni": from_vni(latin),
    }
    best = max(candidates, key=lambda name: _reads(candidates[name]))
    if least > 1 and len({word for word in _WORD.findall(candidates[best]) if not word.isascii()}) < least:
        return None
    return (candidates[best], best) if _reads(candidates[best]) > 0.9 else None


def _reads(text: str) -> float:
    """Share of the words with other than ASCII letters that are Vietnamese syllables; 0 when there are none."""
    words = {word for word in _WORD.findall(text) if not word.isascii()}
    odd = sum(not c.isascii() and not c.isalpha() and not c.isspace() for c in text[:100_000])
    return sum(is_syllable(word) for word in words) / (len(words) + odd) if words else 0.0


def _vni_letter(written: re.Match[str]) -> str:
    """The letter that is meant, a capital when its base letter is one."""
    meant = VNI[written[0].lower()]
    return meant.upper() if written[0][0].isupper() else meant
