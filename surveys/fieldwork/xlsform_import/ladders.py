"""Whether the options of a list are a ladder, and which end of it is the good one, by the usual words in Vietnamese and English.

Only words of judgement tell a good end: satisfied, agree, good, easy, clear. How often or how important something is, or bare
numbers, may be good or bad; such a list needs a column ``points``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from surveys.vocabulary.folding import fold_name, without_marks

#: ``3 sao``, ``★★★☆☆``.
_STARS = re.compile(r"(\d{1,2}) ?(?:sao|stars?|★|⭐️?)|(?:[★⭐]️?){1,10}[☆]*")
_NUMBERING = re.compile(r"^(?:muc |level )?\d+ (?=\D)|(?<=\D) \d+$")
#: Judging words of a family: those of the good side, those of the bad side, those of the middle.
_FAMILIES: tuple[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]], ...] = (
    (("hài lòng", "satisfied", "happy", "vừa lòng"), ("dissatisfied", "unsatisfied", "unhappy", "thất vọng", "bất mãn"), ()),
    (("đồng ý", "agree", "nhất trí", "tán thành"), ("disagree", "phản đối"), ("phân vân", "undecided", "unsure", "lưỡng lự")),
    (("tốt", "good", "xuất sắc", "excellent", "giỏi"), ("kém", "tệ", "yếu", "xấu", "poor", "bad", "tồi", "terrible"),
     ("trung bình", "average", "fair", "đạt", "ok", "okay", "tạm được", "chấp nhận được", "acceptable")),
    (("dễ", "dễ dàng", "easy", "thuận tiện", "thuận lợi", "convenient"),
     ("khó", "khó khăn", "difficult", "hard", "bất tiện", "inconvenient"), ()),
    (("rõ ràng", "clear", "minh bạch", "transparent", "công khai", "đầy đủ", "complete"), ("unclear", "mập mờ"), ()),
    (("nhanh", "nhanh chóng", "fast", "quick", "kịp thời"), ("chậm", "chậm trễ", "slow"), ("đúng hạn", "on time")),
    (("đơn giản", "simple"), ("phức tạp", "rườm rà", "phiền hà", "complicated", "complex"), ()),
    (("hiệu quả", "effective", "hữu ích", "có ích", "useful", "helpful"), ("useless", "ineffective"), ()),
    (("tin tưởng", "tin cậy", "trust", "confident", "an tâm", "yên tâm"), ("distrust",), ()),
    (("chuyên nghiệp", "professional", "lịch sự", "polite", "niềm nở", "thân thiện", "friendly", "nhiệt tình", "tận tình"),
     ("thô lỗ", "thờ ơ", "rude", "impolite", "unprofessional"), ()),
    (("sạch sẽ", "clean"), ("bẩn", "dirty"), ()),
    (("phù hợp", "hợp lý", "suitable", "appropriate", "reasonable"), ("unsuitable", "unreasonable"), ()),
)  # fmt: skip
_MIDDLE = (
    "bình thường", "trung lập", "trung tính", "neutral", "neither", "không ý kiến", "vừa phải", "trung bình", "normal",
    "moderate", "so so", "lưng chừng", "tạm được", "average",
)  # fmt: skip
_STRONG = (
    "rất", "hoàn toàn", "cực kỳ", "cực kì", "vô cùng", "quá", "very", "strongly", "completely", "totally", "extremely",
    "highly", "fully", "excellent", "terrible", "xuất sắc",
)  # fmt: skip
_WEAK = (
    "khá", "tương đối", "hơi", "một phần", "phần nào", "tạm", "lắm", "cơ bản", "đa phần", "phần lớn", "somewhat", "rather",
    "fairly", "partly", "partially", "slightly", "mostly", "quite", "generally",
)  # fmt: skip
_NOT = ("không", "chưa", "chẳng", "ít", "not", "no")
_BOTH = ("nor", "hay không", "cũng không")
#: Words in which a judging word judges nothing.
_OTHERWISE = ("tốt nghiệp", "đạt chuẩn")
#: Families of which two options alone are a ladder, and of which options between two others may be called anything; words that an
#: end of a ladder has at most.
_SURE, _USUAL, _WORDS = 3, 6, 7


class Ladder(NamedTuple):
    """Values in [0, 1] of options in the order of the list, and which of them are on the good side of the middle."""

    values: tuple[float, ...]
    satisfied: tuple[bool, ...]


def ladder_of(labels: Sequence[str]) -> Ladder | None:
    """The ladder of equal steps that labels are; None where they are none, or nothing tells the good end. Options between two
    whose words are known may be called anything, unless their words contradict the order.

    >>> ladder_of(["Rất hài lòng", "Hài lòng", "Bình thường", "Không hài lòng"]).values
    (1.0, 0.6666666666666666, 0.3333333333333333, 0.0)
    >>> ladder_of(["1 - Very poor", "2", "3", "4", "5 - Very good"]).satisfied
    (False, False, False, True, True)
    >>> ladder_of(["Nam", "Nữ"]), ladder_of(["Luôn luôn", "Đôi khi", "Không bao giờ"]), ladder_of(["1", "2", "3"])
    (None, None, None)
    """
    if not 2 <= len(labels) <= 11:
        return None
    if any(len(label.split()) > _WORDS for label in (labels[0], labels[-1])):
        return None
    if rated := _stars(labels):
        return rated
    for k, family in enumerate(_FAMILIES[: _SURE if len(labels) == 2 else None]):
        strengths = [_strength(label, family) for label in labels]
        if k >= _USUAL and None in strengths:
            continue
        known = [strength for strength in strengths if strength is not None]
        first, last = strengths[0], strengths[-1]
        if first is None or last is None or first * last > 0 or first == last:
            continue
        rising = last > first
        if all(after >= before if rising else after <= before for before, after in pairwise(known)):
            steps = [k / (len(labels) - 1) for k in range(len(labels))]
            values = tuple(steps if rising else steps[::-1])
            good = tuple(_is_good(s, v) for s, v in zip(strengths, values, strict=True))
            return Ladder(values, good)
    return None


def _stars(labels: Sequence[str]) -> Ladder | None:
    """The ladder of numbers of stars: more are better."""
    counts = [_STARS.fullmatch(label.strip().casefold()) for label in labels]
    if not all(counts):
        return None
    numbers = [
        int(found[1] or 0) or sum(map(label.count, "★⭐"))
        for found, label in zip(counts, labels, strict=True)
        if found
    ]
    rising = numbers[-1] > numbers[0]
    if any((after > before) != rising for before, after in pairwise(numbers)):
        return None
    steps = [k / (len(labels) - 1) for k in range(len(labels))]
    values = tuple(steps if rising else steps[::-1])
    return Ladder(values, tuple(value > 0.5 for value in values))


def _is_good(strength: float | None, value: float) -> bool:
    return value > 0.5 if strength is None else strength > 0


def _strength(label: str, family: tuple[tuple[str, ...], ...]) -> float | None:
    """How far a label is on the good side (above 0) or the bad one of a family of words; None where it is neither."""
    text = _NUMBERING.sub("", fold_name(label)).strip()
    good, bad, middle = family
    if _holds(text, (*middle, *_MIDDLE, *_BOTH)):
        return 0.0
    side = _side(text, good, bad)
    if side is None:
        return 0.5 if text in ("khá", "fair") and "tốt" in good else None
    return side / 2 if _holds(text, _WEAK) else side * 2 if _holds(text, _STRONG) else side


def _side(text: str, good: Sequence[str], bad: Sequence[str]) -> float | None:
    """1 for the good side, −1 for the bad one; a word that denies turns it."""
    is_bad = _holds(text, bad)
    if _holds(text, _OTHERWISE) or not (is_bad or _holds(text, good)):
        return None
    return 1.0 if is_bad == _holds(text, _NOT) else -1.0


def _holds(text: str, words: Sequence[str]) -> bool:
    """Whether one of some words stands in a folded text; a text without any mark is compared without them."""
    written = without_marks if text.isascii() else fold_name
    return any(f" {written(word)} " in f" {text} " for word in words)
