"""Whom the forms of a plan go to, drawn from lists stage by stage, with inclusion probabilities and replacements.

The draws are those of :mod:`weighting.selection`. Clusters are drawn with probabilities in proportion to their size (or simply),
forms shared out over the drawn clusters in proportion to size over probability, so that all elements have the same probability as
far as whole numbers allow; the largest clusters, drawn for certain, get more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import ceil
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from surveys.definitions.record_building import types_of
from surveys.definitions.study.records import StudyDefinition
from surveys.definitions.study.sample_plan import DrawnElement, SamplingList, StageDraw
from surveys.problems import Problems, the_first
from surveys.sampling.plan.cells import CellForms
from surveys.sampling.plan.sampling_lists import elements_of, note_other_populations
from surveys.vocabulary.columns import REPLACEMENT_COLUMNS
from weighting.sample_size.allocation import allocate
from weighting.selection.drawn import Drawn
from weighting.selection.sampford import draw_sampford
from weighting.selection.simple import draw_simple
from weighting.selection.systematic import draw_systematic

Codes = NDArray[np.intp]
Floats = NDArray[np.float64]
#: Columns of what is drawn, before the forms have their codes.
ELEMENT_COLUMNS = tuple(types_of(DrawnElement))[2:]
#: From this probability on something is drawn for certain.
_CERTAIN = 1 - 1e-9


@dataclass(frozen=True)
class DrawnElements:
    """``drawn`` with the columns ``ELEMENT_COLUMNS``, ``replacements`` with ``REPLACEMENT_COLUMNS``: units in the order of the
    plan, the drawn in that of their list."""

    drawn: pd.DataFrame
    replacements: pd.DataFrame


def draw_elements(study: StudyDefinition, planned: Sequence[CellForms], problems: Problems) -> DrawnElements:
    """What is drawn from the lists of a study for the forms planned. Faults of lists are noted as errors, units with too few
    elements as warnings; then as many are drawn as there are."""
    drawn, replacements = list[pd.DataFrame](), list[pd.DataFrame]()
    for of in study.lists:
        elements = elements_of(study, of, problems)
        cells = [p for p in planned if (p.cell.block, p.cell.group) == (of.block, of.group)]
        if problems.errors:
            continue
        listed = elements.groupby("unit").indices
        if not (of.clusters and of.size):
            note_other_populations(study, of, {str(u): len(rows) for u, rows in listed.items()}, problems)
        without = [cell.cell.unit for cell in cells if cell.issued and cell.cell.unit not in listed]
        if without:
            problems.add("lists.no_elements", file=of.path, number=len(without), units=the_first(without, 10))
        for cell in cells:
            unit = cell.cell.unit
            mine = elements.iloc[listed.get(unit, [])].reset_index(drop=True)
            found = _of_unit(of, mine, cell.issued, unit, problems)
            for tables, table in zip((drawn, replacements), found, strict=True):
                tables.append(table.assign(block=of.block, unit=unit, group=of.group))
    return DrawnElements(_joined(drawn, ELEMENT_COLUMNS), _joined(replacements, REPLACEMENT_COLUMNS))


def _joined(tables: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    filled = [table for table in tables if len(table)]
    if not filled:
        return pd.DataFrame(columns=list(columns))
    return pd.concat(filled, ignore_index=True)[list(columns)]


def _of_unit(
    of: SamplingList, elements: pd.DataFrame, wanted: int, unit: str, problems: Problems
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Drawn elements and replacements of one unit."""
    codes, strata = pd.factorize(elements["stratum"])
    domain = codes.astype(np.intp)
    wanted_here = min(wanted, len(elements))
    forms = _shared(wanted_here, np.bincount(domain).astype(float)) if wanted_here else np.zeros(0, np.intp)
    if not forms.sum():
        return pd.DataFrame(columns=list(ELEMENT_COLUMNS)), pd.DataFrame(columns=list(REPLACEMENT_COLUMNS))
    if not forms.all():
        without = [str(stratum) for stratum, number in zip(strata, forms, strict=True) if not number]
        said: dict[str, Any] = {"forms": wanted, "number": len(without), "strata": the_first(without, 10)}
        problems.add("lists.strata_left_out", severity="warning", file=of.path, unit=unit, **said)
    rng = np.random.default_rng(_seed_of(of, unit))
    drawn = _in_stages(of, elements, (domain, forms), rng)
    if len(drawn.sample.positions) < wanted:
        problems.add(
            "lists.too_few", severity="warning", file=of.path, unit=unit, wanted=wanted, found=len(drawn.sample.positions)
        )  # fmt: skip
    return _drawn_table(elements, drawn, unit), _replacement_table(elements, drawn, unit)


def _seed_of(of: SamplingList, unit: str) -> list[int]:
    """The random numbers of a unit are its own: other units that come or go do not change them."""
    name = sha256("/".join((of.block, of.group, unit)).encode()).digest()
    return [of.seed, int.from_bytes(name[:8], "big")]


@dataclass(frozen=True)
class _InStages:
    """The last draw of a unit: of ``elements`` (places in its list [n]) in a domain each, with the probability and the stratum of
    the first stage; ``sample`` has places among them."""

    elements: Codes
    domain: Codes
    probability: Floats
    stratum: NDArray[np.object_]
    cluster: NDArray[np.object_]
    sample: Drawn


def _in_stages(
    of: SamplingList, elements: pd.DataFrame, start: tuple[Codes, Codes], rng: np.random.Generator
) -> _InStages:
    """All stages of one unit. ``start``: stratum of each element, and forms of each stratum."""
    domain, forms = start
    left = np.arange(len(elements))
    reached = np.ones(len(elements))
    stratum = elements["stratum"].to_numpy(object).copy()
    cluster, certain = elements["element"].to_numpy(object).copy(), np.zeros(len(elements), bool)
    for stage, take in enumerate(of.take):
        names = elements[f"cluster_{stage + 1}"].to_numpy(object)[left]
        code, first = _clusters(domain, names)
        counts = np.bincount(code).astype(float)
        own = elements["size"].to_numpy(float)[left][first] if of.size and not stage else counts
        above = domain[first]
        number = np.minimum(np.minimum(take, np.bincount(above, minlength=len(forms))), forms)
        drawn = _draw(of.drawn_by(stage), above, (number, own), rng, np.zeros(len(forms), np.intp))
        forms, renumbered = _forms_of_clusters(forms, drawn, above, own, counts)
        kept = np.flatnonzero(renumbered[code] >= 0)
        if not stage:
            certain = drawn.probability[code] >= _CERTAIN
            cluster = np.where(certain, cluster, _at(stratum, names))
            stratum = np.where(certain, _at(stratum, names), stratum)
        elif stage == 1:
            cluster[left] = np.where(certain[left], _at(stratum[left], names), cluster[left])
        reached[left] *= drawn.probability[code]
        domain, left = renumbered[code][kept], left[kept]
    sizes = elements["size"].to_numpy(float)[left] if of.size and not of.clusters else None
    spare = np.array([ceil(of.replacements * n) for n in forms], np.intp)
    sample = _draw(of.drawn_by(len(of.take)), domain, (forms, sizes), rng, spare)
    probability = reached[left] * sample.probability
    return _InStages(left, domain, probability, stratum[left], cluster[left], sample)


def _at(outer: NDArray[np.object_], inner: NDArray[np.object_]) -> NDArray[np.object_]:
    """Codes within codes: ``outer/inner``, without the outer where it is empty."""
    return np.array([f"{o}/{i}" if o else i for o, i in zip(outer, inner, strict=True)], object)


def _clusters(domain: Codes, names: NDArray[np.object_]) -> tuple[Codes, Codes]:
    """The cluster of each element [n], numbered in the order of the list, and the first element of each cluster."""
    pairs = pd.MultiIndex.from_arrays([domain, names])
    code = pd.factorize(pairs)[0].astype(np.intp)
    return code, np.unique(code, return_index=True)[1]


def _draw(
    draw: StageDraw,
    strata: Codes,
    of: tuple[Codes, Floats | None],
    rng: np.random.Generator,
    spare: Codes,
) -> Drawn:
    """One draw in all strata: so many of each, sizes (None: all alike), replacements of each."""
    number, sizes = of
    if draw == "sampford" and sizes is not None:
        return draw_sampford(strata, number, rng, sizes, spare)
    if draw == "systematic":
        return draw_systematic(strata, number, rng, sizes, spare)
    return draw_simple(strata, number, rng, spare)


def _forms_of_clusters(
    forms: Codes, drawn: Drawn, above: Codes, size: Floats, counts: Floats
) -> tuple[Codes, Codes]:
    """Forms of each drawn cluster, and the new number of each cluster (-1: not drawn), in their order."""
    renumbered = np.full(len(above), -1, np.intp)
    renumbered[drawn.positions] = np.arange(len(drawn.positions))
    found = np.zeros(len(drawn.positions), np.intp)
    for domain, number in enumerate(forms):
        mine = drawn.positions[above[drawn.positions] == domain]
        if len(mine):
            share = size[mine] / drawn.probability[mine]
            found[renumbered[mine]] = _shared(int(number), counts[mine], share)
    return found, renumbered


def _shared(number: int, counts: Floats, weight: Floats | None = None) -> Codes:
    """Forms of parts with so many elements: in proportion to a weight (their elements where None), one at least where there are
    enough, at most all."""
    number = min(number, int(counts.sum()))
    least = 1 if number >= len(counts) else 0
    importance = counts if weight is None else weight
    found = allocate(number, counts, "power", importance=importance, exponent=1.0, minimum=least)
    return found.astype(np.intp)


def _drawn_table(elements: pd.DataFrame, drawn: _InStages, unit: str) -> pd.DataFrame:
    rows = drawn.sample.positions
    mine = elements.iloc[drawn.elements[rows]]
    probability = drawn.probability[rows]
    named: Mapping[str, object] = {
        "element": mine["element"].to_numpy(object),
        "stratum": _in_unit(unit, drawn.stratum[rows]),
        "cluster": [f"{unit}/{cluster}" for cluster in drawn.cluster[rows]],
        "place": mine["place"].to_numpy(object),
        "probability": probability,
        "weight": 1.0 / probability,
    }
    return pd.DataFrame(named)


def _in_unit(unit: str, strata: NDArray[np.object_]) -> list[str]:
    return [f"{unit}/{stratum}" if stratum else unit for stratum in strata]


def _replacement_table(elements: pd.DataFrame, drawn: _InStages, unit: str) -> pd.DataFrame:
    rows = drawn.sample.replacements
    mine = elements.iloc[drawn.elements[rows]]
    order = pd.Series(drawn.domain[rows]).groupby(drawn.domain[rows]).cumcount() + 1
    return pd.DataFrame(
        {
            "stratum": _in_unit(unit, drawn.stratum[rows]),
            "place": mine["place"].to_numpy(object),
            "order": order.to_numpy(),
            "element": mine["element"].to_numpy(object),
        }
    )
