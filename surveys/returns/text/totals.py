"""Words that say that a row is a total, an average or another summary of the rows above it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from surveys.vocabulary.composition import composed
from surveys.vocabulary.folding import fold_name, without_marks

_FULL = (
    "tổng|tổng số|tổng cộng|tổng hợp|tổng số phiếu|tổng điểm|tổng kết|cộng|cộng dồn|lũy kế|trung bình|trung bình cộng"
    "|trung bình chung|điểm trung bình|điểm trung bình chung|bình quân|bình quân chung|điểm bình quân|trung vị|cao nhất|thấp nhất"
    "|lớn nhất|nhỏ nhất|tỷ lệ|tỉ lệ|phần trăm|số phiếu|số lượng phiếu|độ lệch chuẩn"
    "|total|totals|subtotal|sub total|grand total|sum|count|average|averages|mean|means|median|highest|lowest|maximum|minimum|max"
    "|min|percent|percentage|std|standard deviation"
)
_SHORT = "tb|đtb|tbc|tbcc|tb cộng|tb chung|đtb chung|điểm tb|tc|t c|bq|đbq|bqc|avg|avr|stdev|std dev|đlc|σ|ø"
_ALL = sorted(map(fold_name, f"{_FULL}|{_SHORT}".split("|")), key=len, reverse=True)
_BEGINS = re.compile(rf"(?:(?:\d+|[ivx]+) )?(?P<word>{'|'.join(_ALL)})(?: (?P<rest>.*))?")
_SHORT_WORDS = frozenset(map(fold_name, _SHORT.split("|")))
#: What may stand beside such a word without making it a name: what is counted, and of what.
_BESIDE = (
    "chung|cộng|số|điểm|phiếu|hợp lệ|người|lượt|toàn|cả|của|theo|các|xã|phường|thị trấn|huyện|quận|thành phố|tỉnh|sở|đơn vị|khối"
    "|nhóm|mục|phần|trang|bảng|cột|dòng|hàng|hài lòng|form|forms|response|responses|all|overall|unit|units|of|score|scores"
)
_IS_BESIDE = re.compile(rf"(?:\d+|{'|'.join(map(fold_name, _BESIDE.split('|')))})(?: |$)")
_SIGNS = frozenset("Σ∑Øø⌀%‰") | {"x\u0304", "X\u0304", "x\u0305", "X\u0305"}
_WITHOUT_MARKS = frozenset(without_marks(word) for word in _FULL.split("|") if not word.isascii())
_PLAIN = {without_marks(word).replace(" ", "[^a-z]+") for word in _ALL}
_BEGINS_PLAIN = re.compile(
    f"[^a-z]*(?:{'|'.join(sorted(word for word in _PLAIN if word.isascii()))})(?![a-z])"
)
_LINE_SAYS_TOTAL = re.compile("%|^" + _BEGINS_PLAIN.pattern.replace("[^a-z]", r"[^a-z\n]"), re.MULTILINE)
_WORD_OR_SIGN = re.compile(r"[^\W\d_]|[%‰∑⌀]")
_ASIDE = re.compile(r"\([^()]*\)")


def says_total(text: str, is_unit: Callable[[str], bool] | None = None) -> bool:
    """Whether a text is a word for a total, perhaps with numbers, what is counted, or a unit (``is_unit``) beside it.

    An abbreviation beside a bare number is a code, as ``TB 001`` is; a name that begins like a total is a name.

    >>> [says_total(text) for text in ("ĐTB chung", "Cộng (2)", "Σ", "Tổng: 12 phiếu", "TB-001", "Phường Cộng Hòa", "Cộng Hòa")]
    [True, True, True, True, False, False, False]
    >>> says_total("TB xã An Bình", lambda text: text == "xã an bình")
    True
    """
    if not _WORD_OR_SIGN.search(text):
        return False
    bare = composed(text).strip(" :.-()[]")
    if bare in _SIGNS or bare.startswith(("%", "Σ", "∑")):
        return True
    folded = fold_name(_ASIDE.sub(" ", text))
    found = _BEGINS.fullmatch(folded)
    if found is None:
        return folded in _WITHOUT_MARKS
    rest = found["rest"] or ""
    if found["word"] in _SHORT_WORDS and rest.isdecimal():
        return False
    while rest and not (is_unit and is_unit(rest)) and (match := _IS_BESIDE.match(rest)):
        rest = rest[match.end() :]
    return not rest or bool(is_unit and is_unit(rest))


def is_plainly_no_total(cell: object) -> bool:
    """Whether a cell is plainly neither a number nor a word for a total, as most form codes are: all of them different, they
    are told without folding them (``tests/benchmarks/test_score_speed.py``)."""
    if not (isinstance(cell, str) and cell.isascii() and cell.isprintable()):
        return False
    lower = cell.lower()
    return lower != cell.upper() and not _BEGINS_PLAIN.match(lower)


def plainly_no_totals(texts: Sequence[str]) -> bool:
    """Whether plainly none of many texts, such as the form codes of a table, says a total: told of all of them at once
    (``tests/benchmarks/test_score_speed.py``).

    >>> plainly_no_totals(["SNV-001", "12"]), plainly_no_totals(["SNV-001", "Total 12"])
    (True, False)
    """
    written = "\n".join(texts).lower()
    is_plain = written.isascii() and written.replace("\n", "").isprintable()
    return is_plain and not _LINE_SAYS_TOTAL.search(written)
