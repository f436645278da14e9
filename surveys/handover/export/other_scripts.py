"""Scripts for SPSS Complex Samples and Stata that estimate the questions of one node, as an example to go on from.

They name variables and values of the study, so they are written for it. The node is the first over questions; its first group and
block are taken, so that every number they print has its row in ``expected.csv``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from string import Template

import pandas as pd

Frames = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class _Example:
    """Questions of one node that one group answers: variables, and level number → value of each."""

    block: str
    group: str
    node: str
    values: Mapping[str, Mapping[int, float]]
    finite: bool
    lonely: str


def sps_script(frames: Frames) -> bytes:
    """Syntax for SPSS: CSPLAN and CSDESCRIPTIVES."""
    one = _example(frames)
    recodes, ratios = [], []
    for k, (name, values) in enumerate(one.values.items(), start=1):
        numerators = " ".join(f"({number}={value:.17g})" for number, value in values.items())
        given = " ".join(f"({number}=1)" for number in values)
        recodes += [
            f"RECODE {name} {numerators} (ELSE=0) INTO n_{k}.",
            f"RECODE {name} {given} (ELSE=0) INTO d_{k}.",
        ]
        ratios.append(f"  /RATIO NUMERATOR=n_{k} DENOMINATOR=d_{k}")
    estimator = "EQUAL_WOR\n  /POPSIZE VARIABLE=stratum_size" if one.finite else "WR"
    return _filled("score.sps", one, recodes, ratios, estimator=estimator)


def stata_script(frames: Frames) -> bytes:
    """Commands for Stata: svyset and svy: ratio."""
    one = _example(frames)
    recodes, ratios = [], []
    for k, (name, values) in enumerate(one.values.items(), start=1):
        recodes += [f"generate double n_{k} = 0", f"generate byte d_{k} = !missing({name})"]
        recodes += [f"replace n_{k} = {value:.17g} if {name} == {number}" for number, value in values.items()]
        ratios.append(f"svy: ratio (n_{k}/d_{k}), over(domain)")
    singles = {"adjust": "centered", "average": "scaled", "fail": "missing"}
    fpc = " fpc(stratum_size)" if one.finite else ""
    return _filled("score.do", one, recodes, ratios, fpc=fpc, single=singles.get(one.lonely, "certainty"))


def _filled(name: str, one: _Example, recodes: list[str], ratios: list[str], **more: str) -> bytes:
    text = (resources.files("surveys.handover.export") / name).read_text(encoding="utf-8")
    lists = {"recodes": "\n".join(recodes), "ratios": "\n".join(ratios)}
    return (
        Template(text).substitute(block=one.block, group=one.group, node=one.node, **lists, **more).encode()
    )


def _example(frames: Frames) -> _Example:
    """The first node over questions that is no pooled one, of the first block and group with a sample."""
    keys, levels, designs = (frames[f"export-{name}"] for name in ("keys", "items", "designs"))
    sampled = keys.merge(designs, on=["block", "group"], sort=False)
    over_items = sampled[sampled["pooled"] == 0] if (sampled["pooled"] == 0).any() else sampled
    if over_items.empty:
        return _Example("", "", "", {}, False, "adjust")
    first = over_items.iloc[0]
    same = ["block", "group", "node_code"]
    items = over_items.loc[(over_items[same] == first[same]).all(axis=1), "item_code"]
    values = {}
    for item in items:
        mine = levels[levels["item_code"] == item]
        values[mine["variable"].iloc[0]] = dict(zip(mine["value_number"], mine["level_value"], strict=True))
    return _Example(
        first["block"], first["group"], first["node_code"], values, bool(first["finite"]), first["lonely"]
    )
