"""What drives the overall judgement, as short tables for people: the nodes of each model, the most important first."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from surveys.handover.drivers_folder import Drivers, driver_words, title_of
from surveys.handover.official_columns import TABLES
from surveys.handover.result_frames import Texts, printed
from surveys.handover.rounding import decimal_texts
from surveys.handover.words import engine_words
from surveys.problems import Language, phrase
from surveys.reports.summaries import Summary
from surveys.vocabulary.remarks import in_words
from surveys.vocabulary.statuses import OK

_PLACE = ["block", "group", "model"]


def driver_summaries(drivers: Drivers, language: Language) -> Iterator[Summary]:
    """A table for every model in every block and group."""
    words = driver_words(drivers.study, language)
    models = dict(iter(drivers.models.groupby(_PLACE, sort=False)))
    for key, rows in drivers.table.groupby(_PLACE, sort=False):
        nodes = _ordered(rows)
        texts, table = printed(TABLES["drivers"], nodes, drivers.study.output), TABLES["drivers"]
        fields = engine_words("driver_field", language)
        cells = (
            [words["node"].get(code, code) for code in texts["node_code"]],
            texts["importance"],
            _ranges(texts, "importance"),
            texts["performance"],
            [fields.get(code, code) for code in texts["field"]],
        )
        headings = (
            phrase("handover.drivers.node", language),
            table.column["importance"].heading(language),
            phrase("summary.interval", language),
            table.column["performance"].heading(language),
            table.column["field"].heading(language),
        )
        yield Summary(
            title_of(tuple(map(str, key)), words, language),
            headings,
            (False, True, True, True, False),
            tuple(zip(*cells, strict=True)),
            tuple(_said(drivers, models[key], language)),
        )


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    """The most important node first, in the order of the model where there is no importance."""
    return rows.sort_values("importance", ascending=False, kind="stable", na_position="last")


def _ranges(texts: Texts, name: str) -> list[str]:
    pairs = zip(texts[f"{name}_low"], texts[f"{name}_high"], strict=True)
    return [f"{low} – {high}" if low else "" for low, high in pairs]


def _said(drivers: Drivers, model: pd.DataFrame, language: Language) -> Iterator[str]:
    """R², where the fields are divided, and what is remarked. ``model``: its one row."""
    texts = {
        n: column[0] for n, column in printed(TABLES["driver-models"], model, drivers.study.output).items()
    }
    if texts["status"] == OK:
        r2 = dict(
            zip(
                ("r2", "low", "high"),
                decimal_texts(model[["r2", "r2_low", "r2_high"]].iloc[0], 2),
                strict=True,
            )
        )
        yield phrase("summary.drivers.r2", language, n=texts["n_valid"], **r2)
    if texts["mean_importance"]:
        means = {"importance": texts["mean_importance"], "performance": texts["mean_performance"]}
        yield phrase("summary.drivers.divided", language, **means)
    said = model["note"].iloc[0]
    if said:
        yield in_words(said, language)
