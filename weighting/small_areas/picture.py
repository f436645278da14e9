"""A picture of a small-area model: direct estimate → EBLUP of each area, one line each, the lowest below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from weighting.errors import DesignError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DIRECT, EBLUP, SYNTHETIC = "#7f8c8d", "#c0392b", "#2e86c1"


def drawn(table: pd.DataFrame, names: list[str], ax: Axes | None, words: Mapping[str, str]) -> Figure:
    """Draw a table of direct, se, eblup and synthetic with the names of its rows on ``ax``, or on a figure of its own."""
    ax = _axes(len(table)) if ax is None else ax
    order = np.argsort(table["direct"].fillna(table["eblup"]).to_numpy(), kind="stable")
    columns = ("direct", "se", "eblup", "synthetic")
    direct, se, eblup, synthetic = table[list(columns)].to_numpy(dtype=float)[order].T
    place = np.arange(len(table))
    ax.hlines(place, direct - 2 * se, direct + 2 * se, color=DIRECT, alpha=0.35, linewidth=3)
    ax.plot(direct, place, "o", color=DIRECT, label=words["direct"])
    ax.plot(synthetic, place, "|", color=SYNTHETIC, markersize=9, label=words["synthetic"])
    ax.hlines(place, direct, eblup, color=EBLUP, linewidth=1.5, label=words["pull"])
    ax.plot(eblup, place, "D", color=EBLUP, markersize=5, label=words["eblup"])
    ax.set_yticks(place, [names[row] for row in order])
    ax.set_ylim(-0.7, len(table) - 0.3)
    ax.set(xlabel=words["axis"], title=words["title"])
    ax.grid(axis="x", alpha=0.3)
    figure = ax.get_figure(root=True)
    assert figure is not None
    below = -0.55 / figure.get_figheight()
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, below), ncols=2, frameon=False)
    return figure


def _axes(rows: int) -> Axes:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise DesignError(
            "plot: matplotlib is not installed; pip install 'survey-scoring[report]' brings it"
        ) from None
    return Figure(figsize=(8, 1.8 + 0.24 * rows), layout="constrained").subplots()
