"""What stands beside the values of a round: where they come from, the targets that were set, the agencies in charge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from surveys.analysis.analysed_round import AnalysedRound
from surveys.definitions.instrument.records import Instrument
from surveys.definitions.study.records import Agency, Target
from surveys.vocabulary.levels import ITEM_LEVEL, SURVEY, TOTAL
from surveys.vocabulary.measures import OF_ROOT, PERCENT, POINTS
from surveys.vocabulary.remarks import Remarks, remark

_SEPARATOR = "; "
_WORDS = ("sign", "due", "lead_agency", "coordinating_agencies")


def with_round(values: pd.DataFrame, round_: AnalysedRound) -> pd.DataFrame:
    """Values (``VALUE_COLUMNS``) with sources, targets and agencies of their round. Of the items only those stay that have a
    target or an agency of their own. A column ``remarks`` tells the targets that are a place among the units."""
    instrument = round_.instrument
    sources = {block: sources_of(instrument, block) for block in values["block"].unique()}
    targets: Mapping[tuple[str, str], Mapping[tuple[str, str], tuple[Target, ...]]] = {
        unit: round_.targets_of(*unit)
        for unit in dict.fromkeys(zip(values["block"], values["unit_code"], strict=True))
    }
    own = {(a.block, a.unit, a.item) for a in round_.agencies if a.item}
    rows: list[dict[Any, Any]] = []
    for row in values.to_dict("records"):
        block, unit, code = row["block"], row["unit_code"], row["node_code"]
        is_item = row["node_level"] == ITEM_LEVEL
        node, item = (instrument.item[code].node, code) if is_item else (code, "")
        aims = targets[block, unit].get((node, item), ())
        target = _target(aims, row["measure"], row["maximum"])
        if is_item and not target and not {(block, unit, item), (block, "", item), ("", "", item)} & own:
            continue
        source = SURVEY if is_item else sources[block].get(code, TOTAL)
        rows.append(
            {
                **row,
                "source": source,
                **target,
                **_agencies(round_.in_charge.of(block, unit, node, item)),
                "remarks": _places(aims),
            }
        )
    found = pd.DataFrame(rows, columns=[*values, "source", "target", *_WORDS, "remarks"])
    found[list(_WORDS)] = found[list(_WORDS)].astype(object).fillna("")
    return found.astype({"target": float})


def sources_of(instrument: Instrument, block: str) -> Mapping[str, str]:
    """Node → where its points come from: of a leaf as :meth:`Instrument.source_of`; of a node above leaves theirs where they have
    the same, else that it is a total."""
    below: dict[str, dict[str, None]] = {}
    for leaf in instrument.leaves(block):
        for node in instrument.line[leaf.code]:
            below.setdefault(node.code, {})[instrument.source_of(leaf.code)] = None
    return {code: next(iter(found)) if len(found) == 1 else TOTAL for code, found in below.items()}


def _target(targets: Iterable[Target], measure: str, maximum: float) -> dict[str, object]:
    """The target of a node in the terms of its value: of several the one that is given in them; nothing where there is none."""
    numbers: dict[str, Target] = {
        t.measure: t for t in targets if t.measure in (POINTS, PERCENT) and t.number is not None
    }
    found = numbers.get(measure) or next(iter(numbers.values()), None)
    if found is None or found.number is None:
        return {}
    value = float(found.number)
    if found.measure != measure:
        value = value * maximum / 100.0 if measure == POINTS else np.nan
    return {"sign": found.sign, "target": value, "due": found.due}


def _places(targets: Iterable[Target]) -> Remarks:
    """The targets that are a place among the units: nothing that a distance in points could be told of."""
    return tuple(remark(f"gaps.target.{t.measure}", target=t.target) for t in targets if t.measure in OF_ROOT)


def _agencies(found: Agency | None) -> dict[str, object]:
    if found is None:
        return {}
    return {"lead_agency": found.lead, "coordinating_agencies": _SEPARATOR.join(found.coordinating)}
