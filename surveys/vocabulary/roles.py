"""What the columns of a return stand for."""

from __future__ import annotations

from typing import Literal, get_args

#: What a column of a return that is no item stands for.
FieldRole = Literal[
    "form_code", "unit", "submitted", "started", "seconds", "interviewer", "operator", "rater", "identification",
    "personal", "own_unit", "stratum", "cluster", "weight", "attribute",
]  # fmt: skip
FIELD_ROLES: tuple[FieldRole, ...] = get_args(FieldRole)
#: Fields kept beside the answers; a weighting plan or a margin may name them.
KEPT_ROLES: tuple[FieldRole, ...] = ("attribute", "stratum", "cluster", "weight")
#: What ``[returns.columns]`` may say of a file without a field of that code: the column holds it for every form.
SAID_OF_FORMS = ("mode", "batch", "interviewer", "operator")
#: Fields that tell who answered: compared in memory and written nowhere.
PERSON_ROLES: tuple[FieldRole, ...] = ("identification", "personal")
