"""Which fields an online form asks: times are the product's own, signatures are for paper, what is never read is not asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from surveys.fieldwork.forms.form_content import FormContent, FormField
from surveys.vocabulary.folding import without_marks

_ASKED = ("form_code", "unit", "own_unit", "rater", "identification", "attribute", "stratum", "cluster")
#: Fields that belong to a way of collecting.
_OF_MODES: Mapping[str, tuple[str, ...]] = {"interviewer": ("face_to_face", "phone")}
_SIGNATURES = ("chu ky", "ky xac nhan", "signature")


def asked_fields(content: FormContent) -> Iterator[FormField]:
    """The fields that are asked, in their order; the unit is none of them where every return rates all units."""
    for field in content.fields:
        ways = _OF_MODES.get(field.role, ())
        asked = field.role in _ASKED or bool(set(ways) & set(content.modes))
        plain = without_marks(f"{field.label} {field.code}")
        signed = field.role == "identification" and any(sign in plain for sign in _SIGNATURES)
        if asked and not signed and not (field.role == "unit" and content.matrix):
            yield field


def lists_units(field: FormField) -> bool:
    """Whether a unit of the block is chosen in a field."""
    return field.role in ("unit", "own_unit")
