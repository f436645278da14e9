"""The sheets that say how the numbers were made, on one page, and by what the package is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from surveys.handover.fingerprint import fingerprint_of
from surveys.handover.words import document_shown, period_shown, rule_words
from surveys.handover.workbook_facts import RuleInForce, WorkbookFacts
from surveys.handover.workbook_layout import Body, SheetColumn, WorkbookSheet
from surveys.handover.workbook_sheets import heading_lines, marked
from surveys.problems import Language, phrase
from surveys.vocabulary.dates import written_date

#: Severities of rules in the order in which they are told.
TOLD_SEVERITIES = ("reject", "review", "leave_out", "flag")


def method_sheet(facts: WorkbookFacts, shown: frozenset[str], most: str) -> WorkbookSheet:
    """What is measured, who was asked, how forms are screened and how every number was made. ``shown``: the columns of the
    council's tables, none where nothing is scored; ``most``: the largest gap that rounding leaves in this package."""
    language = facts.output.language
    told = list(_told(facts, shown, most))
    terms = [phrase(f"handover.method.{name}", language) for name, _ in told]
    return _of_two(facts, "method", ("term", "explanation"), (terms, [text for _, text in told]))


def identity_sheet(facts: WorkbookFacts, digests: Mapping[str, str]) -> WorkbookSheet:
    """Which study and edition this is, the fingerprint, and the checksums of the files delivered with it (path → SHA-256)."""
    language, publication = facts.output.language, facts.publication
    days = " – ".join(written_date(day, language) for day in facts.identity["fieldwork"].split(" – "))
    shown = {
        **facts.identity,
        "fieldwork": days,
        "period": period_shown(publication.period, language),
        "document": document_shown(publication.document, language),
        "fingerprint": fingerprint_of(digests),
    }
    shown = {key: said for key, said in shown.items() if said}
    names = [phrase(f"handover.identity.{key}", language) for key in shown]
    names += [phrase("handover.identity.checksum", language, path=path) for path in sorted(digests)]
    values = [*shown.values(), *(digests[path] for path in sorted(digests))]
    return _of_two(facts, "identity", ("term", "value"), (names, values))


def _of_two(
    facts: WorkbookFacts, name: str, headings: tuple[str, str], cells: tuple[list[str], list[str]]
) -> WorkbookSheet:
    language = facts.output.language
    title = phrase(f"handover.sheet.{name}", language)
    columns = tuple(SheetColumn(phrase(f"handover.workbook.{heading}", language)) for heading in headings)
    return WorkbookSheet(title, columns, heading_lines(title, facts), ((Body(cells),),), dense=True)


def _told(facts: WorkbookFacts, shown: frozenset[str], most: str) -> Iterator[tuple[str, str]]:
    """Name of a part of the method and what is said of it."""
    language, inference, minimum = facts.output.language, facts.settings.inference, facts.settings.minimum

    def said(name: str, **params: str) -> tuple[str, str]:
        return name, phrase(f"handover.method.{name}.text", language, **params)

    measured = "measured" if shown else "measured_shares"
    days = [written_date(day, language) for day in facts.identity["fieldwork"].split(" – ")]
    yield said(measured, study=facts.identity["label"], instrument=facts.identity["instrument"],
               period=period_shown(facts.publication.period, language))  # fmt: skip
    yield said("asked", start=days[0], end=days[-1])
    yield said(
        "screened", **{severity: _rules(facts.rules, severity, language) for severity in TOLD_SEVERITIES}
    )
    if not shown:
        yield from (said("shares"), said("weights"), said("rejected"), said("verify"))
        return
    yield said("points" if "points" in shown else "scores")
    if "council_points" in shown:
        yield said("council")
    yield said("weights")
    level = marked(f"{100 * inference.level:g}", language)
    yield said("interval", level=level)
    if "rank" in shown:
        yield said("rank", level=level)
    if "class" in shown:
        yield said("class", classes=classes_shown(facts.classes, language))
    least = minimum.forms
    others = "; ".join(f"{group}: {forms}" for group, forms in minimum.by_group)
    yield said("status", forms=str(least), others=others)
    yield said("renormalised" if inference.renormalises else "incomplete")
    yield said("rejected")
    yield said("rounding", most=marked(most, language))
    yield said("verify")


def _rules(rules: tuple[RuleInForce, ...], severity: str, language: Language) -> str:
    """The rules of a severity in words, with their thresholds and, where they are not for all, their questionnaires."""
    found = []
    for rule in (rule for rule in rules if rule.severity == severity):
        thresholds = [threshold_shown(name, value, language) for name, value in rule.thresholds]
        more = "; ".join(filter(None, [*thresholds, ", ".join(rule.questionnaires)]))
        label = rule_words(rule.rule, language)
        found.append(f"{label} ({more})" if more else label)
    return "; ".join(dict.fromkeys(found))


def classes_shown(classes: tuple[tuple[str, float, str], ...], language: Language) -> str:
    """The classes of results with the percentage from which each begins."""
    return "; ".join(
        phrase("handover.workbook.class_from", language, label=label, value=marked(f"{least:g}", language))
        for _, least, label in classes
    )


def threshold_shown(name: str, value: float, language: Language) -> str:
    """A threshold of a rule in words; nothing of one that every form would reach.

    >>> threshold_shown("minimum_share", 2 / 3, "en"), threshold_shown("minimum_items", 1, "en")
    ('fewer than 66.7 % of the questions', '')
    """
    if value == {"minimum_items": 1, "minimum_seconds": 0}.get(name):
        return ""
    shown = f"{100 * value:.3g}" if name in ("minimum_share", "share") else f"{value:.3g}"
    return phrase(f"handover.threshold.{name}", language, value=marked(shown, language))
