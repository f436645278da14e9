"""Which questions are for whom, in words: before the questions, and after an answer that leaves some of them out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from surveys.fieldwork.forms.form_content import FormCondition, FormOption, FormQuestion
from surveys.problems import Language, phrase, runs

#: With so many options or more that leave questions out, those are named that do not, if they are fewer.
_MANY = 3


def condition_notes(questions: Sequence[FormQuestion], language: Language) -> Mapping[int, str]:
    """Number of the first question of each run with one condition → for whom the run is, and where the others go on."""
    notes, last = {}, max((question.number for question in questions), default=0)
    for condition, together in groupby(questions, key=lambda question: question.condition):
        numbers = [question.number for question in together]
        if condition:
            notes[numbers[0]] = phrase(
                "print.only_if" if condition.chosen else "print.only_if_not",
                language,
                questions=numbers_shown(numbers),
                options=_options_shown(condition.options, language),
                filter=condition.number,
                next=numbers[-1] + 1 if numbers[-1] < last else "",
            )
    return notes


def jumps(questions: Sequence[FormQuestion], language: Language) -> Mapping[int, tuple[str, ...]]:
    """Number of a question with one answer → where to go on after those of its options that leave out what comes next."""
    return {
        question.number: tuple(_jumps_of(question, questions[k + 1 :], language))
        for k, question in enumerate(questions)
        if not question.several
    }


def numbers_shown(numbers: Iterable[int]) -> str:
    """Numbers of questions, those in a row as a range.

    >>> numbers_shown([3, 4, 5, 9])
    '3–5, 9'
    """
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs(numbers))


def _jumps_of(question: FormQuestion, later: Sequence[FormQuestion], language: Language) -> Iterator[str]:
    nexts = {option.code: _next(question, option, later) for option in question.options}
    usual = later[0].number if later else 0
    for number in dict.fromkeys(nexts.values()):
        if number == usual:
            continue
        chosen = [option for option in question.options if nexts[option.code] == number]
        others = [option for option in question.options if nexts[option.code] != number]
        negated = len(chosen) >= _MANY > len(others) > 0
        words = {"options": _options_shown(others if negated else chosen, language), "number": number}
        if number:
            yield phrase("print.go_on_unless" if negated else "print.go_on", language, **words)
        else:
            yield phrase("print.go_to_end_unless" if negated else "print.go_to_end", language, **words)


def _next(question: FormQuestion, option: FormOption, later: Sequence[FormQuestion]) -> int:
    """The number of the next question for those who chose an option; 0: there is none."""
    left_out: set[str] = set()
    for after in later:
        condition = after.condition
        if condition is None or not _leaves_out(condition, question, option, left_out):
            return after.number
        left_out.add(after.code)
    return 0


def _leaves_out(
    condition: FormCondition, question: FormQuestion, option: FormOption, left_out: set[str]
) -> bool:
    if condition.code == question.code:
        return all(option.code != wanted.code for wanted in condition.options)
    return condition.code in left_out


def _options_shown(options: Iterable[FormOption], language: Language) -> str:
    quoted = [phrase("print.quoted", language, text=option.label or option.code) for option in options]
    return f" {phrase('print.or', language)} ".join(quoted)
