"""The report on one page: what was measured, who leads, what is lowest, what changed, and what limits the results."""

from __future__ import annotations

from collections.abc import Iterator

from surveys.handover.words import engine_words
from surveys.problems import wording
from surveys.reports.analysis_report.parts import Block, Number, NumberSource, PageBreak, Paragraph, Text
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.analysis_report.saying import Saying
from surveys.reports.analysis_report.sections.blocks_at_a_glance import blocks_at_a_glance
from surveys.reports.analysis_report.sections.returned_forms import count_of
from surveys.reports.analysis_report.told import joined
from surveys.reports.analysis_report.worked_out import counted, share_of, summed
from surveys.vocabulary.council_tables import FORMS
from surveys.vocabulary.dates import written_date
from surveys.vocabulary.statuses import EXTERNAL, INCOMPLETE, PROVISIONAL, SUPPRESSED

#: Units that are named in a sentence.
_NAMED = 3
_TOLD = (SUPPRESSED, INCOMPLETE, PROVISIONAL, EXTERNAL)


def summary(round_: ReportedRound) -> Iterator[Block]:
    """The section that stands first."""
    say = Saying("report.summary", round_.language)
    yield Paragraph(joined(_measured(round_, say), _forms(round_, say), by=" "))
    yield blocks_at_a_glance(round_)
    limits = list(_limits(round_, say))
    yield say.paragraph("limits", limits=joined(*limits, by="; ")) if limits else say.paragraph("no_limits")
    if round_.not_compared:
        yield say.paragraph("not_compared", why=round_.not_compared)
    yield PageBreak()


def _measured(round_: ReportedRound, say: Saying) -> Text:
    """The study, its period, and when people were asked."""
    period, fieldwork = (
        round_.results.settings.publication.period,
        round_.run["settings"].get("fieldwork", {}),
    )
    days = {name: written_date(str(fieldwork.get(name) or ""), round_.language) for name in ("start", "end")}
    return say.text(
        "measured",
        study=round_.label,
        from_day=written_date(period.start, round_.language) if period.end else "",
        to_day=written_date(period.end, round_.language) if period.start else "",
        **days,
        units=counted(len(round_.results.units), "units"),
        blocks=counted(len(round_.blocks), "blocks") if len(round_.blocks) > 1 else "",
    )


def _forms(round_: ReportedRound, say: Saying) -> Text:
    whole = [row for row in round_.quoted("council-forms") or () if row["counted"] == FORMS]
    if not whole:
        return ()
    counts = {
        name: summed([count_of(row, name) for row in whole], "council-forms", "all")
        for name in ("issued", "returned", "valid")
    }
    digits = round_.output.percent_decimals
    share = share_of(counts["valid"], counts["returned"], digits, "council-forms", "valid", "returned", "all")
    groups = counted(len({row["group"] for row in whole}), "groups")
    return say.text("forms", groups=groups, share=share, **counts)


# --- what limits the results -----------------------------------------------------------------------------------------------


def _limits(round_: ReportedRound, say: Saying) -> Iterator[Text]:
    rows = list(round_.quoted("council-units") or ())
    words = engine_words("status", round_.language)
    for status in _TOLD:
        found = [row for row in rows if row["status"] == status]
        if found:
            names = say.listed([(row["unit_name"],) for row in found], _NAMED)
            number = counted(len(found), "status", status)
            yield say.text("of_status", status=words[status], units=number, names=names)
    hidden = int(round_.run.get("results", {}).get(SUPPRESSED, 0) or 0)
    if hidden:
        number = Number(str(hidden), NumberSource("run", ("results", SUPPRESSED), ""))
        yield say.text("hidden", results=number)
    waiting = [
        row.number("review") for row in round_.quoted("council-forms") or () if row["counted"] == FORMS
    ]
    review = summed(waiting, "council-forms", "all")
    if review.text not in ("", "0"):
        yield say.text("in_review", forms=review)
    warnings = _warnings(round_)
    if warnings:
        yield say.text("warnings", warnings=counted(warnings, "warnings", "scores"))


def _warnings(round_: ReportedRound) -> int:
    """How many warnings of the run touch scores."""
    known = wording()
    return sum(
        int(number)
        for code, number in round_.run.get("warnings", {}).items()
        if known.get(code, {}).get("touches") == "scores"
    )
