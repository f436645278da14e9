"""One questionnaire: what is asked beside the questions, then every question with its code, scale and condition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from surveys.definitions.instrument.records import Field, Item, Questionnaire
from surveys.handover.words import label_of
from surveys.handover.workbook_sheets import marked
from surveys.problems import phrase
from surveys.reports.analysis_report.method.cells import cell, plain
from surveys.reports.analysis_report.method.facts import MethodFacts
from surveys.reports.analysis_report.parts import Block, Heading, Paragraph, Reference, Text
from surveys.reports.analysis_report.told import told
from surveys.reports.code_book.tables import listed, table


def questionnaire(facts: MethodFacts, form: Questionnaire) -> Iterator[Block]:
    """Who is asked, fields, questions."""
    language, instrument = facts.language, facts.instrument
    said = {"block": facts.words["block"][form.block], "group": facts.words["group"][form.group]}
    kind = "matrix" if form.matrix else "single"
    yield Paragraph(told(f"codebook.asked.{kind}", language, **said, scales=Reference("scales")))
    if form.own_unit:
        yield Paragraph(told("codebook.own_unit", language, field=form.own_unit))
    caption = {"key": form.code}
    yield Heading(2, phrase("codebook.heading.fields", language))
    columns = (("code", 0.13), ("label", 0.14), ("role", 0.14), ("headings", 0.27), ("categories", 0.32))
    fields = (_field(facts, field) for field in instrument.fields_of(form.code))
    yield from table(f"fields {form.code}", columns, fields, language, **caption)
    yield Heading(2, phrase("codebook.heading.questions", language))
    columns = (("number", 0.06), ("code", 0.1), ("text", 0.44), ("scale", 0.18), ("notes", 0.22))
    rows, heads = _questions(facts, form)
    yield from table(f"questions {form.code}", columns, rows, language, bold=heads, **caption)


def _field(facts: MethodFacts, field: Field) -> tuple[Text, ...]:
    language = facts.language
    role = phrase(f"codebook.role.{field.role}", language)
    categories = [_category(facts, field, code, written) for code, written in field.categories]
    bands = [
        phrase("codebook.band", language, key=band.category, low=_limit(facts, band.low), high=_limit(facts, band.high))
        for band in field.bands
    ]  # fmt: skip
    measure = phrase(f"codebook.measure.{field.measure}", language) if field.measure else ""
    return (
        cell(field.code),
        cell(label_of(field, language)),
        cell(listed((role, measure))),
        cell(listed(field.headers)),
        cell(listed((*categories, *bands))),
    )


def _category(facts: MethodFacts, field: Field, code: str, written: Sequence[str]) -> str:
    label = field.category_name(code, facts.language)
    others = listed(spelling for spelling in written if spelling != label)
    return phrase("codebook.category", facts.language, key=code, label=label, written=others)


def _limit(facts: MethodFacts, limit: float | None) -> str:
    return "" if limit is None else marked(plain(limit), facts.language)


def _questions(facts: MethodFacts, form: Questionnaire) -> tuple[list[tuple[Text, ...]], set[int]]:
    """The questions in their order, under the node that they measure, and the rows with these."""
    rows: list[tuple[Text, ...]] = []
    heads: set[int] = set()
    number = 0
    for code, items in groupby(facts.instrument.items_of(form.code), key=lambda item: item.node):
        heads.add(len(rows))
        title = facts.words["node"][code] if code else phrase("codebook.not_scored", facts.language)
        rows.append(((), cell(code), cell(title), (), ()))
        for item in items:
            number += 1
            rows.append(_question(facts, number, item))
    return rows, heads


def _question(facts: MethodFacts, number: int, item: Item) -> tuple[Text, ...]:
    language = facts.language
    text = str(getattr(item, f"text_{language}") or item.text_vi)
    scale = phrase(
        "codebook.coded",
        language,
        key=item.scale,
        label=label_of(facts.instrument.scale[item.scale], language),
    )
    if item.reverse:
        scale = phrase("report.method.reversed", language, scale=scale)
    return cell(str(number)), cell(item.code), cell(text), cell(scale), cell(listed(_notes(facts, item)))


def _notes(facts: MethodFacts, item: Item) -> Iterator[str]:
    """Condition, weight, range, other ways to write its heading, source."""
    language = facts.language
    if item.asked_when:
        of, levels = item.asked_when
        known = {level.code: label_of(level, language) for level in facts.instrument.scale_of(of).levels}
        options = listed(
            phrase("codebook.coded", language, key=code, label=known.get(code, "")) for code in levels
        )
        yield phrase("codebook.only_if", language, of=of, options=options)
    if item.required:
        yield phrase("codebook.required", language)
    if item.weight != 1:
        yield phrase("codebook.weight", language, weight=marked(plain(item.weight), language))
    if item.minimum is not None or item.maximum is not None:
        yield phrase(
            "codebook.range", language, low=_limit(facts, item.minimum), high=_limit(facts, item.maximum)
        )
    if item.aliases:
        yield phrase("codebook.aliases", language, aliases=listed(item.aliases))
    if item.source:
        yield phrase("codebook.source", language, source=listed(item.source.split(";")))
