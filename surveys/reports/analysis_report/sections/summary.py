"""The report on one page: what was measured, who leads, what is lowest, what changed, and what limits the results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from surveys.handover.words import engine_words
from surveys.problems import wording
from surveys.reports.analysis_report.block_means import BlockMean, block_means
from surveys.reports.analysis_report.parts import Block, Number, Paragraph, Source, Text
from surveys.reports.analysis_report.quoting import QuotedRow
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.analysis_report.saying import Saying
from surveys.reports.analysis_report.sections.sure_changes import sure_changes
from surveys.reports.analysis_report.told import joined
from surveys.reports.analysis_report.worked_out import counted, share_of, summed
from surveys.vocabulary.council_tables import FORMS
from surveys.vocabulary.dates import written_date
from surveys.vocabulary.measures import POINTS
from surveys.vocabulary.statuses import EXTERNAL, INCOMPLETE, PROVISIONAL, SUPPRESSED

#: Units, fields and sub-criteria that are named; of a report on many blocks fewer fit on the page.
_LEADING, _FOLLOWING, _LOWEST, _LOST, _NAMED = 5, 2, 2, 2, 3
#: Fewer nodes next to the root say too little of where a block is weak.
_FEW_FIELDS = 3
_TOLD = (SUPPRESSED, INCOMPLETE, PROVISIONAL, EXTERNAL)


def summary(round_: ReportedRound) -> Iterator[Block]:
    """The section that stands first."""
    say = Saying("report.summary", round_.language)
    yield _measured(round_, say)
    yield from _forms(round_, say)
    means = block_means(round_.tables["council-scores"], round_.instrument, "percent")
    lost = _losses(round_)
    for block in round_.blocks:
        yield say.heading("block", block=round_.names.block(block))
        league = [row for row in round_.quoted("council-units") or () if row["block"] == block]
        yield Paragraph(_leaders(round_, league, say), "bullet")
        yield from _lowest(round_, block, means.get(block, {}), say)
        yield from _most_lost(round_, lost.get(block, {}), say)
        for text in sure_changes(round_, block):
            yield Paragraph(text, "bullet")
    limits = list(_limits(round_, say))
    if limits:
        yield say.heading("limits")
        yield from limits


def _measured(round_: ReportedRound, say: Saying) -> Paragraph:
    """The study, its period, when and by whom people were asked."""
    publication, fieldwork = round_.results.settings.publication, round_.run["settings"].get("fieldwork", {})
    days = {name: written_date(str(fieldwork.get(name) or ""), round_.language) for name in ("start", "end")}
    period = publication.period
    return say.paragraph(
        "measured",
        study=round_.label,
        publisher=publication.publisher.name(round_.language),
        from_day=written_date(period.start, round_.language) if period.end else "",
        to_day=written_date(period.end, round_.language) if period.start else "",
        **days,
        units=counted(len(round_.results.units), "units"),
        blocks=counted(len(round_.blocks), "blocks") if len(round_.blocks) > 1 else "",
    )


def _forms(round_: ReportedRound, say: Saying) -> Iterator[Paragraph]:
    whole = [row for row in round_.quoted("council-forms") or () if row["counted"] == FORMS]
    if not whole:
        return
    counts = {
        name: summed([row.number(name) for row in whole], "council-forms", "all")
        for name in ("issued", "returned", "valid")
    }
    digits = round_.output.percent_decimals
    share = share_of(counts["valid"], counts["returned"], digits, "council-forms", "valid", "returned", "all")
    groups = counted(len({row["group"] for row in whole}), "groups")
    yield say.paragraph("forms", groups=groups, share=share, **counts)


# --- a block ---------------------------------------------------------------------------------------------------------------


def _leaders(round_: ReportedRound, league: Sequence[QuotedRow], say: Saying) -> Text:
    """Who leads: a unit by itself only where its set of ranks leaves no other."""
    ranked = sorted((row for row in league if row["rank"]), key=lambda row: int(row["rank"]))
    if not ranked:
        return say.text("none_ranked")
    level = f"{100 * round_.results.settings.inference.level:g}"
    best = ranked[0]
    result = {
        "unit": best["unit_name"],
        "level": level.replace(".", "," if round_.language == "vi" else "."),
        **{name: best.number(column) for name, column in _RESULT},
    }
    others = (
        counted(len(league) - len(ranked), "unranked", best["block"]) if len(league) > len(ranked) else ""
    )
    if len(ranked) == 1:
        return say.text("only_one", others=others, **result)
    first = [row for row in ranked if row["rank_low"] == "1"]
    if len(first) == 1:
        following = say.listed([_with_ranks(row, say) for row in ranked[1 : 1 + _FOLLOWING]])
        sure = "first" if best["rank_high"] == "1" else "first_of_ranked"
        return say.text(sure, others=others, following=following, **result)
    if not first:
        return say.text("untold_ranks", **result)
    names = say.listed([_with_ranks(row, say) for row in first], _LEADING)
    return say.text("leading", units=counted(len(first), "leading", best["block"]), names=names)


_RESULT = (("percent", "percent"), ("low", "ci_low"), ("high", "ci_high"))


def _with_ranks(row: QuotedRow, say: Saying) -> Text:
    """A unit with its result and its set of ranks."""
    numbers = {name: row.number(name) for name in ("percent", "rank_low")}
    if row["rank_low"] == row["rank_high"]:
        return say.text("unit_one_rank", name=row["unit_name"], **numbers)
    return say.text("unit", name=row["unit_name"], rank_high=row.number("rank_high"), **numbers)


def _lowest(
    round_: ReportedRound, block: str, means: Mapping[str, BlockMean], say: Saying
) -> Iterator[Paragraph]:
    """The mean of the block and its lowest fields."""
    root, *_ = [node.code for node in round_.instrument.scored_children("", block)] or [""]
    fields = round_.instrument.scored_children(root, block)
    if len(fields) < _FEW_FIELDS:
        fields = (
            tuple(n for above in fields for n in round_.instrument.scored_children(above.code, block))
            or fields
        )
    found = [(node.code, means[node.code].number) for node in fields if node.code in means]
    told_ones = sorted((pair for pair in found if pair[1].text), key=lambda pair: Decimal(pair[1].text))
    lowest = [
        say.text("node_percent", node=f"{code}. {round_.names.node(code)}", percent=mean)
        for code, mean in told_ones[:_LOWEST]
        if len(told_ones) > _LOWEST
    ]
    whole = means.get(root)
    if whole is not None and whole.number.text:
        units = counted(whole.units, "averaged", block)
        yield say.paragraph("mean", "bullet", mean=whole.number, units=units, lowest=joined(*lowest, by="; "))


def _losses(round_: ReportedRound) -> dict[str, dict[str, BlockMean]]:
    """Block → the lowest nodes whose losses are points → what a unit loses there on average."""
    table = round_.tables.get("gaps")
    if table is None:
        return {}
    in_points = table.frame["measure"] == POINTS
    pointed = set(zip(table.frame["block"][in_points], table.frame["node_code"][in_points], strict=True))
    return {
        block: {
            code: mean
            for code, mean in of_block.items()
            if (block, code) in pointed and not round_.instrument.scored_children(code, block)
        }
        for block, of_block in block_means(table, round_.instrument, "lost").items()
    }


def _most_lost(round_: ReportedRound, lost: Mapping[str, BlockMean], say: Saying) -> Iterator[Paragraph]:
    """The sub-criteria at which the units of a block lose most points on average."""
    leaves = [(code, mean.number) for code, mean in lost.items() if mean.number.text.strip("0.")]
    texts = [
        say.text("node_points", node=f"{code}. {round_.names.node(code)}", points=mean)
        for code, mean in sorted(leaves, key=lambda leaf: -Decimal(leaf[1].text))[:_LOST]
    ]
    if texts:
        yield say.paragraph("most_lost", "bullet", nodes=joined(*texts, by="; "))


# --- what limits the results -----------------------------------------------------------------------------------------------


def _limits(round_: ReportedRound, say: Saying) -> Iterator[Paragraph]:
    rows = list(round_.quoted("council-units") or ())
    words = engine_words("status", round_.language)
    for status in _TOLD:
        found = [row for row in rows if row["status"] == status]
        if found:
            names = say.listed([(row["unit_name"],) for row in found], _NAMED)
            number = counted(len(found), "status", status)
            yield say.paragraph("of_status", "bullet", status=words[status], units=number, names=names)
    hidden = int(round_.run.get("results", {}).get(SUPPRESSED, 0) or 0)
    if hidden:
        number = Number(str(hidden), Source("run", ("results", SUPPRESSED), ""))
        yield say.paragraph("hidden", "bullet", results=number)
    if round_.results.kind.council:
        yield say.paragraph("survey_error", "bullet")
    waiting = [
        row.number("review") for row in round_.quoted("council-forms") or () if row["counted"] == FORMS
    ]
    review = summed(waiting, "council-forms", "all")
    if review.text not in ("", "0"):
        yield say.paragraph("in_review", "bullet", forms=review)
    warnings = _warnings(round_)
    if warnings:
        yield say.paragraph("warnings", "bullet", warnings=counted(warnings, "warnings", "scores"))
    if round_.not_compared:
        yield say.paragraph("not_compared", "bullet", why=round_.not_compared)


def _warnings(round_: ReportedRound) -> int:
    """How many warnings of the run touch scores."""
    known = wording()
    return sum(
        int(number)
        for code, number in round_.run.get("warnings", {}).items()
        if known.get(code, {}).get("touches") == "scores"
    )
