"""What drives the overall judgement, as a record that shows and writes itself: two tables and a workbook with the picture of
importance and performance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor
from pathlib import Path

import pandas as pd

from surveys.analysis.drivers import DriverTables
from surveys.definitions.study.records import Output, StudyDefinition
from surveys.handover.official_columns import TABLES, OfficialColumn
from surveys.handover.result_frames import printed
from surveys.handover.table_book import BookSheet, lines_above, sheet_names, sheet_of_table, table_book
from surveys.handover.table_folder import TableFolder, book_name, deliver_tables
from surveys.handover.words import Words, engine_words, label_of, words_of
from surveys.handover.workbook_cells import cells_of, style_of
from surveys.handover.workbook_layout import (
    Block,
    Body,
    Line,
    LinePart,
    PictureLine,
    ScatterPicture,
    SheetColumn,
    WorkbookSheet,
)
from surveys.problems import Language, phrase
from surveys.vocabulary.notebook_display import Shown
from surveys.vocabulary.statuses import IMPROVE_FIRST, KEEP, LOW_PRIORITY, POSSIBLE_EXCESS

_PLACE = ["block", "group", "model"]
#: Columns of the sheet of a model.
_COLUMNS = (
    "node_code", "importance", "importance_low", "importance_high", "performance", "performance_low",
    "performance_high", "field", "note",
)  # fmt: skip
_X, _Y = _COLUMNS.index("performance"), _COLUMNS.index("importance")
#: The axes of the picture begin and end at multiples of this, and beyond the outermost point by so much of what lies between.
_STEP, _BEYOND = 5, 0.1


@dataclass(frozen=True, repr=False)
class Drivers(Shown):
    """What drives the overall judgement of a round (``Result.drivers``)."""

    found: DriverTables
    study: StudyDefinition

    @property
    def table(self) -> pd.DataFrame:
        """One row per block × group × model × node: importance in percent of R² with its interval, performance in percent with
        its own, and the field that the node stands in."""
        return self.found.nodes

    @property
    def models(self) -> pd.DataFrame:
        """One row per block × group × model: R² with its interval, forms, where the fields are divided."""
        return self.found.models

    def write(self, out: str | Path) -> None:
        """Write the tables and their workbook at ``out``: all of it, or nothing.

        Raises SurveyError when ``out`` holds something that must not be replaced, OSError when the disk refuses.
        """
        frames = {"drivers": self.table, "driver-models": self.models}
        book = {book_name("drivers"): self._book()}
        deliver_tables(TableFolder.of_study("drivers", self.study, frames, book), Path(out))

    def _book(self) -> bytes:
        output, words = self.study.output, driver_words(self.study, self.study.output.language)
        sheets = [
            sheet_of_table(TABLES["driver-models"], self.models, output, words),
            *sheets_of_models(self, words),
        ]
        title = phrase("handover.drivers.title", output.language)
        return table_book(title, label_of(self.study, output.language), sheets, output.language)

    def facts(self) -> Mapping[str, object]:
        return {
            "models": ", ".join(
                f"{row.block}/{row.group}/{row.model}: {row.status}" for row in self.models.itertuples()
            ),
            "table": f"{len(self.table):,} rows",
        }


def driver_words(study: StudyDefinition, language: Language) -> Words:
    """What blocks, groups, models and nodes are called; a node with its code."""
    instrument = study.instrument
    return {
        **{kind: words_of(kind, instrument, language) for kind in ("block", "group")},
        "model": {model.code: label_of(model, language) or model.code for model in instrument.drivers},
        "node": {node.code: f"{node.code} {label_of(node, language)}" for node in instrument.nodes},
    }


def sheets_of_models(drivers: Drivers, words: Words) -> Iterator[BookSheet]:
    """A sheet for every model in every block and group: its nodes, and their picture where R² is divided."""
    language = drivers.study.output.language
    places = list(drivers.table.groupby(_PLACE, sort=False))
    titles = [title_of(tuple(map(str, key)), words, language) for key, _ in places]
    for name, title, (_, rows) in zip(sheet_names(titles), titles, places, strict=True):
        yield BookSheet(title, _sheet(drivers.study, words, (name, title), rows), len(rows))


def title_of(place: Sequence[str], words: Words, language: Language) -> str:
    """A model in a block and group, in words: ``place`` = (block, group, model)."""
    block, group, model = (words[kind].get(code, code) for kind, code in zip(_PLACE, place, strict=True))
    return phrase("summary.drivers", language, block=block, group=group, model=model)


def _sheet(
    study: StudyDefinition, words: Words, called: tuple[str, str], rows: pd.DataFrame
) -> WorkbookSheet:
    """The nodes of one model; below them the picture, what it says, and the numbers it is drawn from."""
    output, table = study.output, TABLES["drivers"]
    language, texts = output.language, printed(table, rows, output)
    columns = tuple(_column(table.column[name], output) for name in _COLUMNS)
    nodes = Body(tuple(cells_of(table.column[name], texts[name], words, language) for name in _COLUMNS))
    blocks: list[Block] = [(nodes,)]
    if (rows["field"] != "").any():
        blocks += _picture(rows, language)
    return WorkbookSheet(called[0], columns, lines_above(called[1]), tuple(blocks), paged=True)


def _column(column: OfficialColumn, output: Output) -> SheetColumn:
    """A column of the nodes; the limits of an interval stand below one heading."""
    language, style = output.language, style_of(column, output)
    _, _, end = column.name.rpartition("_")
    if end in ("low", "high"):
        over = phrase("summary.interval", language)
        return SheetColumn(phrase(f"handover.drivers.{end}", language), style, over)
    if column.name == "node_code":
        return SheetColumn(phrase("handover.drivers.node", language))
    return SheetColumn(column.heading(language), style)


def _picture(rows: pd.DataFrame, language: Language) -> list[Block]:
    """The picture of nodes that have both numbers, and its data: the ends of the dividing lines, and the names of the fields in
    the corners."""
    both = rows[rows["field"] != ""]
    importance, performance = both["importance"], both["performance"]
    x, y = _axis(performance), _axis(importance, lowest=0.0)
    middle = float(performance.mean()), float(importance.mean())
    ends = [(x[0], middle[1]), (x[1], middle[1]), (middle[0], y[0]), (middle[0], y[1])]
    names = engine_words("driver_field", language)
    corners = {
        names[IMPROVE_FIRST]: (x[0], y[1]),
        names[KEEP]: (x[1], y[1]),
        names[LOW_PRIORITY]: (x[0], y[0]),
        names[POSSIBLE_EXCESS]: (x[1], y[0]),
    }
    written = {name: _towards(corner, middle) for name, corner in corners.items()}
    lines = [phrase(f"handover.drivers.line_{kind}", language) for kind in ("importance", "performance")]
    labels = [name for name in lines for _ in range(2)] + list(written)
    places = [*ends, *written.values()]
    data: list[Sequence[object]] = [[""] * len(places) for _ in _COLUMNS]
    data[0], data[_X], data[_Y] = labels, [at for at, _ in places], [at for _, at in places]
    for k in set(range(1, 7)) - {_X, _Y}:
        data[k] = [None] * len(places)
    picture = ScatterPicture(
        phrase("handover.drivers.picture", language),
        (phrase("handover.drivers.performance", language), phrase("handover.drivers.importance", language)),
        x=_X,
        y=_Y,
        points=0,
        labels=tuple(rows["node_code"]),
        marks=1,
        mark_labels=tuple(written),
        within=(x, y),
    )
    said = phrase("handover.drivers.how_to_read", language)
    heading = phrase("handover.drivers.data", language)
    return [
        (Line((LinePart(said, "note"),)), PictureLine(picture)),
        (Line((LinePart(heading, "note"),)), Body(tuple(data))),
    ]


def _axis(values: pd.Series, lowest: float | None = None) -> tuple[float, float]:
    """Where an axis of percentages begins and ends.

    >>> _axis(pd.Series([71.5, 77.7])), _axis(pd.Series([5.8, 20.7]), lowest=0.0)
    ((70.0, 80.0), (0.0, 25.0))
    """
    low, high = float(values.min()), float(values.max())
    beyond = _BEYOND * (high - low)
    first = _STEP * floor((low - beyond) / _STEP) if lowest is None else lowest
    last = max(_STEP * ceil((high + beyond) / _STEP), first + _STEP)
    return float(max(0, first)), float(min(100, last))


def _towards(corner: tuple[float, float], middle: tuple[float, float]) -> tuple[float, float]:
    """A place in a field, nearer to its corner than to the middle.

    >>> _towards((0.0, 10.0), (5.0, 5.0))
    (2.0, 9.5)
    """
    x, y = (end + part * (centre - end) for end, centre, part in zip(corner, middle, (0.4, 0.1), strict=True))
    return x, y
