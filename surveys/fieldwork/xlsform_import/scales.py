"""A list of choices as a scale: an ordered one with points, or options without an order."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from surveys.definitions.instrument.records import Level, NonAnswer, Scale
from surveys.definitions.record_building import is_code
from surveys.fieldwork.xlsform_import.choice_lists import ChoiceList, ListedChoice, says_yes
from surveys.fieldwork.xlsform_import.ladders import Ladder, ladder_of
from surveys.vocabulary.folding import fold, without_marks

NoAnswerKind = Literal["dont_know", "refused", "not_applicable", "blank"]
_KINDS: tuple[NoAnswerKind, ...] = ("dont_know", "refused", "not_applicable", "blank")
_NOT_CODE = re.compile(r"[^A-Za-z0-9._-]+")
_NUMBERING = re.compile(r"^\d+ ")
#: First words, without marks, of options that are no answer.
_NO_ANSWER: Mapping[NoAnswerKind, tuple[str, ...]] = {
    "dont_know": (
        "khong biet", "khong ro", "khong nho", "chua biet", "dont know", "don t know", "do not know", "dk", "kb",
    ),
    "refused": (
        "tu choi", "khong tra loi", "khong muon tra loi", "refused", "refuse", "prefer not", "no answer", "decline",
    ),
    "not_applicable": ("khong ap dung", "khong lien quan", "not applicable", "n a", "na", "kad"),
}  # fmt: skip
#: First words of options that say that nothing was used or met.
_UNUSED = (
    "khong su dung", "chua su dung", "khong co nhu cau", "chua gap", "khong gap", "chua tung", "khong den", "did not use",
    "not used", "never used", "have not",
)  # fmt: skip
#: Such words mean the middle of a ladder, unless they stand last.
_NO_OPINION = ("khong co y kien", "khong y kien", "no opinion")
_LONGEST_CODE = 100
_LONGEST_REASON = 7  # words of an option that says why there is no answer
#: The scale of the options of questions with several answers.
CHOSEN = Scale(
    "chosen",
    (Level("0", (0.0,), "Không chọn", "Not chosen"), Level("1", (1.0,), "Chọn", "Chosen", chosen=True)),
    "multiple",
    label_vi="Phương án được chọn",
    label_en="Option chosen",
)


class Options(NamedTuple):
    """The options of a list that are answers, and those that stand for none with their kind."""

    answers: tuple[ListedChoice, ...]
    others: tuple[tuple[ListedChoice, NoAnswerKind], ...]


def code_of(name: str, taken: Collection[str] = frozenset()) -> str:
    """A name of the form as a code: itself, or its letters without marks; with a number behind it where it is taken.

    >>> code_of("q1"), code_of("_đơn vị_"), code_of("-98"), code_of("a", {"a"})
    ('q1', 'don_vi', '-98', 'a-2')
    """
    plain = name if name.isascii() else without_marks(name)
    base = name if is_code(name.removeprefix("-")) else _NOT_CODE.sub("_", plain).strip("._-") or "x"
    base = base[:_LONGEST_CODE].rstrip("._-")
    code, number = base, 2
    while code in taken:
        code, number = f"{base}-{number}", number + 1
    return code


def other_names(name: str, code: str) -> tuple[str, ...]:
    """The name of the form as a further name of what is called ``code``, where it is another."""
    return () if name == code or ";" in name else (name,)


def options_of(of: ChoiceList) -> Options:
    """The options of a list, told apart by the column ``non_answer`` or by their words."""
    answers: list[ListedChoice] = []
    others: list[tuple[ListedChoice, NoAnswerKind]] = []
    for k, choice in enumerate(of.choices):
        kind = _kind(choice, last=k == len(of.choices) - 1)
        if kind:
            others.append((choice, kind))
        else:
            answers.append(choice)
    if not answers:
        return Options(of.choices, ())
    unused = {choice.name for choice in answers if _is_unused(choice)}
    rest = tuple(choice for choice in answers if choice.name not in unused)
    by_points = any(choice.row.get("points") for choice in rest)
    if unused and (by_points or (_worded(rest) and not _worded(answers))):
        return Options(rest, (*others, *((c, "not_applicable") for c in answers if c.name in unused)))
    return Options(tuple(answers), tuple(others))


def _is_unused(choice: ListedChoice) -> bool:
    """Whether an option says that there was nothing to judge, or is the one that ``or_other`` adds: only beside a ladder, since
    among frequencies it is an answer."""
    if choice.added:
        return True
    if choice.row.get("non_answer") or choice.row.get("points"):
        return False
    texts = [_NUMBERING.sub("", without_marks(text)) for text in choice.label if text]
    return any(f"{text} ".startswith(f"{first} ") for text in texts for first in _UNUSED)


def _kind(choice: ListedChoice, last: bool) -> NoAnswerKind | None:
    said = fold(choice.row.get("non_answer")).replace("-", "_").replace(" ", "_")
    if said:
        kind = next((kind for kind in _KINDS if kind == said), None)
        if kind is None and says_yes(said) is None:
            params = {"value": said, "accepted": ", ".join(_KINDS)}
            choice.note("xlsform_import.non_answer_unknown", "non_answer", **params)
        return kind or ("dont_know" if says_yes(said) else None)
    for text in filter(None, (*choice.label, choice.name)):
        words = _NUMBERING.sub("", without_marks(text))
        if last and words in _NO_OPINION:
            return "dont_know"
        for kind, firsts in _NO_ANSWER.items():
            if len(words.split()) <= _LONGEST_REASON and any(
                f"{words} ".startswith(f"{first} ") for first in firsts
            ):
                return kind
    return None


def scale_of(of: ChoiceList, code: str) -> Scale:
    """A list as a scale called ``code``: ordinal where its points stand in the form or its words are a ladder, otherwise a choice
    without an order."""
    options = options_of(of)
    ladder = _declared(options.answers) or _worded(options.answers)
    values = ladder.values if ladder else (0.0,) * len(options.answers)
    satisfied = ladder.satisfied if ladder else (False,) * len(options.answers)
    codes = _codes(of)
    levels = [
        Level(
            codes[choice.name], (value,), choice.label.vi or choice.name, choice.label.en, _is_satisfied(choice, good),
            other_names(choice.name, codes[choice.name]),
        )
        for choice, value, good in zip(options.answers, values, satisfied, strict=True)
    ]  # fmt: skip
    without = tuple(
        NonAnswer(codes[c.name], kind, *c.label, other_names(c.name, codes[c.name]))
        for c, kind in options.others
    )
    return Scale(
        code,
        tuple(levels),
        "ordinal" if ladder else "choice",
        non_answers=without,
        label_vi=of.name,
        label_en=of.name,
    )


def _codes(of: ChoiceList) -> dict[str, str]:
    codes: dict[str, str] = {}
    taken: set[str] = set()
    for choice in of.choices:
        codes[choice.name] = code_of(choice.name, taken)
        taken.add(codes[choice.name])
    return codes


def _is_satisfied(choice: ListedChoice, by_words: bool) -> bool:
    said = says_yes(choice.row.get("satisfied"))
    return by_words if said is None else said


def _declared(answers: Sequence[ListedChoice]) -> Ladder | None:
    """The points of the column ``points``: in [0, 1] as they stand, from 0 upwards as parts of the largest."""
    if not any(choice.row.get("points") for choice in answers):
        return None
    points: list[float] = []
    for choice in answers:
        text = choice.row.get("points")
        try:
            points.append(float(text.replace(",", ".")))
        except ValueError:
            code = "xlsform_import.points_not_number" if text else "xlsform_import.points_missing"
            choice.note(code, "points", value=text, name=choice.called, accepted=", ".join(_KINDS))
    if len(points) < len(answers) or not all(
        point == point and abs(point) < float("inf") for point in points
    ):
        return None
    if min(points) < 0 or (max(points) > 1 and min(points) > 0) or max(points) <= 0:
        shown = ", ".join(f"{point:g}" for point in points)
        answers[0].note("xlsform_import.points_range", "points", found=shown)
        return None
    values = tuple(point / max(1.0, max(points)) for point in points)
    worded = ladder_of([choice.called for choice in answers])
    agrees = worded and (worded.values[0] < worded.values[-1]) == (values[0] < values[-1])
    good = worded.satisfied if worded and agrees else tuple(value > 0.5 for value in values)
    return Ladder(values, good)


def _worded(answers: Sequence[ListedChoice]) -> Ladder | None:
    """The ladder that the labels are, in Vietnamese or in English."""
    found = (ladder_of([label[k] for label in (choice.label for choice in answers)]) for k in (0, 1))
    return next(filter(None, found), None)


def labels_of(scale: Scale) -> Iterator[str]:
    """What the levels of a scale are called, in its order."""
    return (level.label_vi or level.label_en or level.code for level in scale.levels)
