"""A questionnaire as Google Forms lays it out: pages with items, and where the form goes on after each page.

A form of Google goes on by what was chosen at the end of the page on which the question stands, so that whatever stands between a
filter and the questions for some stays on the page of the filter. Where conditions cross each other so that pages cannot say it,
the questions are optional and say for whom they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal

from surveys.definitions.study.records import StudyDefinition
from surveys.fieldwork.forms.form_content import (
    FormCondition,
    FormContent,
    FormField,
    FormGrid,
    FormQuestion,
    FormSection,
)
from surveys.fieldwork.forms.online.asked_fields import asked_fields, lists_units
from surveys.fieldwork.forms.online.readable_names import ReadableNames, on_one_line
from surveys.problems import phrase

#: The place after the last page.
SUBMIT = -1
#: From so many options on they fold out of a list.
_LISTED = 12
ItemKind = Literal["text", "choice", "list", "boxes", "grid", "header"]


@dataclass
class GoogleItem:
    """An item of a page. ``options``: the answers, of a grid its columns; ``rows`` of a grid; ``goes_to``: the page after each
    answer, :data:`SUBMIT` for none, empty where the answer does not matter."""

    kind: ItemKind
    title: str
    help: str = ""
    required: bool = False
    options: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    goes_to: tuple[int, ...] = ()


@dataclass
class GooglePage:
    """A page; ``next``: the page after it, where the answer to its filter does not say."""

    title: str
    items: list[GoogleItem] = field(default_factory=list)
    next: int = SUBMIT


@dataclass(frozen=True)
class GoogleForm:
    title: str
    description: str
    confirmation: str
    pages: tuple[GooglePage, ...]


@dataclass
class _Page(GooglePage):
    """A page under way. ``condition``: for whom it is; ``filters``: questions on it that say for whom later pages are, with their
    items; ``branch``: the one of them by which the form goes on."""

    condition: FormCondition | None = None
    filters: dict[int, tuple[FormQuestion, GoogleItem]] = field(default_factory=dict)
    branch: int = 0


def google_form(study: StudyDefinition, content: FormContent) -> GoogleForm:
    """A questionnaire as a form of Google."""
    has_codes = any(form.questionnaire == content.questionnaire for form in study.issued)
    pages = _PagesUnderWay(ReadableNames(study, content.questionnaire), content, has_codes).laid_out()
    said = {"study": content.study, "group": content.group_label}
    publisher = content.publication.publisher.name(content.language)
    about = phrase("online.introduction", content.language, **said)
    description = "\n".join(filter(None, (publisher, about)))
    thanks = phrase("online.thanks", content.language)
    return GoogleForm(on_one_line(f"{content.title} – {content.study}"), description, thanks, pages)


class _PagesUnderWay:
    def __init__(self, names: ReadableNames, content: FormContent, has_codes: bool) -> None:
        self.names, self.content, self.has_codes = names, content, has_codes
        self.pages = [_Page(content.title)]
        self.at: dict[int, int] = {}  # number of a question → its page
        asked = (grid.condition for section in content.sections for grid in section.grids)
        self.governing = {condition.number for condition in asked if condition}
        self.above = ""

    def laid_out(self) -> tuple[GooglePage, ...]:
        for each in asked_fields(self.content):
            self.pages[-1].items.append(self._field(each))
        for section in self.content.sections:
            for k, grid in enumerate(section.grids):
                page, note = self._page_for(section, grid)
                self._write(page, section, grid, note, is_first=k == 0)
        self._link()
        return tuple(self.pages)

    def _page_for(self, section: FormSection, grid: FormGrid) -> tuple[_Page, str]:
        """The page on which a grid belongs, and what says for whom it is where the pages do not."""
        now, condition = self.pages[-1], grid.condition
        if condition is not None and self._same(now.condition, condition):
            return now, ""
        if condition is not None and self._can_follow(condition):
            self.pages[self.at[condition.number]].branch = condition.number
            return self._new(section, condition), ""
        above = section.above or section.title
        pending = any(number not in self._done() for number in now.filters)
        fresh = above not in ("", self.above) and not pending and bool(now.items)
        page = self._new(section) if now.condition is not None or fresh else now
        self.above = above or self.above
        return page, self._note(condition) if condition else ""

    def _done(self) -> set[int]:
        """Filters after whose page the form has already gone on."""
        return {page.branch for page in self.pages if page.branch}

    def _same(self, one: FormCondition | None, other: FormCondition) -> bool:
        return one is not None and (one.number, one.options) == (other.number, other.options)

    def _can_follow(self, condition: FormCondition) -> bool:
        """Whether a page for those who chose so can come next: after the page of the filter only pages of the same filter stand,
        and whoever comes to one of these goes on to the same page, whatever he chose."""
        at = self.at.get(condition.number)
        if at is None or condition.number not in self.pages[at].filters or not condition.chosen:
            return False
        if self.pages[at].branch not in (0, condition.number):
            return False
        after = [page.condition for page in self.pages[at + 1 :]]
        if any(one is None or one.number != condition.number for one in after):
            return False
        chain = [{o.code for o in one.options} for one in after if one] + [
            {o.code for o in condition.options}
        ]
        return all(len({_next_of(chain, k, code) for code in codes}) == 1 for k, codes in enumerate(chain))

    def _new(self, section: FormSection, condition: FormCondition | None = None) -> _Page:
        self.pages.append(
            _Page(on_one_line(section.above or section.title or self.content.title), condition=condition)
        )
        return self.pages[-1]

    def _note(self, condition: FormCondition) -> str:
        asked = next(q for q in self.content.questions if q.number == condition.number)
        options = "; ".join(option.label for option in condition.options)
        code = "online.only_if" if condition.chosen else "online.only_if_not"
        return phrase(code, self.content.language, question=on_one_line(asked.text), options=options)

    def _write(self, page: _Page, section: FormSection, grid: FormGrid, note: str, *, is_first: bool) -> None:
        title = on_one_line(section.title)
        items = list(self._items(title, grid, note))
        if is_first and title and items[0][1].title != title and title != page.title:
            page.items.append(GoogleItem("header", title))
        for question, item in items:
            page.items.append(item)
            for number in question:
                self.at[number.number] = len(self.pages) - 1
                if number.number in self.governing and item.kind in ("choice", "list"):
                    page.filters[number.number] = (number, item)
                    item.required = True  # without an answer nobody can say how the form goes on

    def _items(
        self, title: str, grid: FormGrid, note: str
    ) -> Iterator[tuple[tuple[FormQuestion, ...], GoogleItem]]:
        if self.content.matrix:
            for question in grid.questions:
                yield (question,), self._of_units(question, note)
            return
        heading = title or phrase("online.grid", self.content.language)
        together = groupby(grid.questions, key=lambda q: (self._is_row(heading, q), q.required))
        for (is_row, required), same in together:
            questions = tuple(same)
            if is_row and len(questions) > 1:
                rows = tuple(on_one_line(question.text) for question in questions)
                options = self.names.options(questions[0])
                yield questions, GoogleItem("grid", heading, note, required and not note, options, rows)
            else:
                yield from (((question,), self._single(question, note)) for question in questions)

    def _is_row(self, heading: str, question: FormQuestion) -> bool:
        alone = question.several or question.number in self.governing
        return not alone and self.names.fits_grid(heading, question)

    def _single(self, question: FormQuestion, note: str) -> GoogleItem:
        title, options = self.names.question(question), self.names.options(question)
        text = "" if title != question.code else on_one_line(question.text)
        several = phrase("online.several", self.content.language) if question.several else ""
        kind: ItemKind = "boxes" if question.several else "list" if len(options) > _LISTED else "choice"
        help_text = " ".join(filter(None, (text, several, note)))
        return GoogleItem(kind, title, help_text, question.required and not note, options)

    def _of_units(self, question: FormQuestion, note: str) -> GoogleItem:
        title = self.names.of_units(question, self.content.units)
        text = "" if title != question.code else on_one_line(question.text)
        help_text = " ".join(filter(None, (text, phrase("online.units", self.content.language), note)))
        rows = tuple(self.names.unit(unit) for unit in self.content.units)
        return GoogleItem("grid", title, help_text, False, self.names.options(question), rows)

    def _field(self, asked: FormField) -> GoogleItem:
        title, language = self.names.field(asked), self.content.language
        text = "" if title != asked.code else on_one_line(asked.label)
        if lists_units(asked):
            units = tuple(self.names.unit(unit) for unit in self.content.units)
            own = phrase("online.own_unit", language) if asked.role == "own_unit" else ""
            return GoogleItem("list", title, " ".join(filter(None, (text, own))), asked.role == "unit", units)
        if asked.categories:
            options = tuple(on_one_line(label) for _, label in asked.categories)
            return GoogleItem("list" if len(options) > _LISTED else "choice", title, text, False, options)
        needed = asked.role == "identification" or (asked.role == "form_code" and self.has_codes)
        return GoogleItem("text", title, text, needed)

    def _link(self) -> None:
        """Say of every page where the form goes on, and of every filter after each of its answers."""
        for k, page in enumerate(self.pages):
            page.next = k + 1 if k + 1 < len(self.pages) else SUBMIT
        for k, page in enumerate(self.pages):
            if not page.branch:
                continue
            chain = self._chain(k, page.branch)
            after = next(
                (n for n in range(k + 1, len(self.pages)) if self.pages[n].condition is None), SUBMIT
            )
            question, item = page.filters[page.branch]
            codes = [option.code for option in question.options]
            item.goes_to = tuple(next((n for n in chain if self._asks(n, code)), after) for code in codes)
            for place, n in enumerate(chain):
                visitor = next(code for code in codes if self._asks(n, code))
                self.pages[n].next = next((m for m in chain[place + 1 :] if self._asks(m, visitor)), after)

    def _chain(self, at: int, number: int) -> list[int]:
        """The pages for those who answered a filter in some way."""
        pages = range(at + 1, len(self.pages))
        return [n for n in pages if (one := self.pages[n].condition) and one.number == number]

    def _asks(self, page: int, code: str) -> bool:
        condition = self.pages[page].condition
        return condition is not None and any(option.code == code for option in condition.options)


def _next_of(chain: list[set[str]], at: int, code: str) -> int:
    """The place in a chain of pages to which those go on from one who chose an option; its length for behind it."""
    return next((k for k in range(at + 1, len(chain)) if code in chain[k]), len(chain))
