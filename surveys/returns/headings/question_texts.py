"""Whether the words that a file has for a question are those of an item: a label may be cut short, numbered or part of a grid."""

from __future__ import annotations

import re
from collections.abc import Iterable

from surveys.vocabulary.folding import without_marks

_NUMBERED = re.compile(r"^(?:(?:cau hoi|cau|question|item|q) ?)?(?:[a-z]{0,3} ?\d+[a-z]?\b ?)*")


def same_question(label: str, code: str, names: Iterable[str]) -> bool:
    """Whether a label may be one of the names of an item: its words, with or without tone marks, or a part of them. One without
    words says nothing against it; likeness decides nothing, because two questions may differ in one word.

    >>> names = ("Nhân viên chào hỏi niềm nở", "Staff greet kindly")
    >>> [same_question(label, "A1", names) for label in ("A1. Nhân viên chào hỏi", "Câu 1", "Ý kiến - Staff greet kindly")]
    [True, True, True]
    >>> [same_question(label, "A1", names) for label in ("A1. Đường vào trạm dễ đi", "Nhân viên chào hỏi nhanh")]
    [False, False]
    """
    own = without_marks(code)
    known = [plain for plain in map(without_marks, names) if plain not in ("", own)]
    said = _NUMBERED.sub("", without_marks(label).removeprefix(own).removesuffix(own).strip())
    if not said or not known:
        return True
    return any(f" {name} " in f" {said} " or (" " in said and said in name) for name in known)


def split_part(heading: str) -> tuple[str, str] | None:
    """``Question [Part]`` in two; brackets inside the question stay there.

    >>> split_part("Ông/Bà [anh] đánh giá [Sở Nội vụ]"), split_part("Tuổi")
    (('Ông/Bà [anh] đánh giá', 'Sở Nội vụ'), None)
    """
    match = re.fullmatch(r"(.*\S)\s*\[([^\[\]]+)\]", heading.strip())
    return (match[1], match[2].strip()) if match else None
