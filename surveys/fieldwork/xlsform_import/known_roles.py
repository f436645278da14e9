"""What a question is for, where it is no item: by the column ``role`` of the form, or by its name and label.

A question is recognised only when its whole name or its whole label is one of these; what describes respondents also when one of
the words stands in it. Everything recognised is told, and the column ``role`` decides otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from surveys.fieldwork.xlsform_import.form_structure import AskedQuestion
from surveys.problems import nearest
from surveys.vocabulary.folding import without_marks
from surveys.vocabulary.roles import FIELD_ROLES, FieldRole

#: What the column ``role`` may say: a role of a column of returns, a question of the index, one beside it, or nothing at all.
Purpose = FieldRole | Literal["scored", "beside", "ignore", ""]
ACCEPTED: tuple[str, ...] = (*FIELD_ROLES, "scored", "beside", "ignore")
_WHOLE: Mapping[FieldRole, tuple[str, ...]] = {
    "unit": (
        "unit", "unit code", "unit name", "don vi", "donvi", "ma don vi", "ten don vi", "don vi duoc danh gia",
        "don vi duoc khao sat", "don vi danh gia", "co quan", "co quan don vi", "co quan duoc danh gia", "agency",
        "unit assessed", "assessed unit", "unit rated", "ong ba danh gia don vi nao", "chon don vi",
    ),
    "form_code": ("ma phieu", "maphieu", "so phieu", "form code", "formcode", "questionnaire code", "form number"),
    "interviewer": (
        "dieu tra vien", "ma dieu tra vien", "ten dieu tra vien", "dtv", "ma dtv", "interviewer", "interviewer code",
        "interviewer name", "enumerator", "enumerator name", "enumerator id", "nguoi phong van", "surveyor",
    ),
    "own_unit": (
        "own unit", "don vi cong tac", "don vi cong tac cua nguoi tra loi", "don vi cua ong ba", "your unit",
        "respondent s own unit",
    ),
    "rater": ("rater", "ma nguoi tra loi", "ma nguoi danh gia", "respondent code", "respondent id", "rater code"),
    "operator": ("operator", "nguoi nhap lieu", "ma nguoi nhap lieu", "data entry operator", "data entry operator code"),
    "stratum": ("stratum",),
    "cluster": ("cluster", "psu"),
}  # fmt: skip
#: Words of questions that describe the respondent.
_OF_PERSON = (
    "gioi tinh", "gender", "sex", "tuoi", "nhom tuoi", "do tuoi", "age", "age group", "hoc van", "trinh do", "education",
    "nghe nghiep", "occupation", "viec lam", "dan toc", "ethnicity", "ethnic group", "ton giao", "religion", "thu nhap",
    "income", "hon nhan", "marital status", "khu vuc", "dia ban", "noi o", "noi cu tru", "residence", "region", "province",
    "district", "commune", "ward", "tinh", "huyen", "xa", "phuong", "thanh pho", "quan huyen", "xa phuong", "chuc vu",
    "position", "loai hinh doanh nghiep", "doi tuong", "vi tri cong tac", "tham nien",
)  # fmt: skip
_LONGEST_LABEL = 8  # words of a label that is looked through for them
#: Numbers of questions before such a word in a name, and words behind it.
_NUMBERED = re.compile(r"^[a-z]{0,3}\d+[a-z]? ")
_MOST_BEHIND = 2


def declared_role(question: AskedQuestion) -> Purpose:
    """What the column ``role`` says; any other word is told and means nothing."""
    said = question.row.get("role").casefold().replace("-", "_").replace(" ", "_")
    if not said:
        return ""
    for purpose in ACCEPTED:
        if purpose == said:
            return purpose  # type: ignore[return-value]
    params = {"value": said[:60], "accepted": ", ".join(ACCEPTED), "nearest": nearest(said, ACCEPTED)}
    question.note("xlsform_import.role_unknown", "role", **params)
    return ""


def told_role(question: AskedQuestion) -> FieldRole | None:
    """The role that the whole name or label of a question tells."""
    texts = {without_marks(text).removesuffix(" la") for text in (question.name, *question.label) if text}
    return next((role for role, words in _WHOLE.items() if texts & set(words)), None)


def describes_person(question: AskedQuestion) -> bool:
    """Whether the name or the (short) label of a question has a word that describes the respondent.

    The word has to begin the name, but for a number, or to stand in a short label that is not about others: ``Trình độ của công
    chức`` is no attribute.
    """
    name = _NUMBERED.sub("", without_marks(question.name))
    labels = [without_marks(text) for text in question.label if len(text.split()) <= _LONGEST_LABEL]
    if any(_begins(name, word) for word in _OF_PERSON):
        return True
    of_others = (" can bo ", " cong chuc ", " don vi ", " staff ", " official ")
    told = [f" {label} " for label in labels if not any(word in f" {label} " for word in of_others)]
    return any(f" {word} " in label for word in _OF_PERSON for label in told)


def _begins(name: str, word: str) -> bool:
    """Whether a name is a word, with a few more behind it."""
    return f"{name} ".startswith(f"{word} ") and len(name[len(word) :].split()) <= _MOST_BEHIND
