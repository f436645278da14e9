"""What is measured, who is asked, by which questionnaires, items and scales."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from surveys.definitions.instrument.records import Item, Scale
from surveys.handover.words import label_of, period_shown
from surveys.handover.workbook_sheets import marked
from surveys.problems import phrase, wording
from surveys.reports.analysis_report.method.cells import cell, plain, sentence, table
from surveys.reports.analysis_report.method.facts import MethodFacts
from surveys.reports.analysis_report.parts import Block, Heading, Paragraph, Reference, Text
from surveys.reports.analysis_report.told import joined, told
from surveys.scoring.combination_rules import rule_of
from surveys.vocabulary.combination_names import SHARES, WEIGHTED
from surveys.vocabulary.dates import written_date


def measured(facts: MethodFacts) -> Iterator[Block]:
    """Index, period, blocks with their units, points, documents, groups."""
    language, settings = facts.language, facts.settings
    say = partial(told, language=language)
    yield Heading(2, phrase("report.method.heading.measured", language))
    blocks = joined(
        *(
            say(
                "report.method.block",
                block=facts.words["block"][block],
                units=facts.sizes.units.get(block, ()),
            )
            for block in facts.blocks
        ),
        by="; ",
    )
    period = period_shown(settings.publication.period, language)
    yield Paragraph(
        say(
            "report.method.measured" if facts.kind.scored else "report.method.counted",
            label=facts.label,
            instrument=facts.instrument.name,
            period=period,
            blocks=blocks,
        )
    )
    yield from map(Paragraph, _points(facts))
    if facts.excluded:
        units = (
            phrase("report.method.excluded.unit", language, unit=u, reason=why) for u, why in facts.excluded
        )
        yield Paragraph(say("report.method.excluded", units="; ".join(units)))
    groups = (f"({k}) {facts.words['group'][group]}" for k, group in enumerate(facts.groups, 1))
    yield Paragraph(say("report.method.groups", groups="; ".join(groups)))
    if facts.basis:
        yield Paragraph(say("report.method.basis", documents=facts.basis))


def _points(facts: MethodFacts) -> Iterator[Text]:
    """The maximum points of every block, and of its halves."""
    for block in facts.blocks if facts.kind.points else ():
        leaves = facts.instrument.leaves(block)
        assessed = {node.code for node in facts.instrument.assessed_leaves("", block)}
        halves = {True: 0.0, False: 0.0}
        for node in leaves:
            halves[node.code in assessed] += node.max_points or 0.0
        total = facts.instrument.total_points or sum(halves.values())
        named = {"total": total} | ({"council": halves[True], "survey": halves[False]} if assessed else {})
        shown = {name: marked(plain(number), facts.language) for name, number in named.items()}
        words = facts.words["block"][block]
        yield told(
            "report.method.total", facts.language, block=words, **{"council": "", "survey": "", **shown}
        )


def sample(facts: MethodFacts) -> Iterator[Block]:
    """Fieldwork, population and forms issued."""
    language, days = facts.language, facts.fieldwork
    yield Heading(2, phrase("report.method.heading.sample", language))
    if days.start and days.end:
        start, end = (written_date(day, language) for day in (days.start, days.end))
        yield Paragraph(told("report.method.fieldwork", language, start=start, end=end))
    note = "sample_with_forms" if facts.sizes.with_forms else "sample"
    rows = (
        (
            cell(facts.words["block"][q.block]),
            cell(facts.words["group"][q.group]),
            cell(facts.words["questionnaire"][q.code]),
            cell(*facts.sizes.population.get((q.block, q.group), ())),
            cell(*facts.sizes.issued.get((q.block, q.code), ())),
        )
        for q in facts.questionnaires
    )
    plan = (
        ("block", 0.2, False),
        ("group", 0.26, False),
        ("questionnaire", 0.3, False),
        ("population", 0.12, True),
    )
    yield from table(
        "sample",
        (*plan, ("issued", 0.12, True)),
        rows,
        language,
        note=told(f"report.method.note.{note}", language),
    )


# --- questionnaires and items -----------------------------------------------------------------------------------------


def questionnaires(facts: MethodFacts) -> Iterator[Block]:
    """Questionnaires with their modes, items by node, scales."""
    language = facts.language
    yield Heading(2, phrase("report.method.heading.questionnaires", language))
    plan = (
        ("number", 0.06, True),
        ("questionnaire", 0.36, False),
        ("group", 0.22, False),
        ("modes", 0.16, False),
    )
    yield from table(
        "questionnaires", (*plan, ("items", 0.1, True), ("scored", 0.1, True)), _forms(facts), language
    )
    matrix = [facts.words["questionnaire"][q.code] for q in facts.questionnaires if q.matrix]
    own = [facts.words["questionnaire"][q.code] for q in facts.questionnaires if q.own_unit]
    for name, named in (("matrix", matrix), ("own_unit", own)):
        if named:
            yield Paragraph(told(f"report.method.{name}", language, questionnaires="; ".join(named)))
    items = (("code", 0.09, False), ("item", 0.53, False), ("asked", 0.15, False), ("scale", 0.23, False))
    note = told("report.method.note.items", language, table=Reference("table-method-questionnaires"))
    yield from table("items", items, _items(facts), language, bold=_heads(facts), note=note)
    scales = (("scale", 0.25, False), ("levels", 0.45, False), ("no_answer", 0.3, False))
    yield from table("scales", scales, _scales(facts), language)


def _forms(facts: MethodFacts) -> Iterator[tuple[Text, ...]]:
    for k, form in enumerate(facts.questionnaires, 1):
        asked = facts.instrument.items_of(form.code)
        scored = [item for item in asked if _is_scored(facts, item)]
        modes = ", ".join(mode_words(mode, facts) for mode in form.modes)
        words = facts.words["questionnaire"][form.code], facts.words["group"][form.group], modes
        yield cell(str(k)), *map(sentence, words), cell(str(len(asked))), cell(str(len(scored)))


def mode_words(mode: str, facts: MethodFacts) -> str:
    """What a mode of collection is called; a word of the definition's own stays."""
    known = wording().get(f"export.mode.{mode}")
    return known[facts.language] if known else mode


def _is_scored(facts: MethodFacts, item: Item) -> bool:
    return bool(item.node) and facts.instrument.node[item.node].rule != SHARES


def _listed(facts: MethodFacts) -> Iterator[tuple[str, tuple[Item, ...]]]:
    """Nodes of the blocks that take part, with their items that are asked there."""
    asked = {form.code for form in facts.questionnaires}
    for node in facts.nodes:
        items = facts.instrument.items_of_node.get(node.code, ())
        items = tuple(item for item in items if asked & set(item.questionnaires))
        if items:
            yield node.code, items


def _items(facts: MethodFacts) -> Iterator[tuple[Text, ...]]:
    """Every node with items, then these."""
    number = {form.code: str(k) for k, form in enumerate(facts.questionnaires, 1)}
    for code, items in _listed(facts):
        yield cell(code), cell(facts.words["node"][code]), (), ()
        for item in items:
            asked = ", ".join(number[form] for form in item.questionnaires if form in number)
            scale = label_of(facts.instrument.scale[item.scale], facts.language)
            if item.reverse:
                scale = phrase("report.method.reversed", facts.language, scale=scale)
            yield cell(item.code), cell(_text(facts, item)), cell(asked), cell(scale)


def _text(facts: MethodFacts, item: Item) -> str:
    """The text of an item, with its weight where it has a part by that."""
    text = str(getattr(item, f"text_{facts.language}") or item.text_vi)
    if rule_of(facts.instrument, facts.instrument.node[item.node]).name != WEIGHTED:
        return text
    weight = marked(plain(item.weight), facts.language)
    return phrase("report.method.weighted_name", facts.language, name=text, weight=weight)


def _heads(facts: MethodFacts) -> frozenset[int]:
    """The rows of nodes in the table of items."""
    found, row = [], 0
    for _, items in _listed(facts):
        found.append(row)
        row += 1 + len(items)
    return frozenset(found)


def _scales(facts: MethodFacts) -> Iterator[tuple[Text, ...]]:
    used = {item.scale for _, items in _listed(facts) for item in items if _is_scored(facts, item)}
    for scale in facts.instrument.scales:
        if scale.code in used:
            nothing = (label_of(one, facts.language) for one in scale.non_answers)
            yield (
                cell(label_of(scale, facts.language)),
                cell("; ".join(_levels(facts, scale))),
                cell("; ".join(filter(None, nothing))),
            )


def _levels(facts: MethodFacts, scale: Scale) -> Iterator[str]:
    """The answers with their values on the ladder of the round."""
    ladder = facts.instrument.scoring.ladder if len(scale.ladders) > 1 else ""
    for level, value in zip(scale.levels, scale.values(ladder), strict=True):
        shown = marked(plain(value), facts.language)
        yield phrase(
            "report.method.level_value", facts.language, level=label_of(level, facts.language), value=shown
        )
