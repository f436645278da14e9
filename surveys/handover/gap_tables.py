"""Points lost as tables and as a workbook: labels of nodes, sources and sums, remarks in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from surveys.analysis.lost_sums import FIELD, SUMS_BY
from surveys.analysis.points_lost import in_order_of_loss
from surveys.definitions.instrument.records import Instrument
from surveys.definitions.study.records import Output
from surveys.handover.official_columns import TABLES, OfficialTable
from surveys.handover.rounding import decimal_texts, numbers_of
from surveys.handover.table_book import BookSheet, lines_above, sheet_names, sheet_of_table, table_book
from surveys.handover.words import Words, engine_words, label_of, words_of
from surveys.problems import Language, phrase
from surveys.vocabulary.levels import ITEM_LEVEL
from surveys.vocabulary.measures import AGENCY, PERCENT, POINTS, SOURCE
from surveys.vocabulary.remarks import in_words

GAPS, GAP_SUMS = TABLES["gaps"], TABLES["gap-sums"]
_GENERAL = "index.survey_error_only"
_VALUES = ("maximum", "value", "low", "high")
#: Columns of the workbook's sheets, as many as can be read on a page; the others stand in the CSV.
_SHOWN = (
    "unit_name", "order", "node_code", "node_name", "maximum", "value", "lost", "lost_low", "lost_high", "share_of_loss",
    "rank", "median", "change", "sign", "target", "distance", "lead_agency", "coordinating_agencies",
)  # fmt: skip
_TOTALS_SHOWN = (
    "rank", "unit_name", "maximum", "value", "lost", "lost_low", "lost_high", "best", "median", "previous", "change",
    "change_low", "change_high", "sign", "target", "due", "distance", "distance_low", "distance_high", "lead_agency", "note",
)  # fmt: skip
_SUMS_SHOWN = (
    "block", "unit_name", "sum_by", "sum_name", "leaves", "maximum", "value", "lost", "lost_low", "lost_high", "share_of_loss",
    "target", "distance", "note",
)  # fmt: skip


@dataclass(frozen=True)
class GapTables:
    """``nodes`` and ``sums`` with the columns of their files, numbers unrounded, words in the language of ``output``, whose
    decimals are those of the losses; ``instrument``: whose codes they are."""

    nodes: pd.DataFrame
    sums: pd.DataFrame
    instrument: Instrument
    output: Output

    @property
    def frames(self) -> Mapping[str, pd.DataFrame]:
        """By the names of their tables."""
        return {GAPS.name: self.nodes, GAP_SUMS.name: self.sums}

    def workbook(self, title: str, about: str) -> bytes:
        """For each block a sheet of what its units lost in all, where there are several, and one of what each of them lost
        most; and one of the sums."""
        language = self.output.language
        words = gap_words(self.instrument, language)
        found = [
            sheet for block in self.nodes["block"].unique() for sheet in self._of_block(str(block), words)
        ]
        if len(self.sums):
            found.append(self._sheet(GAP_SUMS, self.sums, _SUMS_SHOWN, words))
        names = sheet_names(each.sheet.name for each in found)
        sheets = [replace(s, sheet=replace(s.sheet, name=n)) for s, n in zip(found, names, strict=True)]
        return table_book(title, about, sheets, language)

    def _of_block(self, block: str, words: Words) -> Iterator[BookSheet]:
        nodes = self.nodes[self.nodes["block"] == block]
        label = words["block"].get(block, block)
        totals = nodes.groupby("unit_code", sort=False).head(1)
        if len(totals) > 1:
            ordered = totals.sort_values("lost", ascending=False, kind="stable", na_position="last")
            yield self._sheet(GAPS, ordered, _TOTALS_SHOWN, words, ("units", label))
        yield self._sheet(GAPS, in_order_of_loss(nodes[nodes["lost"] > 0]), _SHOWN, words, ("nodes", label))

    def _sheet(
        self,
        table: OfficialTable,
        frame: pd.DataFrame,
        shown: Sequence[str],
        words: Words,
        of: tuple[str, str] | None = None,
    ) -> BookSheet:
        """A sheet with those of its columns that hold anything; ``of``: what it shows, and the block."""
        held = [name for name in shown if not frame[name].replace("", None).isna().all()]
        made = sheet_of_table(table, frame, self.output, words, held or shown)
        if of is None:
            return made
        name, title = (
            phrase(f"gaps.{part}.{of[0]}", self.output.language, block=of[1]) for part in ("sheet", "title")
        )
        return BookSheet(title, replace(made.sheet, name=name, above=lines_above(title)))


def gap_tables(nodes: pd.DataFrame, sums: pd.DataFrame, instrument: Instrument, output: Output) -> GapTables:
    """Losses (:func:`surveys.analysis.points_lost.nodes_lost`, :func:`surveys.analysis.lost_sums.sums_of_losses`) as tables.
    ``nodes`` may say in ``node_name`` what its rows are called, and in ``remarks`` what is said beside them."""
    language = output.language
    labels, sources = _labels(instrument, language), gap_words(instrument, language)["source"]
    named = nodes["node_name"] if "node_name" in nodes else pd.Series("", index=nodes.index)
    names = [name or labels.get(code, code) for name, code in zip(named, nodes["node_code"], strict=True)]
    said = nodes["remarks"] if "remarks" in nodes else [()] * len(nodes)
    words = [in_words(remarks, language) for remarks in said]
    notes = [_note(note, own, language) for note, own in zip(nodes["note"], words, strict=True)]
    kinds = {FIELD: labels, SOURCE: sources, AGENCY: {"": phrase("gaps.no_agency", language)}}
    sum_names = [kinds[by].get(code, code) for by, code in zip(sums["sum_by"], sums["sum_code"], strict=True)]
    of_sums = sums.assign(sum_name=sum_names, note=[_note(note, "", language) for note in sums["note"]])
    in_percent = set(nodes.loc[nodes["node_level"] != ITEM_LEVEL, "measure"]) == {PERCENT}
    digits = output.percent_decimals if in_percent else output.points_decimals
    return GapTables(
        nodes.assign(node_name=names, note=notes)[list(GAPS.names)].reset_index(drop=True),
        of_sums[list(GAP_SUMS.names)].reset_index(drop=True),
        instrument,
        replace(output, points_decimals=digits),
    )


def _labels(instrument: Instrument, language: Language) -> Mapping[str, str]:
    """What nodes and questions are called."""
    questions = {item.code: getattr(item, f"text_{language}") or item.text_vi for item in instrument.items}
    return {**questions, **words_of("node", instrument, language)}


def _note(said: str, remarks: str, language: Language) -> str:
    """What is said beside a result and its change, without what holds of every interval beside a council's half."""
    own = said.replace(phrase(_GENERAL, language), "").replace("; ; ", "; ").strip("; ")
    return "; ".join(dict.fromkeys(filter(None, (own, remarks))))


def gap_words(instrument: Instrument, language: Language) -> Words:
    """Kind → code → word, of the codes in tables of losses."""
    parts = {part.code: label_of(part, language) for part in instrument.parts}
    return {
        "block": words_of("block", instrument, language),
        "source": {**engine_words("measured_by", language), **parts},
        "sum_by": {by: phrase(f"gaps.by.{by}", language) for by in SUMS_BY},
    }


def as_printed(values: pd.DataFrame, output: Output, columns: Iterable[str] = _VALUES) -> pd.DataFrame:
    """Values (``VALUE_COLUMNS``) to the decimals that are printed of their measure, so that what is subtracted is what is
    read."""
    digits = {POINTS: output.points_decimals, PERCENT: output.percent_decimals}
    found = values.copy()
    for measure, decimals in digits.items():
        rows = (values["measure"] == measure).to_numpy()
        for name in columns:
            found.loc[rows, name] = numbers_of(
                decimal_texts(values.loc[rows, name].to_numpy(dtype=float), decimals)
            )
    return found
