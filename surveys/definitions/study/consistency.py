"""What a study owes its instrument, its register and its own tables.

Every function looks at one table or section of a :class:`StudyDraft` and notes all of its faults; none changes anything.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from math import isclose
from typing import Any
from zoneinfo import ZoneInfo

from surveys.definitions.declared_rules import check_persons
from surveys.definitions.draft import InstrumentDraft, StudyDraft
from surveys.definitions.instrument.consistency import UNITS_ONCE, check_units
from surveys.definitions.instrument.records import (
    Block,
    Field,
    Group,
    Item,
    Level,
    Node,
    NonAnswer,
    Questionnaire,
    ResultClass,
    Rule,
    Scale,
    Unit,
)
from surveys.definitions.record_building import types_of
from surveys.definitions.shared_checks import (
    Key,
    Range,
    Reference,
    check_once,
    check_period,
    check_ranges,
    check_references,
    checked_date,
    note_doubles,
    refer,
    within,
)
from surveys.definitions.study.agencies import check_agencies
from surveys.definitions.study.assessments import check_assessments
from surveys.definitions.study.council_names import CouncilSystem, check_council
from surveys.definitions.study.explanations import check_explanation
from surveys.definitions.study.form_codes import fixed_part
from surveys.definitions.study.headlines import check_headline
from surveys.definitions.study.index_kind import kind_of_parts
from surveys.definitions.study.limits import Limits
from surveys.definitions.study.publication import CitedDocument, IssuedDocument, Period
from surveys.definitions.study.records import (
    Adjudication,
    Agency,
    Assessment,
    AssessmentDates,
    Decision,
    EntryCode,
    Exclusion,
    Explanation,
    External,
    Fieldwork,
    Frame,
    Headline,
    Inference,
    Issued,
    MarginTotal,
    Minimum,
    Output,
    PlannedCell,
    ReportPlan,
    ReturnFile,
    Target,
    UnitDecision,
    WeightPlan,
)
from surveys.definitions.study.sample_plan import DrawnElement, SamplePlan, SamplingList
from surveys.definitions.study.sample_plan_checks import RANGES as PLAN_RANGES
from surveys.definitions.study.sample_plan_checks import check_lists, check_plans
from surveys.definitions.study.targets import check_targets
from surveys.problems import Place
from surveys.vocabulary.folding import fold, fold_name, repair
from surveys.vocabulary.legacy_encodings import FONT_ENCODINGS
from surveys.vocabulary.levels import SURVEY
from surveys.vocabulary.report_sections import REPORT_SECTIONS
from surveys.vocabulary.roles import KEPT_ROLES, SAID_OF_FORMS
from surveys.vocabulary.statuses import TOOL_STATES

#: Relative difference of two population totals that printing them as rounded numbers can explain.
TOTALS_AGREE = 1e-6
#: The place of a row, as forms without a code were called once: ``returns/a.xlsx#35``, ``returns/a.xlsx#Phiếu#35``.
_IN_FILE = re.compile(r"(?<=.)\.(?:csv|tsv|txt|xlsx?|ods|z?sav|por|dta|parquet|zip)(?:#|\Z)", re.IGNORECASE)
#: Largest limit that can be declared; no machine has as much.
MOST_BYTES = 10**15
ONCE: tuple[Key, ...] = (
    (Exclusion, "unit", ("block", "unit")),
    (WeightPlan, "group", ("block", "group")),
    (Issued, "form_code", ("form_code",)),
    (Frame, "unit", ("block", "unit", "group")),
    (PlannedCell, "unit", ("block", "unit", "group")),
    (MarginTotal, "category", ("block", "group", "unit", "variable", "category")),
    (External, "node", ("block", "unit", "node", "group")),
    (Assessment, "node", ("block", "unit", "node")),
    (Target, "node", ("block", "unit", "node", "item", "measure")),
    (Decision, "form_code", ("form_code", "unit", "submission")),
    (UnitDecision, "text", ("block", "text")),
    (Adjudication, "field", ("form", "field")),
    (EntryCode, "second_code", ("second_code",)),
    (Explanation, "node", ("block", "unit", "node")),
    (Headline, "document", ("block", "unit", "node", "year", "document")),
    (SamplePlan, "group", ("block", "unit", "group")),
    (DrawnElement, "form_code", ("form_code",)),
    (SamplingList, "group", ("block", "group")),
    (CitedDocument, "number", ("number", "date", "issuer_vi", "title_vi")),
)
REFERENCES: tuple[Reference, ...] = (
    (ReturnFile, "questionnaire", Questionnaire),
    (WeightPlan, "group", Group),
    (WeightPlan, "block", Block),
    (WeightPlan, "margins", Field),
    (WeightPlan, "strata", Field),
    (WeightPlan, "clusters", Field),
    (WeightPlan, "weight", Field),
    (SamplePlan, "group", Group),
    (DrawnElement, "group", Group),
    (DrawnElement, "questionnaire", Questionnaire),
    (SamplingList, "group", Group),
    (SamplingList, "block", Block),
    (Issued, "questionnaire", Questionnaire),
    (Frame, "group", Group),
    (PlannedCell, "group", Group),
    (MarginTotal, "group", Group),
    (MarginTotal, "variable", Field),
    (External, "node", Node),
    (External, "group", Group),
    (Assessment, "node", Node),
    *((kind, column, of) for kind in (Agency, Target) for column, of in (("node", Node), ("item", Item))),
    (Explanation, "node", Node),
    (Headline, "node", Node),
)
RANGES: tuple[Range, ...] = (
    *PLAN_RANGES,
    (Inference, "level", 0.5, 0.9999),
    (Inference, "external_correlation", 0, 1),
    (Inference, "nonresponse_shift", 0, 1),
    (Minimum, "forms", 1, 1_000_000),
    (Output, "points_decimals", 0, 15),
    (Output, "percent_decimals", 0, 15),
    (Output, "score_decimals", 0, 15),
    (Limits, "seconds", 1, 86_400),
    (Limits, "memory_bytes", 100_000_000, MOST_BYTES),
    *((Limits, name, 1, MOST_BYTES) for name in types_of(Limits) if name not in ("seconds", "memory_bytes")),
    (External, "score", 0, 1),
    (External, "satisfaction_percent", 0, 100),
    (External, "se", 0, None),
    (Frame, "population", 0, None),
    (PlannedCell, "forms", 0, None),
    (PlannedCell, "issued", 0, None),
    (MarginTotal, "population", 0, None),
)
#: Records of a unit of a block, and the column with its code.
OF_UNITS: tuple[tuple[type[Any], str], ...] = (
    (Exclusion, "unit"),
    (Frame, "unit"),
    (PlannedCell, "unit"),
    (SamplePlan, "unit"),
    (DrawnElement, "unit"),
    (MarginTotal, "unit"),
    (External, "unit"),
    (Assessment, "unit"),
    (Agency, "unit"),
    (Target, "unit"),
    (UnitDecision, "unit_code"),
    (Explanation, "unit"),
    (Headline, "unit"),
)


def refers(record: type) -> dict[str, type]:
    """The columns of a table that hold codes, and the kind of records these name."""
    named = {column: kind for of, column, kind in REFERENCES if of is record}
    return (
        named
        | {column: Unit for of, column in OF_UNITS if of is record}
        | ({"unit": Unit} if record is Issued else {})
    )


class Declared:
    """What the rows of a study may refer to: units of its register by block, and what its instrument declares."""

    def __init__(self, draft: StudyDraft, instrument: InstrumentDraft) -> None:
        self._declared, self._instrument = instrument.known, instrument.instrument
        self.blocks = instrument.known(Block)
        self.forms = {form.code: form for form in instrument.all(Questionnaire)}
        self.nodes = {node.code: node for node in instrument.all(Node)}
        self.fields = {field.code: field for field in instrument.all(Field) if field.role in KEPT_ROLES}
        self.scales = {scale.code: scale for scale in instrument.all(Scale)}
        self.scale_of = {item.code: item.scale for item in instrument.all(Item)}
        self.columns = (*instrument.known(Field), *instrument.known(Item))
        self.units: dict[str, dict[str, None]] = defaultdict(dict)
        for unit in draft.all(Unit):
            self.units[unit.block][unit.code] = None
        self.excluded = {(exclusion.block, exclusion.unit) for exclusion in draft.all(Exclusion)}
        self._faulty = set(draft.known(Unit)) - {unit.code for unit in draft.all(Unit)}
        self._no_register = draft.own_units and not self.units

    def assessed(self, node: str, block: str) -> bool:
        """Whether the council assesses a node or a part of it."""
        return node in self._instrument.node and bool(self._instrument.assessed_leaves(node, block))

    def codes(self, record: type) -> Sequence[str]:
        """What a column that names records of a kind may hold; of fields those that are kept beside the answers."""
        return list(self.fields) if record is Field else self._declared(record)

    def refer(self, place: Place, block: str, unit: str, column: str = "unit") -> None:
        """Note a block that is not declared, a unit that is not in its register, or one of no block."""
        if not block:
            if unit:
                place.note("record.missing", "block")
        elif block not in self.blocks:
            refer(place, "block", "block", [block], self.blocks)
        elif unit and not self._no_register and unit not in self.units[block] and unit not in self._faulty:
            refer(place, "unit", column, [unit], list(self.units[block]))


def check_study(draft: StudyDraft) -> None:
    """Note every contradiction inside a study and against its instrument."""
    check_settings(draft)
    if draft.instrument is None:
        return
    if draft.own_units:
        check_once(draft, (UNITS_ONCE,))
        check_units(draft.of(Unit), draft.declared(Block))
    known = Declared(draft, draft.instrument)
    check_once(draft, ONCE)
    check_references(draft, REFERENCES, known.codes)
    for record, column in OF_UNITS:
        for made, place in draft.of(record):
            known.refer(place, made.block, getattr(made, column), column)
    check_persons(draft.of(Rule), draft.instrument.all(Field))
    check_exclusions(draft)
    check_returns(draft, known)
    check_weights(draft)
    check_plans(draft, known.units)
    check_lists(draft)
    check_issued(draft, known)
    check_frames(draft, known)
    check_margins(draft, known)
    if not draft.broken & {Frame, MarginTotal}:
        check_totals(draft, known)
    check_externals(draft, known)
    check_assessments(draft, known.excluded)
    check_agencies(draft)
    check_targets(draft)
    check_headlines(draft, draft.instrument)
    check_council_names(draft)
    check_report(draft.one(ReportPlan), draft.place.below("report"))
    check_decisions(draft)
    check_adjudication(draft, known)
    for made, place in draft.of(Explanation):
        check_explanation(made, place, draft.one(AssessmentDates).explained_by)


def check_council_names(draft: StudyDraft) -> None:
    """Columns of the council's system against the tables that an index of this kind has."""
    instrument, files = draft.instrument, draft.document.get("files", {})
    assert instrument is not None
    kind = None
    if not instrument.broken & {Node, ResultClass}:
        assessed = isinstance(files, Mapping) and bool(files.get("assessments"))
        kind = kind_of_parts(instrument.all(Node), instrument.instrument.classes, assessed=assessed)
    check_council(draft.one(CouncilSystem), kind, draft.place.below("council"))


def check_report(plan: ReportPlan, place: Place) -> None:
    """Sections that stand twice, and a report of none."""
    doubled = [name for name, times in Counter(plan.sections).items() if times > 1]
    if doubled:
        place.note("report.section_twice", "sections", value=", ".join(doubled))
    if not plan.sections:
        place.note("report.no_sections", "sections", accepted=", ".join(REPORT_SECTIONS))


def check_settings(draft: StudyDraft) -> None:
    """Dates, time zone, minima of groups, and every number in its range."""
    fieldwork, place = draft.one(Fieldwork), draft.place.below("fieldwork")
    check_period(place, fieldwork.start, fieldwork.end, ("start", "end"))
    if not _is_known(ZoneInfo, fieldwork.timezone):
        place.note("study.timezone", "timezone", value=fieldwork.timezone)
    check_form_codes(fieldwork.form_codes, place)
    check_publication(draft)
    check_ranges(draft, RANGES)
    for field in draft.instrument.all(Field) if draft.instrument and not fieldwork.start else ():
        if field.measure == "age":
            place.note("study.age_without_start", "start", field=field.code)
    minimum, place = draft.one(Minimum), draft.place.below("minimum")
    for group, forms in minimum.by_group:
        within(place, f"by_group.{group}", forms, 1, 1_000_000)
        if draft.instrument:
            refer(place, "group", f"by_group.{group}", [group], draft.declared(Group))


def check_publication(draft: StudyDraft) -> None:
    """Dates are dates, and the period assessed begins before it ends."""
    period, place = draft.one(Period), draft.place.below("period")
    check_period(place, period.start, period.end, ("start", "end"))
    checked_date(draft.place.below("document"), "date", draft.one(IssuedDocument).date)
    for cited, place in draft.of(CitedDocument):
        checked_date(place, "date", cited.date)


def check_form_codes(patterns: Sequence[str], place: Place) -> None:
    """Patterns of form codes can be codes, and leave no room for telephone numbers and names."""
    for k, pattern in enumerate(patterns):
        at = f"form_codes[{k}]"
        if not pattern or pattern != repair(pattern)[0]:
            place.note("study.form_code", at, value=pattern)
        elif not fixed_part(pattern):
            place.note("study.form_code_wide", at, severity="warning", value=pattern)


def _is_known(look_up: Callable[[str], object], name: str) -> bool:
    try:
        look_up(name)
    except (ValueError, OSError, LookupError):  # unknown, malformed, a folder, or leaving the database
        return False
    return True


def check_exclusions(draft: StudyDraft) -> None:
    """Units are excluded for a reason."""
    for exclusion, place in draft.of(Exclusion):
        if not exclusion.reason.strip():
            place.note("record.missing", "reason")


def check_returns(draft: StudyDraft, known: Declared) -> None:
    """Modes, columns and encodings of return files; no sheet is listed twice."""
    for entry, place in draft.of(ReturnFile):
        form = known.forms.get(entry.questionnaire)
        if form is not None and form.modes and entry.mode and entry.mode not in form.modes:
            place.not_accepted("record.not_accepted", "mode", entry.mode, form.modes)
        columns = (*known.columns, *(name for name in SAID_OF_FORMS if name not in known.columns))
        refer(place, "column", "columns", [code for code, _ in entry.columns], columns)
        _check_recode(entry, place, known)
        if entry.header and not _is_pattern(entry.header, needs_unit=form is not None and form.matrix):
            place.note("study.header", "header", value=entry.header)
        for word, state in entry.states:
            if state not in TOOL_STATES:
                place.not_accepted("record.not_accepted", f"states.{word}", state, TOOL_STATES)
        known_tables = entry.encoding in FONT_ENCODINGS or _is_known(codecs.lookup, entry.encoding)
        if entry.encoding and not known_tables:
            place.note("study.encoding", "encoding", value=entry.encoding)
    sheets = ((" ".join((e.path, e.sheet, e.questionnaire)).strip(), p) for e, p in draft.of(ReturnFile))
    note_doubles(sheets, "path")


def _check_recode(entry: ReturnFile, place: Place, known: Declared) -> None:
    """A recode is of an item, a scale or all of them, and names options that exist."""
    for key, pairs in entry.recode:
        scales = [known.scales[code] for code in ([known.scale_of.get(key, key)] if key != "*" else known.scales)
                  if code in known.scales]  # fmt: skip
        options = [_ways_to_answer(scale) for scale in scales]
        if not options:
            place.not_accepted("study.recode", f"recode.{key}", key, ("*", *known.scales, *known.scale_of))
        for said, meant in pairs if options else ():
            if str(meant) and not any(fold(str(meant)) in ways for ways in options):
                accepted = [level.code for level in scales[0].levels]
                place.not_accepted("record.not_accepted", f"recode.{key}.{said}", str(meant), accepted)


def _ways_to_answer(scale: Scale) -> frozenset[str]:
    """The folded codes, labels and aliases of the levels and non-answers of a scale."""
    known: tuple[Level | NonAnswer, ...] = (*scale.levels, *scale.non_answers)
    ways = ((said.code, said.label_vi, said.label_en, *said.aliases) for said in known)
    return frozenset(fold(text) for texts in ways for text in texts)


def _is_pattern(header: str, needs_unit: bool) -> bool:
    """Whether a pattern of headings says where the item stands, and the unit where a form rates many."""
    parts = re.findall(r"\{(.*?)\}", header)
    braces = header.count("{") == header.count("}") == len(parts)
    needed = ["item", "unit"] if needs_unit else ["item"]
    return braces and sorted(parts) in (needed, ["item", "unit"])


def check_weights(draft: StudyDraft) -> None:
    """Weighting plans are complete, their bounds lie around 1, and what they calibrate to has totals."""
    for plan, place in draft.of(WeightPlan):
        drawn = any(d.group == plan.group and plan.block in ("", d.block) for d in draft.all(DrawnElement))
        if plan.base == "given" and not plan.weight and not drawn and DrawnElement not in draft.broken:
            place.note("weights.no_field", "weight", group=plan.group)
        for name, pair in (("bounds", plan.bounds), ("trim", plan.trim)):
            if pair is not None and not 0 <= pair[0] < 1 < pair[1]:
                place.note("weights.around_one", name, low=pair[0], high=pair[1])
        framed = any(f.group == plan.group and plan.block in ("", f.block) for f in draft.all(Frame))
        if plan.census and not framed and Frame not in draft.broken:
            place.note("weights.census_without_frame", "census", group=plan.group)
        if plan.distance == "logit" and plan.margins and plan.bounds is None:
            place.note("weights.logit_bounds", "bounds", group=plan.group)
        idle = {"bounds": plan.bounds and not plan.margins, "weight": plan.weight and plan.base != "given"}
        for name in (name for name, without_effect in idle.items() if without_effect):
            place.note(f"weights.idle_{name}", name, severity="warning", group=plan.group)
        totals = [m for m in draft.all(MarginTotal) if m.group == plan.group and plan.block in ("", m.block)]
        known = {total.variable for total in totals}
        for variable in plan.margins:
            if variable not in known:
                place.note("weights.no_margin", "margins", value=variable, group=plan.group)


def check_issued(draft: StudyDraft, known: Declared) -> None:
    """Forms are issued for a questionnaire and a unit; only those of a matrix for none."""
    for issued, place in draft.of(Issued):
        form = known.forms.get(issued.questionnaire)
        if form is None:
            continue
        known.refer(place, form.block, issued.unit)
        if not issued.unit and not form.matrix:
            place.note("issued.no_unit", "unit", questionnaire=form.code)


def check_frames(draft: StudyDraft, known: Declared) -> None:
    """Populations are counts of known cells, given for every assessed unit."""
    matrix = {(form.block, form.group) for form in known.forms.values() if form.matrix}
    for frame, place in draft.of(Frame):
        if not frame.unit and (frame.block, frame.group) not in matrix:
            place.note("frames.no_unit", "unit", block=frame.block, group=frame.group)
    for cell, place in draft.of(PlannedCell):
        if cell.unit and (cell.block, cell.group) in matrix:
            place.note("planned.of_matrix", "unit", block=cell.block, group=cell.group)
        if cell.issued is not None and cell.issued < cell.forms:
            place.note("planned.issued", "issued", forms=f"{cell.forms:.12g}", value=f"{cell.issued:.12g}")
    if Frame not in draft.broken:
        _check_gaps(draft, known)


def _check_gaps(draft: StudyDraft, known: Declared) -> None:
    """A group with populations has one for every assessed unit of its block that has no estimate from elsewhere."""
    surveyed = {node.code for node in known.nodes.values() if node.measured_by == SURVEY}
    elsewhere = {(e.block, e.unit, e.group) for e in draft.all(External) if e.node in surveyed}
    framed: dict[tuple[str, str], dict[str, Place]] = defaultdict(dict)
    for frame, place in draft.of(Frame):
        framed[frame.block, frame.group][frame.unit] = place
    for (block, group), units in framed.items():
        assessed = [unit for unit in known.units[block] if (block, unit) not in known.excluded]
        without = [u for u in assessed if u not in units and (block, u, group) not in elsewhere]
        if "" not in units and without:
            where = Place(draft.problems, next(iter(units.values())).file)
            where.note("frames.gap", "unit", block=block, group=group, units=without)


def check_margins(draft: StudyDraft, known: Declared) -> None:
    """Margins name a kept field and one of its categories, with at least two categories a cell."""
    cells: dict[tuple[str, ...], list[Place]] = defaultdict(list)
    for margin, place in draft.of(MarginTotal):
        field = known.fields.get(margin.variable)
        if field is not None and field.categories:
            refer(place, "category", "category", [margin.category], list(dict(field.categories)))
        cells[margin.block, margin.group, margin.unit, margin.variable].append(place)
    whole = {(block, group, variable) for block, group, unit, variable in cells if not unit}
    for (block, group, unit, variable), places in cells.items():
        if unit and (block, group, variable) in whole:
            places[0].note("margins.mixed", "unit", variable=variable, group=group, block=block)
        if len(places) == 1:
            places[0].note(
                "margins.one_category", "category", variable=variable, group=group, block=block, unit=unit
            )


def check_totals(draft: StudyDraft, known: Declared) -> None:
    """The margins of one cell agree in total with one another and with the frame."""
    frames: dict[tuple[str, str], list[Frame]] = defaultdict(list)
    for frame in draft.all(Frame):
        if (frame.block, frame.unit) not in known.excluded:
            frames[frame.block, frame.group].append(frame)
    totals: dict[tuple[str, str, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    where: dict[tuple[str, ...], Place] = {}
    for margin, place in draft.of(MarginTotal):
        totals[margin.block, margin.group, margin.unit][margin.variable] += margin.population
        where.setdefault((margin.block, margin.group, margin.unit, margin.variable), place)
    for (block, group, unit), variables in totals.items():
        framed = [frame.population for frame in frames[block, group] if unit in ("", frame.unit)]
        reference, expected = ("frames", sum(framed)) if framed else next(iter(variables.items()))
        for name, total in variables.items():
            if not isclose(total, expected, rel_tol=TOTALS_AGREE):
                where[block, group, unit, name].note(
                    "margins.total", "population", variable=name, block=block, group=group, unit=unit,
                    found=f"{total:.10g}", expected=f"{expected:.10g}", reference=reference,
                )  # fmt: skip


def check_externals(draft: StudyDraft, known: Declared) -> None:
    """External estimates stand on groups that answer their node, and carry their uncertainty."""
    for external, place in draft.of(External):
        node = known.nodes.get(external.node)
        if node is not None and node.groups and external.group in known.codes(Group):
            refer(place, "node_group", "group", [external.group], list(dict(node.groups)))
        if known.assessed(external.node, external.block):
            place.note("externals.assessed", "node", node=external.node)
        if external.se is None and external.n is None:
            place.note("externals.no_uncertainty", "se", node=external.node)
        for name, value in (("n", external.n), ("df", external.df)):
            if value is not None and value <= 0:
                place.note("record.not_positive", name, value=value)


def check_headlines(draft: StudyDraft, instrument: InstrumentDraft) -> None:
    """Published figures have a value or a rank, within what the node can reach."""
    if Node not in instrument.broken:
        for figure, place in draft.of(Headline):
            check_headline(figure, place, instrument.instrument)


def _is_row_of_file(code: str) -> bool:
    """Whether a form code is a file and a row of it, as results name forms without codes."""
    place, mark, row = code.rpartition("#")
    return bool(mark) and row.isdecimal() and _IN_FILE.search(place) is not None


def check_decisions(draft: StudyDraft) -> None:
    """Decisions are dated, name no row of a file and stand on issued forms; spellings that are read as one mean one unit."""
    issued = {entry.form_code for entry in draft.all(Issued)} if draft.of(Decision) else set()
    for decision, place in draft.of(Decision):
        check_period(place, decision.date, "", ("date", "date"))
        if decision.submission:
            continue
        if _is_row_of_file(decision.form_code):
            place.note("decisions.by_row", "form_code", value=decision.form_code)
        elif issued and decision.form_code not in issued:
            place.note("decisions.not_issued", "form_code", severity="warning", value=decision.form_code)
    decided: dict[tuple[str, str], tuple[UnitDecision, Place]] = {}
    for made, place in draft.of(UnitDecision):
        first, where = decided.setdefault((made.block, fold_name(made.text)), (made, place))
        if made.text != first.text and made.unit_code != first.unit_code:
            place.note("returns.decided_twice", "text", text=made.text, other=where.row)


def check_adjudication(draft: StudyDraft, known: Declared) -> None:
    """Decided disagreements name a field that exists and who decided."""
    for entry, place in draft.of(Adjudication):
        refer(place, "field", "field", [entry.field.partition(" [")[0]], ("unit", *known.columns))
        if entry.final.strip() and not entry.who.strip():
            place.note("record.missing", "who")
