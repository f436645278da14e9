"""How many respondents a copy still tells apart: forms that are the only ones of all their attributes together."""

from __future__ import annotations

from collections.abc import Mapping

from surveys.problems import Problem
from surveys.returns.record_set import Returns, kept_fields
from surveys.returns.submissions.entry_pairs import SECOND

#: Fewest forms of which none stands out.
FEW = 5


def unique_respondents(returns: Returns) -> tuple[Problem, ...]:
    """A warning for the forms that no other form has all attributes in common with, and for small groups; none where there are
    neither. The columns are those that somebody may know of a person: the unit of a form about one unit, the rater's own unit,
    attributes, strata and clusters."""
    rows = returns.rows.assign(unit=returns.rows["unit_code"].mask(returns.matrix, ""))
    forms = rows[rows["entry"] != SECOND].drop_duplicates("form")
    known = [field.code for field in kept_fields(returns.instrument) if field.role != "weight"]
    columns = [name for name in ("unit", "own_unit", *known) if forms[name].nunique() > 1]
    alike = forms.groupby(["questionnaire", *columns], dropna=False)["form"].transform("size")
    few = int((alike < FEW).sum())
    if not columns or not few:
        return ()
    facts: Mapping[str, object] = {
        "unique": int((alike == 1).sum()), "few": few, "least": FEW, "forms": len(forms), "columns": ", ".join(columns),
    }  # fmt: skip
    return (
        Problem(
            "sharing.few_alike", "warning", params=tuple((name, str(said)) for name, said in facts.items())
        ),
    )
