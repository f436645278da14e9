"""Text files: the encoding is told by the bytes."""

from __future__ import annotations

import unicodedata

import pytest

from surveys.returns.files.delimited import decode


def with_tone_apart(letter: str) -> str:
    """As code page 1258 writes a letter: the tone after it, circumflex, breve and horn within it."""
    parts = unicodedata.normalize("NFD", letter)
    tones = "".join(mark for mark in parts if mark in "\u0300\u0301\u0303\u0309\u0323")
    return unicodedata.normalize("NFC", "".join(part for part in parts if part not in tones)) + tones


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_files_are_told_by_their_bytes(encoding):
    text = "Mã phiếu;Đơn vị\r\n1;Sở Nội vụ\r\n"
    assert decode(text.encode(encoding), "a.csv") == (text, "")


def test_code_page_1258_is_told_by_reading_as_vietnamese():
    text = "Mã phiếu;Đơn vị\r\nP1;Sở Nội vụ\r\n"
    raw = "".join(map(with_tone_apart, text)).encode("cp1258")
    assert decode(raw, "a.csv") == (text, "cp1258")
