"""Who answered: the valid forms of each group by what they tell of their respondents, beside what is known of the population."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from surveys.definitions.instrument.records import Field
from surveys.handover.words import label_of
from surveys.reports.analysis_report.parts import Block, Number, ReportColumn, ReportTable, Text
from surveys.reports.analysis_report.quoting import QuotedRow
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.analysis_report.saying import Saying

_SHARES = ("unweighted_share", "weighted_share", "known_share")
#: A group and one of its variables.
_Place = tuple[str, ...]


def respondents(round_: ReportedRound) -> Iterator[Block]:
    """The section about the profile of the respondents; nothing where forms tell nothing of them."""
    profile = round_.quoted("respondent-profile")
    if profile is None:
        return
    say = Saying("report.respondents", round_.language)
    yield say.paragraph("intro")
    by_block = profile.by("block")
    blocks = [block for block in round_.blocks if (block,) in by_block]
    for block in blocks:
        if len(blocks) > 1:
            yield say.heading("block", block=round_.names.block(block))
        yield from _of_block(round_, block, by_block[block,], say)
    if any(row["known_share"] for row in profile):
        yield say.paragraph("known_only")


def _of_block(round_: ReportedRound, block: str, rows: Sequence[QuotedRow], say: Saying) -> Iterator[Block]:
    places: dict[_Place, list[QuotedRow]] = {}
    for row in rows:
        places.setdefault((row["group"], row["variable"]), []).append(row)
    names = {field.code: field for field in round_.instrument.fields}
    yield _table(round_, block, places, names, say)
    groups = dict.fromkeys(group for group, _ in places)
    for group in groups:
        known = [
            row
            for row in rows
            if row["group"] == group and row["known_share"] and row["unweighted_difference"]
        ]
        if known:
            yield _against_population(round_, known, names, say)
    unknown = [g for g in groups if not any(row["known_share"] for row in rows if row["group"] == g)]
    if unknown:
        listed = say.listed([(round_.names.group(group),) for group in unknown])
        yield say.paragraph("not_known", groups=listed)
    asked = dict.fromkeys(q.group for q in round_.instrument.questionnaires if q.block == block)
    silent = [(round_.names.group(group),) for group in asked if group not in groups]
    if silent:
        yield say.paragraph("not_told", groups=say.listed(silent))


def _table(
    round_: ReportedRound,
    block: str,
    places: Mapping[_Place, Sequence[QuotedRow]],
    names: Mapping[str, Field],
    say: Saying,
) -> ReportTable:
    """The categories of each variable below its name, group by group."""
    shown = [name for name in _SHARES if any(row[name] for rows in places.values() for row in rows)]
    lines: list[tuple[Text, ...]] = []
    bold: set[int] = set()
    for (group, variable), rows in places.items():
        bold.add(len(lines))
        title = say.words(
            "of_group", group=round_.names.group(group), variable=_variable(variable, names, say)
        )
        lines.append(((title,), *(() for _ in range(1 + len(shown)))))
        for row in rows:
            shares: list[Text] = [(row.percent(name, round_.output.percent_decimals),) for name in shown]
            lines.append(((_category(row, names, say),), (row.number("n_valid"),), *shares))
    columns = [
        ReportColumn(say.words("column.category"), 0.85 - 0.15 * len(shown)),
        ReportColumn(say.words("column.n_valid"), 0.15, True),
        *(ReportColumn(say.words(f"column.{name}"), 0.15, True) for name in shown),
    ]
    caption = say.text("table", block=round_.names.block(block))
    return ReportTable(f"table-respondents-{block}", caption, tuple(columns), tuple(lines), frozenset(bold))


def _variable(code: str, names: Mapping[str, Field], say: Saying) -> str:
    field = names.get(code)
    return (label_of(field, say.language) if field else "") or code


def _category(row: QuotedRow, names: Mapping[str, Field], say: Saying) -> str:
    """The category in words."""
    if not row["category"]:
        return say.words("not_stated")
    field = names.get(row["variable"])
    return field.category_name(row["category"], say.language) if field else row["category"]


def _against_population(
    round_: ReportedRound, known: Sequence[QuotedRow], names: Mapping[str, Field], say: Saying
) -> Block:
    """How far the forms of a group are from the known population where they are farthest, and with weights."""
    digits = round_.output.percent_decimals

    def farthest(column: str) -> tuple[QuotedRow, Number]:
        row = max(known, key=lambda row: abs(Decimal(row[column] or "0")))
        return row, row.percent(column, digits, sign=True)

    row, difference = farthest("unweighted_difference")
    _, weighted = farthest("weighted_difference")
    return say.paragraph(
        "against_population" if weighted.text.strip("-0.") else "as_population",
        "bullet",
        group=round_.names.group(row["group"]),
        variable=_variable(row["variable"], names, say),
        category=_category(row, names, say),
        difference=difference,
        weighted=weighted,
    )
