"""Short tables for people: the funnel, the league table, instruments, audits, changes. Printed text, rounded once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import Instrument, Source
from surveys.definitions.study.records import StudyDefinition
from surveys.handover.comparison_book import BREAK
from surveys.handover.official_columns import COLUMNS, INDEX_UNITS, UNITS, OfficialTable
from surveys.handover.result_frames import printed
from surveys.handover.rounding import decimal_texts, plain_texts, whole_texts
from surveys.handover.words import label_of, names_in, worded
from surveys.problems import Language, phrase
from surveys.vocabulary.dates import written_date
from surveys.vocabulary.levels import ALL_GROUPS
from surveys.vocabulary.remarks import in_words
from surveys.vocabulary.statuses import OK, PUBLISHED

if TYPE_CHECKING:
    from surveys.comparison.series import RoundSeries
    from surveys.published.audit_report import AuditReport

_SHOWN = 10
_LEVEL = 0.05
#: Behind the year of a published figure.
PUBLISHED_MARK = "*"


@dataclass(frozen=True)
class Summary:
    """A table of printed text: ``numeric`` marks the columns of numbers; ``remarks`` stand below."""

    title: str
    headings: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    remarks: tuple[str, ...] = ()


def funnel_summary(counts: pd.DataFrame, instrument: Instrument, language: Language) -> Summary:
    """Forms that came back, where a form rates many units, and the evaluations issued, returned, valid, under review, rejected
    and left out, per questionnaire and in all. ``counts``: as ``Screening.counts``; what occurs nowhere has no column."""
    apart = bool((counts["forms"] != counts["returned"]).any())
    always = {"forms": apart, "returned": True, "valid": True}
    seen = [name for name in counts.columns if always.get(name, counts[name].any())]
    numbers = counts[seen].to_numpy()
    called = worded("questionnaire", map(str, counts.index), instrument, language)
    rows = [(name, *_whole(row)) for name, row in zip(called, numbers, strict=True)]
    rows.append((phrase("summary.total", language), *_whole(numbers.sum(axis=0))))
    remarks = (phrase("summary.evaluations", language),) if apart else ()
    headings = ("questionnaire", *(f"summary.{name}" if name == "forms" else name for name in seen))
    return _summary("summary.funnel", headings, 1, rows, language, remarks)


def league_summaries(units: pd.DataFrame, study: StudyDefinition, language: Language) -> tuple[Summary, ...]:
    """The first units of each block by rank; those without a rank stand last."""
    return tuple(_leagues(units, UNITS, study, language))


def index_summaries(units: pd.DataFrame, study: StudyDefinition, language: Language) -> tuple[Summary, ...]:
    """The first units of each block by the total of both halves, none where a study has no assessments. ``units``:
    ``INDEX_UNIT_COLUMNS``."""
    return tuple(_leagues(units, INDEX_UNITS, study, language))


def _leagues(
    units: pd.DataFrame, table: OfficialTable, study: StudyDefinition, language: Language
) -> Iterator[Summary]:
    """A league table per block; classes and statuses where there are any to tell."""
    whole = table is INDEX_UNITS
    for block, rows in units.groupby("block", sort=False):
        ordered = rows.sort_values("rank", kind="stable", na_position="last")
        more = max(len(ordered) - _SHOWN, 0)
        remarks = [phrase("summary.more_units", language, more=more, table=table.path)] if more else []
        remarks.append(phrase("summary.pointwise_and_joint", language))
        if whole:
            remarks.append(phrase("summary.both_halves", language))
        texts = printed(table, ordered.head(_SHOWN), study.output)
        of_hundred = set(texts["max_points"]) == {"100"}  # points are percentages
        shown = ("rank", "unit_name", "points", *(() if of_hundred else ("percent",)))
        columns = {
            **{name: texts[name] for name in shown},
            "summary.interval": _ranges(texts["ci_low"], texts["ci_high"]),
            "summary.ranks": _ranges(texts["rank_low"], texts["rank_high"]),
        }
        if any(texts["class"]):
            classes = {made.code: label_of(made, language) for made in study.instrument.classes}
            columns["class"] = [classes.get(code, code) for code in texts["class"]]
        if any(status != OK for status in texts["status"]):
            columns["status"] = [phrase(f"handover.status.{status}", language) for status in texts["status"]]
        title = _league_title(str(block), texts["max_points"], study, language)
        numeric = tuple(name not in ("unit_name", "class", "status") for name in columns)
        lines = tuple(zip(*columns.values(), strict=True))
        yield Summary(title, _headings(tuple(columns), language, table), numeric, lines, tuple(remarks))


def _league_title(block: str, most: Sequence[str], study: StudyDefinition, language: Language) -> str:
    """The block with its maximum points, where all units have the same."""
    label = names_in(study, language)["block"].get(block, block)
    same = most[0] if len(set(most)) == 1 else ""
    return phrase("summary.league", language, block=label, most=same)


def instruments_summary(instruments: Sequence[Instrument], language: Language) -> Summary:
    """Instruments with what they hold."""
    rows = [
        (
            i.name, label_of(i, language), str(len(i.questionnaires)), str(len(i.items)), str(len(i.nodes)),
            str(len(i.units)), *plain_texts([np.nan if i.total_points is None else i.total_points]),
        )
        for i in instruments
    ]  # fmt: skip
    headings = (
        "summary.instrument", "summary.name", "summary.questionnaires", "summary.items", "summary.nodes", "summary.units",
        "max_points",
    )  # fmt: skip
    return _summary("summary.instruments", headings, 2, rows, language)


def sources_summary(instrument: Instrument, language: Language) -> Summary:
    """Where an edition comes from, and how sure that is."""
    rows = [
        (phrase(f"summary.source.{s.status}", language), _cited(s, language), s.page, s.note)
        for s in instrument.sources
    ]
    headings = ("status", "summary.document", "summary.page", "note")
    title = phrase("summary.sources", language, instrument=instrument.name)
    return Summary(title, _headings(headings, language), (False,) * 4, tuple(rows))


def _cited(source: Source, language: Language) -> str:
    """The document of a source, with number, date and issuer where it has them."""
    facts = {"document": source.document, "number": source.number, "issuer": source.issuer}
    return phrase("summary.cited", language, date=written_date(source.date, language), **facts)


def audit_summaries(report: AuditReport, language: Language) -> tuple[Summary, ...]:
    """How many printed values agree, and the first ranks in a table of many units."""
    counts = Counter(report.nodes["status"].tolist())
    rows = [(phrase(f"summary.audit.{status}", language), str(n)) for status, n in sorted(counts.items())]
    found = [_summary("summary.audit", ("summary.finding", "summary.number"), 1, rows, language)]
    if len(report.ranks):
        ranks = report.ranks.sort_values(["code", "rank"], kind="stable")
        lines = _lines(ranks[["unit", "code", "name", "value", "rank", "group"]])
        headings = ("unit", "node_code", "summary.name", "points", "rank", "summary.quarter")
        found.append(_summary("summary.audit_ranks", headings, 3, lines, language))
    if len(report.changes):
        lines = _lines(report.changes[["unit", "code", "name", "before", "now", "change"]])
        headings = ("unit", "node_code", "summary.name", "summary.before", "summary.now", "summary.change")
        found.append(_summary("summary.audit_changes", headings, 3, lines, language))
    return tuple(found)


def mapping_summary(mapping: pd.DataFrame, language: Language) -> Summary:
    """How many columns of a proposed mapping are settled and how many wait for a decision, by kind."""
    settled = mapping["decision"] != ""
    counts = (
        mapping.assign(settled=settled, waiting=~settled)
        .groupby("kind", sort=True)[["settled", "waiting"]]
        .sum()
    )
    rows = [(str(kind), *_whole(row)) for kind, row in zip(counts.index, counts.to_numpy(), strict=True)]
    headings = ("summary.kind", "summary.settled", "summary.waiting")
    return _summary("summary.mapping", headings, 1, rows, language)


def change_summaries(
    changes: pd.DataFrame, instrument: Instrument, language: Language
) -> tuple[Summary, ...]:
    """Changes of the totals per pair of rounds, part of the index and block, largest first, with corrected p-values."""
    totals = _totals(changes, instrument)
    several = totals["round_new"].nunique() > 1
    parted = totals["part"].nunique() > 1
    found = []
    for (new, part, block), rows in totals.groupby(["round_new", "part", "block"], sort=False):
        between = f"{rows['round_old'].iloc[0]} → {new}" if several else ""
        said = phrase(f"handover.part.{part}", language) if parted else ""
        named = {"block": _block(str(block), instrument, language), "rounds": between, "part": said}
        found.append(_changes(phrase("summary.changes", language, **named), rows, language))
    return tuple(found)


def series_summaries(compared: RoundSeries, language: Language) -> tuple[Summary, ...]:
    """The totals of every unit in every round, per block and part of the index, in percent: what is published is marked, and a
    sign stands before figures that are not comparable with the round before."""
    instrument, found = compared.newest.instrument, []
    totals = _totals(compared.series, instrument)
    for (block, part), rows in totals.groupby(["block", "part"], sort=False):
        said = phrase(f"handover.part.{part}", language) if totals["part"].nunique() > 1 else ""
        named = {"block": _block(str(block), instrument, language), "part": said}
        title = phrase("summary.series", language, **named)
        found.append(_series(title, rows, compared.moments, language))
    return tuple(found)


def _series(
    title: str, rows: pd.DataFrame, moments: Sequence[tuple[str, str]], language: Language
) -> Summary:
    """One row a unit, one column a round or a year of which figures are published."""
    of_rows = pd.Series(list(zip(rows["basis"], rows["round"], strict=True)), index=rows.index, dtype=object)
    shown = rows.assign(moment=of_rows)
    present = [moment for moment in moments if (shown["moment"] == moment).any()]
    cells = []
    for _, line in shown.groupby(["unit_code", "last_round"], sort=False):
        told = dict(zip(line["moment"], _figures(line), strict=True))
        cells.append((str(line["unit_name"].iloc[-1]), *(told.get(moment, "") for moment in present)))
    years = [f"{label} {PUBLISHED_MARK}" if basis == PUBLISHED else label for basis, label in present]
    said = {
        "summary.series_breaks": any(BREAK in cell for row in cells for cell in row),
        "summary.series_published": any(basis == PUBLISHED for basis, _ in present),
    }
    remarks = tuple(phrase(code, language) for code, here in said.items() if here)
    headings = (*_headings(("unit_name",), language), *years)
    return Summary(title, headings, (False, *(True for _ in present)), tuple(cells), remarks)


def _figures(rows: pd.DataFrame) -> list[str]:
    """The figures of a series in percent, behind a sign where they are not comparable with the round before."""
    texts = decimal_texts(rows["percent"].to_numpy(dtype=float), 2)
    breaks = ~rows["comparable"].isin(["", OK, PUBLISHED])
    return [f"{BREAK} {text}" if text and apart else text for text, apart in zip(texts, breaks, strict=True)]


def _totals(table: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """The rows of the totals over all groups."""
    roots = [node.code for node in instrument.children.get("", ())]
    return table[table["node_code"].isin(roots) & (table["group"] == ALL_GROUPS)]


def _block(code: str, instrument: Instrument, language: Language) -> str:
    return {block.code: label_of(block, language) for block in instrument.blocks}.get(code, code)


def _changes(title: str, rows: pd.DataFrame, language: Language) -> Summary:
    shown = rows.sort_values("change", ascending=False, kind="stable", na_position="last")
    hundred = {
        name: 100.0 * shown[name].to_numpy(dtype=float)
        for name in ("score_old", "score_new", "change", "ci_low", "ci_high")
    }
    texts = {name: decimal_texts(values, 2) for name, values in hundred.items()}
    columns = [
        shown["unit_name"].tolist(),
        *(texts[name] for name in ("score_old", "score_new", "change")),
        _ranges(texts["ci_low"], texts["ci_high"]),
        decimal_texts(shown["p_adjusted"].to_numpy(dtype=float), 4),
        whole_texts(shown["rank_change"].astype(float)),
        [in_words(remarks, language) for remarks in shown["note"]],
    ]
    headings = (
        "unit_name", "summary.before", "summary.now", "summary.change", "summary.interval", "summary.p_adjusted",
        "summary.rank_change", "note",
    )  # fmt: skip
    sure = int((shown["p_adjusted"].astype(float) < _LEVEL).sum())
    numeric = (False, True, True, True, True, True, True, False)
    remarks = (phrase("summary.changes_sure", language, sure=sure, units=len(shown)),)
    return Summary(title, _headings(headings, language), numeric, tuple(zip(*columns, strict=True)), remarks)


def _summary(
    title: str,
    headings: Sequence[str],
    texts: int,
    rows: Iterable[tuple[str, ...]],
    language: Language,
    remarks: tuple[str, ...] = (),
) -> Summary:
    """A summary whose first ``texts`` columns are words and whose others are numbers."""
    numeric = tuple(k >= texts for k in range(len(headings)))
    return Summary(phrase(title, language), _headings(headings, language), numeric, tuple(rows), remarks)


def _headings(
    names: Sequence[str], language: Language, table: OfficialTable | None = None
) -> tuple[str, ...]:
    """Headings: ``summary.…`` as they are, others from the codebook, as they are in the ``table`` where there is one."""
    known = COLUMNS | dict(table.column if table else {})
    return tuple(known[name].heading(language) if name in known else phrase(name, language) for name in names)


def _lines(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    """The first rows as text, gaps as nothing."""
    rows = frame.head(_SHOWN).itertuples(index=False)
    return [tuple("" if pd.isna(value) else str(value) for value in row) for row in rows]


def _ranges(lowest: Sequence[str], highest: Sequence[str]) -> list[str]:
    return [f"{low} – {high}" if low else "" for low, high in zip(lowest, highest, strict=True)]


def _whole(counts: np.ndarray) -> tuple[str, ...]:
    return tuple(whole_texts(counts.astype(float)))
