"""What KoboToolbox and ODK Central share, because both answer to XLSForm: headings that are paths through groups, one column per
option of a question with several answers, and repeated groups on sheets of their own.

A rater who judges many units fills a repeated group once for each: the rows of its sheet are evaluations, and the main sheet's
row they point to is their form. A group inside a repeated group is rejected: what its rows would be evaluations of is not known.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from surveys.problems import LANGUAGES, Problems, phrase
from surveys.returns.answers.option_answers import NOT_CHOSEN, TICKED
from surveys.returns.files.sheets import Sheet
from surveys.returns.headings.columns import Column, coded
from surveys.returns.headings.form_table import FormTable, plain_table
from surveys.returns.headings.product_columns import as_box
from surveys.returns.headings.questions import Vocabulary
from surveys.returns.headings.submission_names import declared, first_filled
from surveys.returns.headings.tool_states import product_of, said_by_tool
from surveys.vocabulary.folding import fold
from surveys.vocabulary.xml_names import OF_QUESTIONNAIRE, RATED_UNITS

#: Kobo's heading for the sheet that the rows of a repeated group belong to.
_PARENT_TABLE = "_parent_table_name"
_MOST_PARTS = (
    30  # of a heading; no path has more groups, no label more slashes, and every pair of places is tried
)
_CHOSEN = frozenset({"1", "true", "yes"})
_NOT_CHOSEN = frozenset({"0", "false", "no"})


@dataclass(frozen=True)
class Product:
    """How the product ``name`` calls things. ``separator`` stands between groups and question; ``roles`` maps its own headings to
    roles; ``key`` and ``parent`` are the headings that link a repeated group to its form; ``own`` says which headings are its
    own; ``names``: headings of what it calls a submission, the lasting name first; ``former``: that of an edited submission's
    name before."""

    name: str
    separator: str
    roles: Mapping[str, str]
    key: str
    parent: str
    own: frozenset[str]
    names: tuple[str, ...] = ()
    former: tuple[str, ...] = ()

    def is_own(self, heading: str) -> bool:
        known = heading in self.own or heading in self.roles or heading in (self.key, self.parent)
        return known or heading == OF_QUESTIONNAIRE or _asks_which_units(heading)


@cache
def _which_units() -> tuple[str, ...]:
    """What the question is called which units are rated: its groups have the answers, and say so themselves."""
    return RATED_UNITS, *(fold(phrase("forms.xlsform.rated_units", language)) for language in LANGUAGES)


def _asks_which_units(heading: str) -> bool:
    """Whether a column holds the units that a rater chose, or whether one of them was."""
    folded = fold(heading)
    return any(folded == name or folded.startswith(f"{name}/") for name in _which_units())


def read(sheets: Sequence[Sheet], vocabulary: Vocabulary, product: Product) -> list[FormTable]:
    """The main sheet as a table, or each repeated group with an item as a table of its own, joined to the main sheet.

    Raises :class:`~surveys.problems.SurveyError` when rows of a repeated group belong to no row of the main sheet or to two, and
    when they belong to another repeated group.
    """
    tables = [plain_table(sheet) for sheet in sheets if sheet.cells.size]
    if not tables:
        return []
    main, repeats = tables[0], [table for table in tables[1:] if table.named(product.parent)]
    answered = [
        repeat
        for repeat in repeats
        if any(
            target.kind != "field"
            for column in _asked(repeat, vocabulary, product)
            for target in vocabulary.targets(column)
        )
    ]
    problems = Problems()
    for repeat in answered:
        _check_links(main, repeat, [other for other in repeats if other is not repeat], product, problems)
    problems.raise_errors()
    joined = [_joined(main, repeat, product) for repeat in answered]
    return [_named(table, vocabulary, product) for table in joined or [main]]


def _check_links(
    main: FormTable, repeat: FormTable, others: Sequence[FormTable], product: Product, problems: Problems
) -> None:
    """Every row of a repeated group belongs to exactly one row of the main sheet."""
    above = _texts(repeat.named(_PARENT_TABLE), len(repeat))
    parents = _texts(repeat.named(product.parent), len(repeat))
    outer = next((o.sheet for o in others if o.sheet in above or _holds(o, parents, product)), None)
    if outer is not None:
        problems.add("returns.repeat_deeper", file=repeat.file, sheet=repeat.sheet, outer=outer)
        return
    times = Counter(_texts(main.named(product.key), len(main)))
    wrong = [row for row, key in enumerate(parents) if times[key] != 1]
    if wrong:
        code = "returns.repeat_twice" if times[parents[wrong[0]]] else "returns.repeat_orphan"
        problems.add(
            code, file=repeat.file, sheet=repeat.sheet, row=int(repeat.row_numbers[wrong[0]]), column=product.parent,
            text=parents[wrong[0]], rows=len(wrong), key=product.key, main=main.sheet,
        )  # fmt: skip


def _holds(table: FormTable, parents: Sequence[str], product: Product) -> bool:
    """Whether keys that are unique in a whole export (not numbers of rows) are those of another repeated group."""
    keys = {key for key in _texts(table.named(product.key), len(table)) if not key.isdecimal()}
    return not keys.isdisjoint(parents)


def _joined(main: FormTable, repeat: FormTable, product: Product) -> FormTable:
    """The rows of a repeated group beside the form each belongs to; a form without any keeps one row of its own."""
    forms = pd.DataFrame({"key": _texts(main.named(product.key), len(main)), "form": np.arange(len(main))})
    rows = pd.DataFrame(
        {"key": _texts(repeat.named(product.parent), len(repeat)), "row": np.arange(len(repeat))}
    )
    joined = forms.merge(rows, on="key", how="left").fillna({"row": len(repeat)})
    form, row = joined["form"].to_numpy(), joined["row"].to_numpy(dtype=int)
    of_form = (column.taken(form) for column in main.columns)
    of_row = (column.taken(row) for column in _questions(repeat, product))
    numbers = np.where(row < len(repeat), np.append(repeat.row_numbers, 0)[row], main.row_numbers[form])
    return dataclasses.replace(
        repeat, columns=(*of_form, *of_row), row_numbers=numbers, form=form, beside=main.sheet
    )


def _named(table: FormTable, vocabulary: Vocabulary, product: Product) -> FormTable:
    """Questions under every name they may have; the product's own columns under their roles. Both products store times without
    an offset in UTC."""
    roles = {
        product.roles[column.heading]: dataclasses.replace(column, zone="UTC")
        for column in reversed(table.columns)
        if column.heading in product.roles
    }
    roles |= _submissions(table, product)
    named = _asked(table, vocabulary, product)
    split = {fold(column.question) for column in named if column.question}
    columns = tuple(
        c for c in named if c.question or not split.intersection(map(fold, (c.heading, *c.names)))
    )
    questionnaire = _questionnaire(table)
    if not questionnaire:  # in forms of our own no question is called as the product's columns
        own = [column for column in table.columns if product.is_own(column.heading)]
        columns = (*declared(own, columns, vocabulary), *columns)
    said = said_by_tool(table.columns, product_of(c.heading for c in table.columns) or product.name)
    return dataclasses.replace(table, columns=columns, roles=roles, said=said, questionnaire=questionnaire)


def _submissions(table: FormTable, product: Product) -> dict[str, Column]:
    """What each submission is called, by a name that outlasts its edits, and whether it was edited."""
    there = {column.heading: column for column in reversed(table.columns)}
    names = [there[heading] for heading in product.names if heading in there]
    former = [there[heading] for heading in product.former if heading in there]
    roles = {"response": first_filled(names[0].heading, names)} if names else {}
    if former:
        is_edited = ["1" if text else "" for text in first_filled(former[0].heading, former).each(str)]
        roles["edits"] = Column(former[0].heading, coded(is_edited))
    return roles


def _questionnaire(table: FormTable) -> str:
    """The questionnaire that all forms of a table say they answer; empty where they say none, or several."""
    column = table.named(OF_QUESTIONNAIRE)
    texts = set(column.distinct.texts) if column else set()
    return texts.pop() if len(texts) == 1 else ""


def _questions(table: FormTable, product: Product) -> list[Column]:
    return [column for column in table.columns if not product.is_own(column.heading)]


def _asked(table: FormTable, vocabulary: Vocabulary, product: Product) -> list[Column]:
    """The questions of a table under every name they may have."""
    questions = _questions(table, product)
    whole = frozenset(column.heading for column in questions)
    return [_question(column, vocabulary, product, whole) for column in questions]


def _question(column: Column, vocabulary: Vocabulary, product: Product, whole: frozenset[str]) -> Column:
    """A question under every name it may have. What stands behind a question (``whole`` are those of the table), or is a bare
    number, is one of the question's options, and no question in a group: no name of XLSForm begins with a digit."""
    left = tuple(_suffixes(column.heading, product.separator))
    names = [
        name
        for name in left
        if not name.isdecimal() and column.heading.removesuffix(product.separator + name) not in whole
    ]
    known = dataclasses.replace(column, names=tuple(names), separator=" ")
    paths = (column.heading, *left) if product.separator != "/" else (column.heading,)
    for question, part in (split for path in paths for split in _splits(path)):
        if vocabulary.option_item(question, part):
            option = dataclasses.replace(known, question=question, part=part)
            return as_box(option, _option)
    return known


def _option(text: str, _part: str) -> str:
    """1 and 0, or true and false, which know nothing of the codes of the scale."""
    folded = fold(text)
    return TICKED if folded in _CHOSEN else NOT_CHOSEN if folded in _NOT_CHOSEN else text


def _suffixes(heading: str, separator: str) -> Iterator[str]:
    """What is left of a path without its first group, without its first two, …; a label may hold the separator too."""
    parts = heading.split(separator)
    for start in range(1, len(parts) if len(parts) <= _MOST_PARTS else 1):
        yield separator.join(parts[start:])


def _splits(heading: str) -> Iterator[tuple[str, str]]:
    """Question and option of a path, however many slashes their labels hold."""
    parts = heading.split("/")
    for cut in range(len(parts) - 1, 0, -1) if len(parts) <= _MOST_PARTS else ():
        for start in range(cut):
            yield "/".join(parts[start:cut]), "/".join(parts[cut:])


def _texts(column: Column | None, n: int) -> list[str]:
    return column.each(str).tolist() if column else [""] * n
