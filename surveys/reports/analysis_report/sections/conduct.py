"""How the survey was done: on what it rests, what was asked of whom and when, and what became of the forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from surveys.definitions.instrument.records import Node, Questionnaire
from surveys.handover.words import document_shown, unit_name
from surveys.problems import phrase, wording
from surveys.reports.analysis_report.parts import (
    WORKED_OUT,
    Block,
    Number,
    NumberSource,
    Paragraph,
    ReportFigure,
    ReportTable,
    Text,
)
from surveys.reports.analysis_report.quoting import Quoted, QuotedRow
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.analysis_report.saying import Saying
from surveys.reports.analysis_report.sections.returned_forms import returned_forms
from surveys.reports.analysis_report.told import joined
from surveys.reports.analysis_report.worked_out import counted, share_of, summed
from surveys.vocabulary.combination_names import SHARES
from surveys.vocabulary.dates import written_date
from surveys.vocabulary.levels import ASSESSMENT, EXTERNAL_SURVEY, SURVEY

#: Fewer nodes next to the root say too little of what is measured: those below them are listed too.
_FEW_FIELDS = 3
_TEXTS = frozenset({"node", "block", "group", "questionnaire", "modes"})
_FORMS_BY_DAY = "days"
#: Busiest days that are named; where more were as busy, none is.
_MOST_DAYS = 3


def conduct(round_: ReportedRound) -> Iterator[Block]:
    """The section about how the survey was done."""
    say = Saying("report.conduct", round_.language)
    yield from _purpose(round_, say)
    yield from _content(round_, say)
    yield from _asked(round_, say)
    yield from _fieldwork(round_, say)
    yield from returned_forms(round_, say)
    yield from _checks(round_, say)


def _purpose(round_: ReportedRound, say: Saying) -> Iterator[Block]:
    """The documents on which the round rests, its purpose, and the period that is assessed."""
    publication = round_.results.settings.publication
    yield say.heading("purpose")
    if publication.basis:
        yield say.paragraph("basis")
        for k, document in enumerate(publication.basis, 1):
            end = "." if k == len(publication.basis) else ";"
            yield Paragraph((document_shown(document, round_.language) + end,), "bullet")
    units = counted(len(round_.results.units), "units")
    blocks = say.listed([(round_.names.block(block),) for block in round_.blocks])
    yield say.paragraph("aim", instrument=_instrument(round_), units=units, blocks=blocks)
    start, end = (written_date(day, round_.language) for day in _days_of(publication.period))
    if start and end:
        yield say.paragraph("period", start=start, end=end)
    left_out = [
        f"{_unit(round_, one)} ({one['reason']})" if one.get("reason") else _unit(round_, one)
        for one in round_.run["settings"].get("exclusions", ())
    ]
    if left_out:
        yield say.paragraph("excluded", units="; ".join(left_out))


def _instrument(round_: ReportedRound) -> str:
    named = round_.instrument
    return (named.label_en if round_.language == "en" else "") or named.label_vi or round_.label


def _days_of(period: Any) -> tuple[str, str]:
    return period.start, period.end


def _unit(round_: ReportedRound, excluded: Mapping[str, str]) -> str:
    """A unit that stands in no table of the results, by the register."""
    unit = round_.instrument.unit.get((excluded["block"], excluded["unit"]))
    return unit_name(unit, round_.language) if unit else excluded["unit"]


# --- what is measured ------------------------------------------------------------------------------------------------------


def _content(round_: ReportedRound, say: Saying) -> Iterator[Block]:
    """The fields of the index, how many of their criteria are surveyed, and what is asked beside the index."""
    yield say.heading("content")
    for block in round_.blocks:
        yield from _fields(round_, block, say)
    beside = [
        say.text("beside_one", node=round_.names.node(node.code), items=_items(round_, node.code, "", False))
        for node in round_.instrument.nodes
        if node.rule == SHARES and node.code in round_.instrument.items_of_node
    ]
    if beside:
        yield say.paragraph("beside", nodes=joined(*beside, by="; "))


def _fields(round_: ReportedRound, block: str, say: Saying) -> Iterator[Block]:
    shown = _shown_nodes(round_, block)
    if not shown:
        return
    name = round_.names.block(block)
    leaves = _leaves(round_, "", block)
    parts = {
        f"of_{kind}": _number_of([n for n in leaves if n.measured_by == kind], block, kind)
        for kind in (SURVEY, EXTERNAL_SURVEY, ASSESSMENT)
    }
    whole = counted(len(leaves), "leaves", block)
    fields = counted(len(round_.instrument.scored_children(_root(round_, block), block)), "fields", block)
    yield say.paragraph("fields", block=name, fields=fields, leaves=whole, **parts)
    columns: list[tuple[str, float]] = [("node", 0.0), ("leaves", 0.14), ("surveyed", 0.16), ("items", 0.14)]
    points = {row["node_code"]: row for row in _rows_of_one_unit(round_, block)}
    if round_.results.kind.points:
        columns.insert(1, ("max_points", 0.14))
    columns[0] = ("node", 1.0 - sum(share for _, share in columns))
    rows = tuple(
        tuple(_field_cell(round_, block, node, points, column) for column, _ in columns) for node in shown
    )
    yield ReportTable(
        f"table-content-{block}",
        say.text("table_content", block=name),
        say.columns(columns, _TEXTS),
        rows,
        frozenset(k for k, node in enumerate(shown) if node.parent == _root(round_, block))
        if len({node.parent for node in shown}) > 1
        else frozenset(),
    )


def _field_cell(
    round_: ReportedRound, block: str, node: Node, points: Mapping[str, QuotedRow], column: str
) -> Text:
    if column == "node":
        return (f"{node.code}. {round_.names.node(node.code)}",)
    if column == "max_points":
        return (points[node.code].number("max_points"),) if node.code in points else ()
    leaves = _leaves(round_, node.code, block)
    if column == "items":
        return (_items(round_, node.code, block, True),)
    surveyed = [leaf for leaf in leaves if leaf.measured_by != ASSESSMENT]
    return (counted(len(leaves if column == "leaves" else surveyed), column, block, node.code),)


def _number_of(nodes: list[Node], *of: str) -> Number | str:
    """How many nodes there are; empty for none, so that a sentence says nothing of them."""
    return counted(len(nodes), *of) if nodes else ""


def _root(round_: ReportedRound, block: str) -> str:
    """The one node above all others; empty where several stand at the top."""
    roots = round_.instrument.scored_children("", block)
    return roots[0].code if len(roots) == 1 else ""


def _shown_nodes(round_: ReportedRound, block: str) -> list[Node]:
    """The nodes next to the root, with those below them where they are few."""
    instrument = round_.instrument
    first = instrument.scored_children(_root(round_, block), block)
    if len(first) > _FEW_FIELDS:
        return list(first)
    return [node for above in first for node in (above, *instrument.scored_children(above.code, block))]


def _leaves(round_: ReportedRound, code: str, block: str) -> list[Node]:
    """The lowest nodes of a block at and below one."""
    children = round_.instrument.scored_children(code, block)
    if not children:
        return [round_.instrument.node[code]] if code else []
    return [leaf for child in children for leaf in _leaves(round_, child.code, block)]


def _items(round_: ReportedRound, code: str, block: str, below: bool) -> Number:
    """How many questions a node has in a block (empty: any)."""
    instrument = round_.instrument
    items = instrument.items_below(code) if below else instrument.items_of_node.get(code, ())
    asked = {q.code for q in instrument.questionnaires if block in ("", q.block)}
    return counted(sum(not asked.isdisjoint(item.questionnaires) for item in items), "items", block, code)


def _rows_of_one_unit(round_: ReportedRound, block: str) -> list[QuotedRow]:
    """The council's scores of the first unit of a block, which all have the same maxima."""
    scores = round_.quoted("council-scores")
    found: list[QuotedRow] = []
    for row in scores or ():
        if row["block"] == block and (not found or row["unit_code"] == found[0]["unit_code"]):
            found.append(row)
    return found


# --- who was asked, and when -----------------------------------------------------------------------------------------------


def _asked(round_: ReportedRound, say: Saying) -> Iterator[Block]:
    """Groups of respondents and their questionnaires."""
    forms = [q for q in round_.instrument.questionnaires if q.block in round_.blocks]
    if not forms:
        return
    groups = {q.group for q in forms}
    yield say.heading("asked")
    yield say.paragraph(
        "groups",
        groups=counted(len(groups), "groups"),
        questionnaires=counted(len(forms), "questionnaires"),
        names=say.listed(
            [(round_.names.group(g.code),) for g in round_.instrument.groups if g.code in groups]
        ),
    )
    shares = (("block", 0.22), ("group", 0.26), ("questionnaire", 0.26), ("items", 0.11), ("modes", 0.15))
    rows = tuple(_questionnaire_row(round_, form) for form in forms)
    yield ReportTable("table-asked", say.text("table_asked"), say.columns(shares, _TEXTS), rows)
    matrix = [(round_.names.questionnaire(q.code),) for q in forms if q.matrix]
    if matrix:
        yield say.paragraph("matrix", questionnaires=joined(*matrix, by="; "))


def _questionnaire_row(round_: ReportedRound, form: Questionnaire) -> tuple[Text, ...]:
    items = sum(form.code in item.questionnaires for item in round_.instrument.items)
    names = (
        round_.names.block(form.block),
        round_.names.group(form.group),
        round_.names.questionnaire(form.code),
    )
    modes = ", ".join(mode_name(mode, round_) for mode in _modes(round_, form))
    return (*((name,) for name in names), (counted(items, "items", "", form.code),), (modes,))


def _modes(round_: ReportedRound, form: Questionnaire) -> tuple[str, ...]:
    """How forms of a questionnaire came in; where no file tells it, how they could."""
    files = round_.run["settings"].get("returns", ())
    came = [
        str(file["mode"]) for file in files if file.get("questionnaire") == form.code and file.get("mode")
    ]
    return tuple(dict.fromkeys(came)) or form.modes


def mode_name(mode: str, round_: ReportedRound) -> str:
    """What people call a way of collecting forms; a way without a name stays."""
    code = f"export.mode.{mode}"
    return phrase(code, round_.language) if code in wording() else mode


def _fieldwork(round_: ReportedRound, say: Saying) -> Iterator[Block]:
    """First and last day, forms by mode and by day."""
    fieldwork = round_.run["settings"].get("fieldwork", {})
    start, end = (str(fieldwork.get(name) or "") for name in ("start", "end"))
    days = round_.quoted(_FORMS_BY_DAY)
    if not (start and end) and days is None:
        return
    yield say.heading("fieldwork")
    if start and end:
        written = {name: written_date(day, round_.language) for name, day in (("start", start), ("end", end))}
        yield say.paragraph("fieldwork_days", **written)
    if days is not None:
        yield from _by_day(round_, days, (start, end), say)


def _by_day(round_: ReportedRound, days: Quoted, limits: tuple[str, str], say: Saying) -> Iterator[Block]:
    modes = [
        say.text("of_mode", mode=mode_name(mode, round_), returned=_returned(rows, "mode", mode))
        for (mode,), rows in days.by("mode").items()
        if mode
    ]
    if len(modes) > 1:
        yield say.paragraph("by_mode", modes=joined(*modes, by="; "))
    dated = {day: _returned(rows, day) for (day,), rows in days.by("day").items() if day}
    came = {day: number for day, number in dated.items() if int(number.text or 0)}
    if came:
        most = max(came.values(), key=lambda number: int(number.text))
        top = [day for day, number in came.items() if number.text == most.text]
        top = top if len(top) <= _MOST_DAYS else []
        yield say.paragraph(
            "by_day",
            days=counted(len(came), "days"),
            first=written_date(min(came), round_.language),
            last=written_date(max(came), round_.language),
            top=", ".join(written_date(day, round_.language) for day in sorted(top)),
            most=most,
        )
    outside = [row for row in days if _is_outside(row["day"], limits) and int(row["returned"] or 0)]
    if outside:
        yield say.paragraph("outside", forms=_returned(outside, "outside"))
    undated = [row for row in days if not row["day"] and int(row["returned"] or 0)]
    if undated and came:
        yield say.paragraph("undated", forms=_returned(undated, "undated"))
    if _FORMS_BY_DAY in round_.figures:
        yield ReportFigure(_FORMS_BY_DAY, say.text("figure_days"))


def _returned(rows: list[QuotedRow], *of: str) -> Number:
    return summed([row.number("returned") for row in rows], "days", *of)


def _is_outside(day: str, limits: tuple[str, str]) -> bool:
    start, end = limits
    return bool(day) and not (start or day) <= day <= (end or day)


# --- checks ----------------------------------------------------------------------------------------------------------------


def _checks(round_: ReportedRound, say: Saying) -> Iterator[Block]:
    """Agreement of the two data entries, and what people decided."""
    found = [*_entries(round_, say), *_decisions(round_, say)]
    if found:
        yield say.heading("checks")
        yield from found


def _entries(round_: ReportedRound, say: Saying) -> Iterator[Block]:
    """Of all fields and operators together, which the table of agreement has first."""
    row = next(iter(round_.quoted("agreement") or ()), None)
    if row is not None and int(row["compared"] or 0):
        compared, agreed = (_of_all_entries(row, name) for name in ("compared", "agreed"))
        share = share_of(agreed, compared, round_.output.percent_decimals, "agreement")
        yield say.paragraph("entries", compared=compared, agreed=agreed, share=share)


def _of_all_entries(row: QuotedRow, column: str) -> Number:
    """A number of a table whose rows have no key."""
    return Number(row[column], NumberSource(WORKED_OUT, ("first", "agreement"), column))


def _decisions(round_: ReportedRound, say: Saying) -> Iterator[Block]:
    for entry in round_.run.get("decisions", ()):
        about, number = str(entry.get("about", "")), int(entry.get("decisions", 0) or 0)
        if number and f"report.conduct.decided_{about}" in wording():
            yield say.paragraph(f"decided_{about}", decisions=counted(number, "decisions", about))
