"""Notes of printed tables in the other language."""

from __future__ import annotations

from collections import defaultdict

import pytest

from surveys.problems import LANGUAGES, Language, phrase
from surveys.reference.subjects import REMARK_EXAMPLES
from surveys.vocabulary.remarks import REMARKS, reworded

#: A remark that holds nothing but words which somebody typed.
_FREE_TEXT = "compare.said"


def _example(code: str, language: Language) -> str:
    return phrase(code, language, **defaultdict(lambda: "…", REMARK_EXAMPLES))


@pytest.mark.parametrize("code", sorted({*REMARKS} - {_FREE_TEXT}))
@pytest.mark.parametrize("to", LANGUAGES)
def test_every_remark_is_found_again_and_said_in_the_other_language(code: str, to: Language) -> None:
    from_: Language = "vi" if to == "en" else "en"
    assert reworded(_example(code, from_), from_, to) == _example(code, to)
    assert reworded(reworded(_example(code, from_), from_, to), to, from_) == _example(code, from_)


@pytest.mark.parametrize("from_", LANGUAGES)
def test_neighbours_are_told_apart_even_where_a_remark_holds_a_semicolon(from_: Language) -> None:
    to: Language = "vi" if from_ == "en" else "en"
    codes = [code for code in REMARKS if code != _FREE_TEXT]
    for first, second in zip(codes, codes[1:] + codes[:1], strict=True):
        both, wanted = (
            "; ".join((_example(first, spoken), _example(second, spoken))) for spoken in (from_, to)
        )
        assert reworded(both, from_, to) == wanted


def test_what_is_no_remark_stays() -> None:
    note = "lấy từ phụ lục; không có phiếu của nhóm can-bo; xem công văn"
    assert reworded(note, "vi", "en") == "taken from phụ lục; no forms of group can-bo; xem công văn"
    assert reworded("ghi chú", "vi", "en") == "ghi chú"
    assert reworded("", "vi", "en") == ""
    assert reworded(note, "vi", "vi") == note


def test_a_document_may_have_a_comma_and_brackets() -> None:
    assert (
        reworded("lấy từ Báo cáo (bản 2), 12/BC, tr. 4", "vi", "en")
        == "taken from Báo cáo (bản 2), 12/BC, tr. 4"
    )
