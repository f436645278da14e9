"""One subject of the reference as a text for the terminal."""

from surveys.problems import Language, fault, nearest, phrase
from surveys.reference.subjects import Subject, named, subjects


def explain(name: str, language: Language) -> str:
    """What a key, column, rule, parameter, status or remark does; every subject of that name, one below the other.

    ``name`` is a full name (``returns.path``), the last part of one (``minimum_share``), or a file (``frames.csv``). Raises
    SurveyError ``reference.unknown``, with the nearest name, when there is none.

    >>> print(explain("too_few_answers.minimum_share", "en"))
    rules: too_few_answers.minimum_share
      Share of the questions that must be answered.
      Type: number 0.0 … 1.0. Default: 0.6667. Example: minimum_share = 0.5
    """
    found = named(name)
    if not found:
        known = dict.fromkeys(
            part for subject in subjects() for part in (subject.name, subject.name.rpartition(".")[2])
        )
        raise fault("reference.unknown", name=name, nearest=nearest(name, known))
    return "\n\n".join(_explained(subject, language) for subject in found)


def _explained(subject: Subject, language: Language) -> str:
    facts = {"type": subject.type(language), "default": subject.default, "example": subject.example}
    line = ". ".join(
        f"{phrase(f'reference.column.{name}', language)}: {fact}" for name, fact in facts.items() if fact
    )
    return f"{subject.part}: {subject.name}\n  {subject.meaning(language)}\n  {line}"
