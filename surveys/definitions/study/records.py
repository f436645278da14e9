"""The frozen records of a study: one round of one instrument, with its files, frames, rules and plans.

They are built from ``study.toml`` and the CSV files it names by :mod:`surveys.definitions.study.reading`. Paths are kept
as written, relative to the study's folder, and never leave it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cached_property
from pathlib import Path
from typing import Literal

from surveys.definitions.field_types import Count, Date, MayBeEmpty
from surveys.definitions.instrument.records import Instrument, Rule, Unit
from surveys.definitions.study.council_names import OUR_NAMES, CouncilSystem
from surveys.definitions.study.limits import LIMITS, Limits
from surveys.definitions.study.publication import UNSAID, IssuedDocument, Period, Publication
from surveys.definitions.study.sample_plan import DrawnElement, SamplePlan, SamplingList
from surveys.problems import Language, Problem
from surveys.vocabulary.measures import HeadlineMeasure, Measure, Sign
from surveys.vocabulary.notebook_display import Shown
from surveys.vocabulary.report_sections import REPORT_SECTIONS, SectionName
from surveys.vocabulary.statuses import NO_ANSWER, PENDING


@dataclass(frozen=True, slots=True)
class StudyHeading:
    """The table ``[study]``; ``instrument`` is a shipped name or ``./folder``; ``pseudonymised``: this is the copy of a study
    in which running numbers stand in place of what respondents typed."""

    code: str
    instrument: str
    label_vi: str = ""
    label_en: str = ""
    pseudonymised: bool = False


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A unit that is not assessed in this round."""

    block: str
    unit: str
    reason: str


@dataclass(frozen=True, slots=True)
class StudyUnits:
    """The table ``[units]``: a register of the study's own (empty: that of the instrument), and units that are not assessed."""

    file: str = ""
    exclusions: tuple[Exclusion, ...] = ()


@dataclass(frozen=True, slots=True)
class ReturnFile:
    """One file of returns.

    * ``reader`` empty: recognised by content.
    * ``header`` is the heading pattern of a matrix (``{item} [{unit}]``).
    * ``columns`` maps a field or item code to the heading used in this file, or to several of which the first filled is read.
    * ``mapping`` names a mapping file (see ``surveys map``).
    * ``entry``: first or second for double entry; ``match_codes``: whether second entries whose codes differ from those of first
      ones only as spreadsheet programs make them differ are the same forms.
    * ``date_order``: of day, month and year in its dates (empty: told from all of them).
    * ``true_dates``: whether the dates that a spreadsheet program stored as such are right, or have day and month in each
      other's place (empty: a fault where it looks so).
    * ``unit_written``: whether the unit stands in every row, in the first row of its forms, or in a row of its own above them
      (empty: in every row, and noted where it looks otherwise).
    * ``states``: word of the collecting tool (or ``Column=word``) → valid, review or left_out.
    * ``values``: whether labels or codes are read where a cell has both (empty: both, and they must agree).
    * ``recode``: item, scale or ``*`` → value as the file writes it → option of the scale.
    * ``encoding`` and ``delimiter`` of a text file (empty: told from its content).
    * ``decimal`` mark of its columns of numbers (empty: a number that can be read in two ways is told).
    * ``hidden_rows`` of a workbook are read, or left out.
    * ``rows``: heading → values that a row must have there to belong to the round.
    """

    path: str
    questionnaire: str = ""
    reader: str = ""
    sheet: str = ""
    mode: str = ""
    batch: str = ""
    header: str = ""
    encoding: str = ""
    mapping: str = ""
    entry: Literal["", "first", "second"] = ""
    match_codes: Literal["exact", "alike"] = "exact"
    date_order: Literal["", "dmy", "mdy", "ymd"] = ""
    true_dates: Literal["", "right", "swapped"] = ""
    values: Literal["", "labels", "codes"] = ""
    unit_written: Literal["", "every_row", "first_row", "section_row"] = ""
    delimiter: Literal["", ",", ";", "|", "tab"] = ""
    decimal: Literal["", ".", ","] = ""
    hidden_rows: Literal["read", "leave_out"] = "read"
    columns: tuple[tuple[str, str | tuple[str, ...]], ...] = ()
    states: tuple[tuple[str, str], ...] = ()
    recode: tuple[tuple[str, tuple[tuple[str, str | int], ...]], ...] = ()

    rows: tuple[tuple[str, str | tuple[str, ...]], ...] = ()

    def wanted(self) -> dict[str, tuple[str, ...]]:
        """Heading → the values that a row must have there."""
        return {heading: (said,) if isinstance(said, str) else said for heading, said in self.rows}

    def headings(self) -> dict[str, tuple[str, ...]]:
        """Field or item code → its headings in this file; none where the file does not have it.

        >>> ReturnFile("r.csv", columns=(("unit", "Tên phường"), ("A1", ("#D", "#I")), ("A2", ""))).headings()
        {'unit': ('Tên phường',), 'A1': ('#D', '#I'), 'A2': ()}
        """
        listed = ((code, (said,) if isinstance(said, str) else said) for code, said in self.columns)
        return {code: tuple(filter(None, headings)) for code, headings in listed}


@dataclass(frozen=True, slots=True)
class Issued:
    """A form that was handed out. ``unit`` is empty for a matrix questionnaire; ``mode`` and ``interviewer``: how and by whom;
    ``drawn``: the element of a sampling list that it is for."""

    form_code: str
    questionnaire: str
    unit: str = ""
    mode: str = ""
    interviewer: str = ""
    drawn: str = ""


@dataclass(frozen=True, slots=True)
class PlannedCell:
    """What a plan wants of one cell: valid ``forms``, and ``issued`` ones for them (none: not said). ``unit`` empty: each unit of
    the block without a row of its own, or the forms of a matrix questionnaire, which rate every unit."""

    block: str
    unit: MayBeEmpty
    group: str
    forms: Count
    issued: Count | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """Population of one cell. ``unit`` is empty when one population rates every unit of the block (matrix raters)."""

    block: str
    unit: MayBeEmpty
    group: str
    population: Count


@dataclass(frozen=True, slots=True)
class MarginTotal:
    """A known population total for calibration: in ``block``, ``group`` (and ``unit``, or every unit when empty)."""

    block: str
    group: str
    variable: str
    category: str
    population: Count
    unit: str = ""


@dataclass(frozen=True, slots=True)
class WeightPlan:
    """How one group (in one block, or in all when empty) is weighted. ``base``: frame (population / valid forms per
    cell), given (a weight field of the returns; without one, weights, strata and clusters of the drawn elements) or equal.
    ``strata`` and ``clusters`` name return fields; by default a stratum is a cell of the frame and a cluster is a rater.
    ``trim`` = (lowest, highest) as multiples of the mean. ``census``: everybody in the frame was asked, so that who did not
    answer is no matter of chance."""

    group: str
    block: str = ""
    base: Literal["frame", "given", "equal"] = "frame"
    finite: bool = True
    census: bool = False
    margins: tuple[str, ...] = ()
    distance: Literal["linear", "raking", "logit"] = "raking"
    bounds: tuple[float, float] | None = None
    trim: tuple[float, float] | None = None
    strata: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    weight: str = ""
    lonely: Literal["fail", "remove", "certainty", "adjust", "average"] = "adjust"


@dataclass(frozen=True, slots=True)
class External:
    """An estimate from another survey. ``score`` in [0, 1]; either ``se`` or ``n``. ``group`` empty: the node itself."""

    block: str
    unit: str
    node: str
    group: MayBeEmpty
    score: float
    document: str
    satisfaction_percent: float | None = None
    se: float | None = None
    n: Count | None = None
    df: float | None = None
    page: str = ""


@dataclass(frozen=True, slots=True)
class ResultFile:
    """``scores.csv`` of another scored round, whose results over the groups are taken over as external estimates.
    ``nodes``: node of this study → node of the other round; ``document`` names that round wherever the estimates appear."""

    path: str
    document: str
    nodes: tuple[tuple[str, str], ...]
    page: str = ""


@dataclass(frozen=True, slots=True)
class Assessment:
    """The steps of the council's assessment of one unit and node, in points: what the unit gave itself, the first appraisal,
    the unit's explanation, the final points; every step may be missing. ``node``: a node measured by assessment, or one above
    such nodes, whose points stand for all of them; ``evidence`` names the papers that prove them."""

    block: str
    unit: str
    node: str
    self_assessed: float | None = None
    self_assessed_on: Date = ""
    first_appraisal: float | None = None
    explanation: str = ""
    explained_on: Date = ""
    final: float | None = None
    evidence: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class AssessmentDates:
    """The table ``[assessment]``: the last day of the units' self-assessment and of their explanations (empty: no limit)."""

    self_assessed_by: Date = ""
    explained_by: Date = ""


@dataclass(frozen=True, slots=True)
class Agency:
    """Who leads the work on a node, or on one of its items, and who takes part, from one day to another (empty: open). ``block``,
    ``unit`` and ``item`` empty: all of them. A node without agencies has those of the node above it."""

    block: MayBeEmpty
    unit: MayBeEmpty
    node: str
    item: MayBeEmpty
    lead: str
    coordinating: tuple[str, ...] = ()
    valid_from: Date = ""
    valid_to: Date = ""
    document: str = ""


@dataclass(frozen=True, slots=True)
class AgencyDate:
    """The table ``[agencies]``: the day of which the agencies in charge are told."""

    on: Date = ""

    def among(self, document: IssuedDocument, period: Period) -> str:
        """That day (ISO), else that of the document, else the end of the period; empty where there is none."""
        return self.on or document.date or period.end


@dataclass(frozen=True, slots=True)
class Target:
    """What a node, or one of its items, is to reach until the day ``due``. ``target`` is a number, a group of units or a class;
    ``measure``: points, percent of the maximum, rank, so many ranks better (rank_up), among the best so many (top), a group of
    units or a class of results; ``block`` and ``unit`` empty: all of them."""

    block: MayBeEmpty
    unit: MayBeEmpty
    node: str
    item: MayBeEmpty
    measure: Measure
    target: str
    sign: Sign = ""
    due: Date = ""
    document: str = ""

    @property
    def number(self) -> Decimal | None:
        """The target as it is printed; None where it is no number.

        >>> Target("", "", "0", "", "percent", "92,00").number, Target("", "", "0", "", "class", "good").number
        (Decimal('92.00'), None)
        """
        try:
            value = Decimal(self.target.replace(",", "."))
        except InvalidOperation:
            return None
        return value if value.is_finite() else None


@dataclass(frozen=True, slots=True)
class Headline:
    """A figure of a unit and node (empty: the total) that was published for a year, as printed: its value as points, percent of
    the maximum or score in [0, 1], its rank of so many units, and the document that prints it."""

    block: str
    unit: str
    node: MayBeEmpty
    year: int
    document: str
    value: Decimal | None = None
    measure: Literal["", HeadlineMeasure] = ""
    rank: int | None = None
    of_units: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """A reviewer's decision on one form (``unit`` empty: all its evaluations). ``submission``: the one submission that is meant
    (empty: every form of the code), ``content`` a key of what it said then; ``assigned_unit``: the unit of a form that names none
    itself."""

    form_code: str
    unit: MayBeEmpty
    decision: Literal["valid", "rejected"]
    reviewer: str
    reason: str
    date: Date = ""
    submission: str = ""
    assigned_unit: str = ""
    content: str = ""


@dataclass(frozen=True, slots=True)
class UnitDecision:
    """A spelling of a unit that someone confirmed; ``unit_code`` empty: confirmed to be no unit of the register."""

    block: str
    text: str
    unit_code: MayBeEmpty
    reviewer: str = ""
    reason: str = ""
    date: Date = ""


@dataclass(frozen=True, slots=True)
class Adjudication:
    """What was decided about a disagreement of two data entries of a form. ``field``: an item code (``item [unit]`` in a matrix),
    ``unit``, or the code of a field; ``first`` and ``second`` are what was entered; ``final`` empty: not decided yet."""

    form: str
    field: str
    first: str = ""
    second: str = ""
    final: str = ""
    who: str = ""
    reason: str = ""
    date: Date = ""


@dataclass(frozen=True, slots=True)
class EntryCode:
    """Which form a second data entry is of, whose code is that of no first entry; ``first_code`` empty: of none."""

    second_code: str
    first_code: MayBeEmpty
    reviewer: str = ""
    reason: str = ""
    date: Date = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a unit answered to its draft results, about a node or about all of them (``node`` empty), when, and what was decided
    about that by whom, why and on which day; ``pending``: nothing yet."""

    block: str
    unit: str
    node: MayBeEmpty
    explanation: MayBeEmpty
    received_on: Date = ""
    status: Literal["received", "none", "late"] = "received"
    decision: Literal["accepted", "partly", "rejected", "pending"] = "pending"
    reviewer: str = ""
    reason: str = ""
    date: Date = ""

    @property
    def is_open(self) -> bool:
        """Whether it came in and waits for a decision."""
        return self.status != NO_ANSWER and self.decision == PENDING


@dataclass(frozen=True, slots=True)
class Fieldwork:
    """First and last day of fieldwork (ISO), the time zone of the returns' clock times, and how the codes of forms look
    (:mod:`surveys.definitions.study.form_codes`): codes that were issued and codes of these patterns are no personal data.
    ``check_character``: the last character of the codes is a check on the others (:mod:`surveys.vocabulary.check_characters`)."""

    start: Date = ""
    end: Date = ""
    timezone: str = "Asia/Ho_Chi_Minh"
    form_codes: tuple[str, ...] = ()
    check_character: bool = False


@dataclass(frozen=True, slots=True)
class Minimum:
    """Smallest number of valid forms of a cell whose result is shown."""

    forms: int = 5
    by_group: tuple[tuple[str, int], ...] = ()

    def of(self, group: str) -> int:
        return dict(self.by_group).get(group, self.forms)


@dataclass(frozen=True, slots=True)
class Inference:
    """Interval, level and what happens to a sub-criterion when a group is missing. ``external_correlation``: assumed
    between external estimates of one unit taken from one document (1 is the cautious default). ``variances``: moderated, so that
    cells of the same block, group and item inform each other's, or each cell's own. ``small_sample``: as of a
    :class:`weighting.Design`. ``nonresponse_shift``: by how much those of a census who did not answer may differ from those who
    did, for the bounds beside the intervals."""

    level: float = 0.95
    interval: Literal["bounded", "logit", "wilson", "beta", "wald"] = "bounded"
    on_missing_group: Literal["incomplete", "renormalise"] = "incomplete"
    external_correlation: float = 1.0
    variances: Literal["moderated", "own"] = "moderated"
    small_sample: Literal["leverage", "clusters"] = "leverage"
    nonresponse_shift: float = 0.1

    @property
    def renormalises(self) -> bool:
        """Whether a result without one of its groups counts as whole."""
        return self.on_missing_group == "renormalise"


@dataclass(frozen=True, slots=True)
class Output:
    """Options of the hand-over: language of the official files, decimals printed, and whether unweighted results stand beside
    the weighted ones (as PAPI publishes them)."""

    #: Keys that stand elsewhere now, and where.
    MOVED = (("publisher_vi", "[publisher] name_vi"), ("publisher_en", "[publisher] name_en"))

    language: Language = "vi"
    points_decimals: int = 4
    percent_decimals: int = 2
    score_decimals: int = 10
    unweighted: bool = False


@dataclass(frozen=True, slots=True)
class ReportPlan:
    """The table ``[report]``: its sections in their order, and up to how many units it tells of each within
    itself; where there are more, each has a file of its own."""

    sections: tuple[SectionName, ...] = REPORT_SECTIONS
    units_within: Count = 100


@dataclass(frozen=True, repr=False)
class StudyDefinition(Shown):
    """One round of one instrument."""

    code: str
    label_vi: str
    label_en: str
    instrument: Instrument
    folder: Path
    units: tuple[Unit, ...]
    exclusions: tuple[Exclusion, ...] = ()
    returns: tuple[ReturnFile, ...] = ()
    issued: tuple[Issued, ...] = ()
    frames: tuple[Frame, ...] = ()
    planned: tuple[PlannedCell, ...] = ()
    drawn: tuple[DrawnElement, ...] = ()
    plans: tuple[SamplePlan, ...] = ()
    lists: tuple[SamplingList, ...] = ()
    margins: tuple[MarginTotal, ...] = ()
    weights: tuple[WeightPlan, ...] = ()
    externals: tuple[External, ...] = ()
    assessments: tuple[Assessment, ...] = ()
    assessment: AssessmentDates = AssessmentDates()
    agencies: tuple[Agency, ...] = ()
    agency_date: AgencyDate = AgencyDate()
    targets: tuple[Target, ...] = ()
    rules: tuple[Rule, ...] = ()
    decisions: tuple[Decision, ...] = ()
    unit_decisions: tuple[UnitDecision, ...] = ()
    adjudication: tuple[Adjudication, ...] = ()
    entry_codes: tuple[EntryCode, ...] = ()
    explanations: tuple[Explanation, ...] = ()
    headlines: tuple[Headline, ...] = ()
    fieldwork: Fieldwork = Fieldwork()
    minimum: Minimum = Minimum()
    inference: Inference = Inference()
    output: Output = Output()
    publication: Publication = UNSAID
    council: CouncilSystem = OUR_NAMES
    report: ReportPlan = ReportPlan()
    limits: Limits = LIMITS
    files: tuple[str, ...] = ()  # every input file, relative to the folder, for the manifest
    document: Mapping[str, object] = field(default_factory=dict, repr=False)  # what study.toml says
    changed: tuple[str, ...] = ()  # sections of study.toml that were replaced after it was read
    open_ends: tuple[Problem, ...] = field(default=(), repr=False)  # files whose last line may be cut

    @cached_property
    def excluded(self) -> Mapping[tuple[str, str], Exclusion]:
        return {(e.block, e.unit): e for e in self.exclusions}

    @property
    def is_pseudonymised(self) -> bool:
        """Whether this is the copy of a study, with running numbers in place of what respondents typed."""
        heading = self.document.get("study", {})
        return isinstance(heading, Mapping) and heading.get("pseudonymised") is True

    @property
    def has_assessments(self) -> bool:
        """Whether the round has the council's half: a table of assessments, be it without rows."""
        return bool(self.assessments or self.file_of("assessments"))

    @property
    def agencies_on(self) -> str:
        """The day (ISO) of which the agencies in charge are told; empty where there is none."""
        return self.agency_date.among(self.publication.document, self.publication.period)

    def file_of(self, key: str) -> str:
        """The file that is named under a key of ``[files]``; empty where none is."""
        files = self.document.get("files", {})
        named = files.get(key, "") if isinstance(files, Mapping) else ""
        return named if isinstance(named, str) else ""

    def assessed_units(self, block: str) -> tuple[Unit, ...]:
        """Units of a block that are scored: registered and not excluded."""
        return tuple(u for u in self.units if u.block == block and (u.block, u.code) not in self.excluded)

    def facts(self) -> Mapping[str, object]:
        return {
            "code": self.code,
            "label": self.label_vi,
            "instrument": self.instrument.name,
            "units": len(self.units) - len(self.exclusions),
            "returns": f"{len(self.returns)} files",
            "issued": f"{len(self.issued):,} forms",
            "rules": len(self.rules),
            "changed": ", ".join(self.changed),
        }
