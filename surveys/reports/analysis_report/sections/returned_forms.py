"""Forms issued, returned and valid by block, group and questionnaire, and why forms were rejected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from surveys.handover.words import rule_words
from surveys.reports.analysis_report.parts import Block, Number, ReportFigure, ReportTable, Text
from surveys.reports.analysis_report.quoting import QuotedRow
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.analysis_report.saying import Saying
from surveys.reports.analysis_report.told import joined
from surveys.reports.analysis_report.worked_out import counted, share_of, summed
from surveys.vocabulary.council_tables import EVALUATIONS, FORMS

#: Counts of forms in the order of the table; the last ones only where there are any.
_COUNTS = ("issued", "returned", "valid", "review", "rejected", "left_out")
_COLUMNS = ("issued", "returned", "returned_share", "valid", "valid_share", "review", "rejected", "left_out")
_IF_ANY = frozenset({"review", "left_out"})
_TEXTS = frozenset({"group", "rule", "unit_group"})
#: Units that are named in a sentence.
_NAMED = 8
_FUNNEL = "funnel"


def returned_forms(round_: ReportedRound, say: Saying) -> Iterator[Block]:
    """Plan against returned and valid forms, and the forms that do not count."""
    forms = round_.quoted("council-forms")
    if forms is None:
        return
    cells = forms.by("counted")
    whole = cells.get((FORMS,), [])
    if not whole:
        return
    yield say.heading("sample")
    yield from _plan(round_, whole, say)
    yield from _per_unit(round_, cells.get((EVALUATIONS,), []), say)
    yield say.heading("rejected")
    yield from _not_counted(round_, whole, say)


# --- issued, returned, valid -----------------------------------------------------------------------------------------------


def _plan(round_: ReportedRound, whole: Sequence[QuotedRow], say: Saying) -> Iterator[Block]:
    total = _counts(whole, "all")
    shares = _shares(total, round_, "all")
    code = "returned_of_issued" if total["issued"].text else "returned_only"
    yield say.paragraph(code, **total, **shares)
    columns = list(_columns(total, is_planned=any(count_of(row, "issued").text for row in whole)))
    lines = _lines(round_, whole)
    rows = tuple(
        tuple((label,) if name == "group" else (numbers[name],) for name, _ in columns)
        for label, numbers, _ in lines
    )
    bold = frozenset(k for k, (_, _, is_sum) in enumerate(lines) if is_sum)
    matrix = {q.code for q in round_.instrument.questionnaires if q.matrix}
    notes = [
        say.text("counted_once") if any(row["questionnaire"] in matrix for row in whole) else (),
        () if all(count_of(row, "issued").text for row in whole) else say.text("not_issued"),
    ]
    caption, note = say.text("table_forms"), joined(*notes, by=" ")
    yield ReportTable("table-forms", caption, say.columns(columns, _TEXTS), rows, bold, note)


def _columns(total: Mapping[str, Number], *, is_planned: bool) -> Iterator[tuple[str, float]]:
    """The columns of the table of forms with their widths."""
    hidden = {name for name in _IF_ANY if total[name].text in ("", "0")}
    hidden |= set() if is_planned else {"issued", "returned_share"}
    kept = [name for name in _COLUMNS if name not in hidden]
    width = min(0.115, 0.7 / len(kept))
    yield "group", 1.0 - width * len(kept)
    yield from ((name, width) for name in kept)


def _lines(round_: ReportedRound, whole: Sequence[QuotedRow]) -> list[tuple[str, Mapping[str, Number], bool]]:
    """What stands in the first column, the numbers, and whether they are a sum: blocks with their groups, then all."""
    found: list[tuple[str, Mapping[str, Number], bool]] = []
    blocks = _by(whole, "block")
    for block, rows in blocks.items():
        if len(blocks) > 1:
            sums = _counts(rows, block)
            found.append((round_.names.block(block), {**sums, **_shares(sums, round_, block)}, True))
        groups = Counter(row["group"] for row in rows)
        for row in rows:
            label = round_.names.group(row["group"])
            if groups[row["group"]] > 1:
                label = f"{label}: {round_.names.questionnaire(row['questionnaire'])}"
            own = {name: count_of(row, name) for name in _COUNTS}
            found.append((label, {**own, **_shares(own, round_, *row.key)}, False))
    if len(whole) > 1:
        sums = _counts(whole, "all")
        total = Saying("report.conduct", round_.language).words("all_forms")
        found.append((total, {**sums, **_shares(sums, round_, "all")}, True))
    return found


def _by(rows: Sequence[QuotedRow], column: str) -> dict[str, list[QuotedRow]]:
    found: dict[str, list[QuotedRow]] = {}
    for row in rows:
        found.setdefault(row[column], []).append(row)
    return found


def count_of(row: QuotedRow, name: str) -> Number:
    """How many forms were ``issued``, ``returned``, …; none where 0 stands for not knowing how many were issued."""
    number = row.number(name)
    return replace(number, text="") if name == "issued" and number.text == "0" else number


def _counts(rows: Sequence[QuotedRow], *of: str) -> dict[str, Number]:
    """Sums of the counts of some rows; of the forms issued only where all of them tell it."""
    return {name: summed([count_of(row, name) for row in rows], "council-forms", *of) for name in _COUNTS}


def _shares(counts: Mapping[str, Number], round_: ReportedRound, *of: str) -> dict[str, Number]:
    """What was returned of the forms issued, and what was valid of those returned, in percent."""
    digits = round_.output.percent_decimals
    pairs = {"returned_share": ("returned", "issued"), "valid_share": ("valid", "returned")}
    return {
        name: share_of(counts[part], counts[whole], digits, "council-forms", part, whole, *of)
        for name, (part, whole) in pairs.items()
    }


# --- forms of single units -------------------------------------------------------------------------------------------------


def _per_unit(round_: ReportedRound, cells: Sequence[QuotedRow], say: Saying) -> Iterator[Block]:
    """How many valid forms the units have in every group, from the fewest to the most, and who has too few."""
    by_unit = {
        (block, group): _by(rows, "unit_code")
        for block, of_block in _by(cells, "block").items()
        for group, rows in _by(
            [row for row in of_block if row["unit_code"]], "group"
        ).items()  # of no unit: undecided
    }
    shown = {place: units for place, units in by_unit.items() if len(units) > 1}
    if shown:
        shares = (("group", 0.4), ("evaluations", 0.2), ("fewest", 0.2), ("most", 0.2))
        lines = [_line_of_units(round_, place, units) for place, units in shown.items()]
        yield ReportTable(
            "table-units-forms", say.text("table_units_forms"), say.columns(shares, _TEXTS), tuple(lines)
        )
    for (block, group), units in by_unit.items():
        minimum = round_.results.settings.minimum.of(group)
        few = [code for code, rows in units.items() if _valid(rows, block, group, code) < minimum]
        if few:
            yield say.paragraph(
                "too_few",
                "bullet",
                group=round_.names.group(group),
                block=round_.names.block(block),
                units=counted(len(few), "units", "too_few", block, group),
                minimum=str(minimum),
                names=say.listed([(round_.names.unit(block, code),) for code in few], _NAMED),
            )


def _line_of_units(
    round_: ReportedRound, place: tuple[str, str], units: Mapping[str, Sequence[QuotedRow]]
) -> tuple[Text, ...]:
    block, group = place
    valid = [_sum_of_unit(rows, block, group, code) for code, rows in units.items()]
    ordered = sorted(valid, key=lambda number: int(number.text))
    label = round_.names.group(group)
    named = label if len(round_.blocks) < 2 else f"{round_.names.block(block)}: {label}"
    return ((named,), (summed(valid, "council-forms", "evaluations", *place),), (ordered[0],), (ordered[-1],))


def _sum_of_unit(rows: Sequence[QuotedRow], *of: str) -> Number:
    """Valid evaluations of a unit in a group: as printed, or summed over its questionnaires."""
    numbers = [row.number("valid") for row in rows]
    return numbers[0] if len(numbers) == 1 else summed(numbers, "council-forms", *of)


def _valid(rows: Sequence[QuotedRow], *of: str) -> int:
    return int(_sum_of_unit(rows, *of).text)


# --- forms that do not count -----------------------------------------------------------------------------------------------


def _not_counted(round_: ReportedRound, whole: Sequence[QuotedRow], say: Saying) -> Iterator[Block]:
    """Why forms were rejected, in the order of how often, and what still waits for a decision."""
    sums = _counts(whole, "all")
    rejected = round_.quoted("council-rejected")
    if rejected is None:
        yield say.paragraph("none_rejected")
    else:
        share = share_of(sums["rejected"], sums["returned"], round_.output.percent_decimals, "rejected")
        partly = sum(row["evaluations"] != row["of_evaluations"] for row in rejected)
        yield say.paragraph(
            "some_rejected",
            forms=sums["rejected"],
            share=share,
            partly=counted(partly, "rejected", "partly") if partly else "",
        )
        yield _reasons(round_, list(rejected), say)
    if _FUNNEL in round_.figures:
        yield ReportFigure(_FUNNEL, say.text("figure_funnel"))
    if sums["review"].text not in ("", "0"):
        yield say.paragraph("in_review", forms=sums["review"])
    if sums["left_out"].text not in ("", "0"):
        yield say.paragraph("left_out", forms=sums["left_out"])


def _reasons(round_: ReportedRound, rejected: Sequence[QuotedRow], say: Saying) -> ReportTable:
    reasons = [_rejecting(round_, row) for row in rejected]
    forms = Counter(rule for rules in reasons for rule in rules)
    evaluations = Counter[str]()
    for row, rules in zip(rejected, reasons, strict=True):
        evaluations.update(dict.fromkeys(rules, int(row["evaluations"])))
    columns = [("rule", 0.8), ("rejected_forms", 0.2)]
    if evaluations != forms:
        columns = [("rule", 0.6), ("rejected_forms", 0.18), ("rejected_evaluations", 0.22)]
    rows: list[tuple[Text, ...]] = []
    for rule in sorted(forms, key=lambda rule: (-forms[rule], -evaluations[rule], rule)):
        numbers = (
            counted(forms[rule], "rejected", rule),
            counted(evaluations[rule], "rejected-evaluations", rule),
        )
        name = rule_words(rule, round_.language)
        rows.append(((name[:1].upper() + name[1:],), *((number,) for number in numbers[: len(columns) - 1])))
    notes = [
        say.text("reasons_partly") if any(r["evaluations"] != r["of_evaluations"] for r in rejected) else (),
        say.text("reasons_several") if any(len(rules) > 1 for rules in reasons) else (),
    ]
    caption, note = say.text("table_rejected"), joined(*notes, by=" ")
    return ReportTable("table-rejected", caption, say.columns(columns, _TEXTS), tuple(rows), note=note)


def _rejecting(round_: ReportedRound, row: QuotedRow) -> list[str]:
    """The rules for which a form was rejected; all that it met where the record tells none of them as a ground."""
    met = [rule for rule in row["reasons"].split(";") if rule]
    severities: dict[str, str] = {"decision": "reject"}
    for rule in round_.run["settings"].get("rules", ()):
        if not rule.get("questionnaires") or row["questionnaire"] in rule["questionnaires"]:
            severities[str(rule["rule"])] = str(rule["severity"])
    return [rule for rule in met if severities.get(rule) == "reject"] or met
