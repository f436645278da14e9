"""What the method of a round is told from, before the survey from the study and after it from the record of its run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from surveys.definitions.instrument.records import Instrument, Node, Questionnaire, ScorePlan
from surveys.definitions.record_building import build
from surveys.definitions.study.index_kind import kind_of
from surveys.definitions.study.records import Fieldwork, StudyDefinition, WeightPlan
from surveys.handover.analysed_results import weight_plans
from surveys.handover.manifest import MANIFEST, version
from surveys.handover.read_back import RunSettings
from surveys.handover.words import document_shown, label_of, words_of
from surveys.handover.workbook_facts import RuleInForce, rule_in_force, rules_in_force
from surveys.problems import Language, Place, Problems
from surveys.reports.analysis_report.parts import WORKED_OUT, Number, NumberSource, Text
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.vocabulary.council_tables import FORMS, IndexKind

#: A block and a group, or a block and a questionnaire.
Pair = tuple[str, str]


@dataclass(frozen=True)
class SampleSizes:
    """How many there are, as text of the report, nothing where it is not known: ``units`` by block, ``population`` by block and
    group (``with_forms``: of the units that have valid forms), ``issued`` forms by block and questionnaire."""

    units: Mapping[str, Text] = field(default_factory=dict)
    population: Mapping[Pair, Text] = field(default_factory=dict)
    issued: Mapping[Pair, Text] = field(default_factory=dict)
    with_forms: bool = False


@dataclass(frozen=True)
class Programs:
    """The program that made the results and the packages it ran with, by name; decisions of people by what they are about; how
    many files went in; the fingerprint. Before the survey there is the version alone."""

    version: str
    python: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    decisions: tuple[tuple[str, Number], ...] = ()
    inputs: Text = ()
    fingerprint: str = ""


@dataclass(frozen=True)
class MethodFacts:
    """``instrument``: with the plan of scores of the round; ``blocks`` that take part; ``excluded``: name and reason of the units
    that are not assessed; ``compares``: whether changes since an earlier round are told, or may be."""

    language: Language
    label: str
    instrument: Instrument
    settings: RunSettings
    kind: IndexKind
    fieldwork: Fieldwork
    rules: tuple[RuleInForce, ...]
    plans: tuple[WeightPlan, ...]
    blocks: tuple[str, ...]
    excluded: tuple[tuple[str, str], ...]
    sizes: SampleSizes
    programs: Programs
    compares: bool = True

    @cached_property
    def words(self) -> Mapping[str, Mapping[str, str]]:
        """Kind of code → code → what it is called."""
        kinds = ("block", "group", "questionnaire", "node", "measured_by")
        return {kind: words_of(kind, self.instrument, self.language) for kind in kinds}

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes of the blocks that take part, as a tree is printed: every node before those below it."""
        return tuple(self._below(""))

    def _below(self, above: str) -> Iterable[Node]:
        for node in self.instrument.children.get(above, ()):
            if not node.blocks or set(node.blocks) & set(self.blocks):
                yield node
                yield from self._below(node.code)

    @cached_property
    def questionnaires(self) -> tuple[Questionnaire, ...]:
        """The questionnaires of the blocks that take part."""
        return tuple(q for q in self.instrument.questionnaires if q.block in self.blocks)

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """The groups that are asked, in the order of the instrument."""
        asked = {form.group for form in self.questionnaires}
        return tuple(group.code for group in self.instrument.groups if group.code in asked)

    @cached_property
    def plan_of(self) -> Mapping[Pair, WeightPlan]:
        """(block, group) that is asked → how its forms are weighted: the most specific plan, or the default."""
        declared = {(plan.block, plan.group): plan for plan in self.plans}
        pairs = dict.fromkeys((q.block, q.group) for q in self.questionnaires)
        return {
            (block, group): declared.get(
                (block, group), declared.get(("", group), WeightPlan(group=group, block=block))
            )
            for block, group in pairs
        }

    def field_names(self, codes: Sequence[str]) -> str:
        """What fields of a return are called, joined by commas."""
        known = {one.code: label_of(one, self.language) for one in self.instrument.fields}
        return ", ".join(known.get(code, "") or code for code in codes)

    @property
    def basis(self) -> str:
        """The documents on which the round rests."""
        documents = (document_shown(one, self.language) for one in self.settings.publication.basis)
        return "; ".join(filter(None, documents))


def facts_of_study(study: StudyDefinition, language: Language) -> MethodFacts:
    """A round that is being prepared: no form has come back, and nothing is scored."""
    settings = replace(RunSettings.of(study), output=replace(study.output, language=language))
    every = [block.code for block in study.instrument.blocks]
    blocks = [code for code in every if study.assessed_units(code)] or every
    named = {(unit.block, unit.code): unit for unit in study.units}
    excluded = [(named.get((e.block, e.unit)), e) for e in study.exclusions]
    return MethodFacts(
        language,
        label_of(study, language),
        study.instrument,
        settings,
        kind_of(study),
        study.fieldwork,
        tuple(rule_in_force(r.rule, r.severity, dict(r.params), r.questionnaires) for r in study.rules),
        study.weights,
        tuple(blocks),
        tuple((_named(unit, language) or e.unit, e.reason) for unit, e in excluded),
        _sizes_of_study(study, blocks),
        Programs(version()),
    )


def _named(unit: object, language: Language) -> str:
    return str(getattr(unit, f"name_{language}", "") or getattr(unit, "name_vi", ""))


def _sizes_of_study(study: StudyDefinition, blocks: Sequence[str]) -> SampleSizes:
    population: dict[Pair, float] = {}
    assessed = {block: {"", *(unit.code for unit in study.assessed_units(block))} for block in blocks}
    for frame in study.frames:
        if frame.unit in assessed.get(frame.block, ()):
            population[frame.block, frame.group] = (
                population.get((frame.block, frame.group), 0) + frame.population
            )
    issued: dict[Pair, int] = {}
    for form in study.issued:
        asked = study.instrument.questionnaire.get(form.questionnaire)
        if asked is not None:
            issued[asked.block, asked.code] = issued.get((asked.block, asked.code), 0) + 1
    return SampleSizes(
        {block: _counted("units", (block,), len(assessed[block]) - 1) for block in blocks},
        {pair: _counted("population", pair, round(size)) for pair, size in population.items()},
        {pair: _counted("issued", pair, size) for pair, size in issued.items()},
    )


def _counted(what: str, of: Sequence[str], size: int) -> Text:
    """A number that the report counts itself."""
    return (Number(str(size), NumberSource(WORKED_OUT, (what, *of), "count")),)


# --- after the survey -------------------------------------------------------------------------------------------------


def facts_of_round(round_: ReportedRound) -> MethodFacts:
    """A round that was scored, from what its folder records."""
    run, problems = round_.run, Problems()
    settings = run["settings"]
    plan = build(ScorePlan, run.get("scoring", {}), Place(problems, MANIFEST, at="scoring"))
    fieldwork = build(Fieldwork, settings["fieldwork"], Place(problems, MANIFEST, at="settings.fieldwork"))
    problems.raise_errors()
    excluded = ((str(e["block"]), str(e["unit"]), str(e["reason"])) for e in settings["exclusions"])
    register = {(u.block, u.code): u for u in round_.instrument.units}
    return MethodFacts(
        round_.language,
        round_.label,
        replace(round_.instrument, scoring=plan or ScorePlan()),
        round_.results.settings,
        round_.results.kind,
        fieldwork or Fieldwork(),
        rules_in_force(run),
        tuple(weight_plans(run)),
        round_.blocks,
        tuple((_named(register.get((b, u)), round_.language) or u, reason) for b, u, reason in excluded),
        _sizes_of_round(round_),
        _programs_of(round_),
        compares=bool(round_.previous),
    )


def _sizes_of_round(round_: ReportedRound) -> SampleSizes:
    units, population = round_.quoted("council-units"), round_.quoted("weight-diagnostics")
    forms = round_.quoted("council-forms") or ()
    return SampleSizes(
        {of[0]: _counted("units", of, len(rows)) for of, rows in units.by("block").items()} if units else {},
        {
            (row["block"], row["group"]): (row.number("population"),)
            for row in population or ()
            if row["population"]
        },
        {(r["block"], r["questionnaire"]): (r.number("issued"),) for r in forms if r["counted"] == FORMS},
        with_forms=True,
    )


def _programs_of(round_: ReportedRound) -> Programs:
    run = round_.run
    decisions = [
        (
            str(one["about"]),
            Number(str(one["decisions"]), NumberSource("run", ("decisions", str(one["path"])), "decisions")),
        )
        for one in run.get("decisions", ())
        if "decisions" in one
    ]
    return Programs(
        str(run["engine"]["version"]),
        str(run.get("python", "")),
        {str(name): str(number) for name, number in run.get("packages", {}).items()},
        tuple(decisions),
        _counted("inputs", ("run",), len(run.get("inputs", ()))),
        round_.results.fingerprint,
    )
