"""Units that a person assigned to forms that name none: recorded with the decision on the form, carried out while reading."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from surveys.definitions.instrument.records import Unit
from surveys.definitions.study.records import Decision
from surveys.problems import Problems
from surveys.returns.record_set import Returns


def assign_units(
    returns: Returns, decisions: Iterable[Decision], units: Iterable[Unit], problems: Problems
) -> Returns:
    """Returns in which the evaluations without a unit have the one that was decided for their form.

    A unit is never put in the place of another: where the form names one, the assignment has no effect and is noted, as is a
    unit that is not in the register of the form's block.
    """
    assigned = [decision for decision in decisions if decision.assigned_unit]
    if not assigned:
        return returns
    rows, known = returns.rows, {(unit.block, unit.code) for unit in units}
    unit, block = rows["unit_code"].to_numpy(object, copy=True), rows["block"].to_numpy(object)
    for decision in assigned:
        name = "submission" if decision.submission else "form_code"
        meant = rows[name].to_numpy(object) == getattr(decision, name)
        form, given = decision.form_code, decision.assigned_unit
        foreign = meant & np.array([(of, given) not in known for of in block], dtype=bool)
        if foreign.any():
            problems.add("assigned_unit.unknown", column="assigned_unit", form=form, unit=given)
        elif (meant & np.isin(unit, ("", given), invert=True)).any():
            problems.add(
                "assigned_unit.has_unit", severity="warning", column="assigned_unit", form=form, unit=given
            )
        else:
            unit[meant] = given
    return replace(returns, rows=rows.assign(unit_code=unit))
