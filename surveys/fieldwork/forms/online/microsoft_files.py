"""The folder of forms for Microsoft: a Word document of each questionnaire for the quick import of Microsoft Forms, which reads
numbered questions with lettered answers, and a list of what has to be set by hand.

The import makes choices and texts of them; it knows neither rows of a Likert, nor branching, nor what has to be answered. A form
has at most 200 questions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from surveys.definitions.study.records import StudyDefinition
from surveys.fieldwork.forms.form_content import FormContent, FormQuestion, form_content
from surveys.fieldwork.forms.form_request import FormRequest
from surveys.fieldwork.forms.online.asked_fields import asked_fields, lists_units
from surveys.fieldwork.forms.online.readable_names import ReadableNames, on_one_line
from surveys.problems import Language, phrase
from surveys.reports.word.document import WordDocument
from surveys.returns.files.sheets import ranges

FOLDER, GUIDE = "microsoft", "microsoft/HUONG-DAN.txt"
#: Questions that a form of Microsoft can have, and letters of its name.
MOST_QUESTIONS, LONGEST_NAME = 200, 90


@dataclass(frozen=True, slots=True)
class MicrosoftQuestion:
    """A question of the document with its running number; without options it is answered in words."""

    number: int
    title: str
    options: tuple[str, ...] = ()
    several: bool = False
    required: bool = False
    asked: FormQuestion | None = None


def microsoft_files(request: FormRequest) -> dict[str, bytes]:
    """A document for each questionnaire that can be imported, and what is done by hand: path → content.

    Raises SurveyError when the package for Word documents (extra ``word``) is not installed.
    """
    language, documents, by_hand = request.language, dict[str, bytes](), list[str]()
    for questionnaire in request.questionnaires:
        content = form_content(request.study, questionnaire.code, language)
        questions = questions_of(request.study, content)
        by_hand += ["", f"== {questionnaire.code}: {content.title}"]
        needed = len(content.units) * len(content.questions) if content.matrix else len(questions)
        if content.matrix:
            about = {"units": len(content.units), "questions": len(content.questions), "number": needed}
            by_hand.append(phrase("online.microsoft.matrix", language, limit=MOST_QUESTIONS, **about))
        elif needed > MOST_QUESTIONS:
            by_hand.append(phrase("online.microsoft.too_many", language, number=needed, limit=MOST_QUESTIONS))
        else:
            documents[f"{FOLDER}/{questionnaire.code}.docx"] = _document(content, questions)
            by_hand += _by_hand(questions, language)
    guide = phrase("online.microsoft.guide", language, study=request.study.code).strip()
    return {**documents, GUIDE: "\n".join([guide, *by_hand, ""]).encode()}


def questions_of(study: StudyDefinition, content: FormContent) -> list[MicrosoftQuestion]:
    """What a document asks, fields first, numbered through."""
    names = ReadableNames(study, content.questionnaire)
    has_codes = any(form.questionnaire == content.questionnaire for form in study.issued)
    found: list[MicrosoftQuestion] = []
    for field in asked_fields(content):
        options = tuple(on_one_line(label) for _, label in field.categories)
        if lists_units(field):
            options = tuple(names.unit(unit) for unit in content.units)
        needed = field.role in ("unit", "identification") or (field.role == "form_code" and has_codes)
        found.append(MicrosoftQuestion(len(found) + 1, names.field(field), options, required=needed))
    for question in content.questions:
        said = on_one_line(question.text), names.options(question), question.several, question.required
        found.append(MicrosoftQuestion(len(found) + 1, *said, question))
    return found


def _document(content: FormContent, questions: Sequence[MicrosoftQuestion]) -> bytes:
    name = on_one_line(f"{content.title} – {content.study}")
    document = WordDocument(content.language, name, content.publication.publisher.name(content.language))
    document.write(("body", name if len(name) <= LONGEST_NAME else content.title[:LONGEST_NAME]))
    for question in questions:
        document.write(("body", f"{question.number}. {question.title}"))
        document.write(*(("body", f"{letter}. {option}") for letter, option in _lettered(question.options)))
    return document.content()


def _lettered(options: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Options with the letters A to Z, AA to AZ, and so on.

    >>> [letter for letter, _ in _lettered([""] * 28)][-3:]
    ['Z', 'AA', 'AB']
    """
    for k, option in enumerate(options):
        before, last = divmod(k, len(ascii_uppercase))
        yield (ascii_uppercase[before - 1] if before else "") + ascii_uppercase[last], option


def _by_hand(questions: Sequence[MicrosoftQuestion], language: Language) -> Iterator[str]:
    """What the import leaves to people: which questions need an answer, take several, fold out, or are for some only."""
    kinds = {
        "required": [q.number for q in questions if q.required],
        "several": [q.number for q in questions if q.several],
        "list": [q.number for q in questions if len(q.options) > len(ascii_uppercase) // 2],
    }
    for kind, numbers in kinds.items():
        if numbers:
            yield phrase(f"online.microsoft.{kind}", language, numbers=ranges(numbers))
    number_of = {q.asked.number: q.number for q in questions if q.asked}
    conditions: dict[tuple[int, bool, str], list[int]] = {}
    for question in questions:
        if question.asked and (condition := question.asked.condition):
            options = "; ".join(option.label for option in condition.options)
            key = (number_of[condition.number], condition.chosen, options)
            conditions.setdefault(key, []).append(question.number)
    for (of, chosen, options), numbers in conditions.items():
        code = "online.microsoft.only_if" if chosen else "online.microsoft.only_if_not"
        yield phrase(code, language, numbers=ranges(numbers), of=of, options=options)
