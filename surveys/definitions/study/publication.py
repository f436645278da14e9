"""With whose name, under which number and about which period the results of a study go out."""

from __future__ import annotations

from dataclasses import dataclass

from surveys.definitions.field_types import Date
from surveys.problems import Language


@dataclass(frozen=True, slots=True)
class Publisher:
    """The table ``[publisher]``: the agency that issues the results, the agency above it, and the place where it signs."""

    name_vi: str = ""
    name_en: str = ""
    parent_vi: str = ""
    parent_en: str = ""
    place_vi: str = ""
    place_en: str = ""

    def name(self, language: Language) -> str:
        return in_language(self.name_vi, self.name_en, language)

    def parent(self, language: Language) -> str:
        return in_language(self.parent_vi, self.parent_en, language)

    def place(self, language: Language) -> str:
        return in_language(self.place_vi, self.place_en, language)


@dataclass(frozen=True, slots=True)
class IssuedDocument:
    """The table ``[document]``: number, date (ISO) and title of the document with which the results go out; empty where they are
    filled in by hand."""

    number: str = ""
    date: Date = ""
    title_vi: str = ""
    title_en: str = ""

    def title(self, language: Language) -> str:
        return in_language(self.title_vi, self.title_en, language)


@dataclass(frozen=True, slots=True)
class Period:
    """The table ``[period]``: first and last day (ISO) of what is assessed, which is not when people were asked."""

    start: Date = ""
    end: Date = ""


@dataclass(frozen=True, slots=True)
class CitedDocument:
    """One ``[[basis]]``: a document on which the round rests, cited by number, date (ISO) and issuer."""

    title_vi: str
    title_en: str = ""
    number: str = ""
    date: Date = ""
    issuer_vi: str = ""
    issuer_en: str = ""

    def title(self, language: Language) -> str:
        return in_language(self.title_vi, self.title_en, language)

    def issuer(self, language: Language) -> str:
        return in_language(self.issuer_vi, self.issuer_en, language)


@dataclass(frozen=True, slots=True)
class Signatory:
    """One ``[[signatures]]``: who signs, by role and by name (empty: the name is filled in by hand)."""

    role_vi: str
    role_en: str = ""
    name: str = ""

    def role(self, language: Language) -> str:
        return in_language(self.role_vi, self.role_en, language)


@dataclass(frozen=True, slots=True)
class Publication:
    """All of it together."""

    publisher: Publisher = Publisher()
    document: IssuedDocument = IssuedDocument()
    period: Period = Period()
    basis: tuple[CitedDocument, ...] = ()
    signatures: tuple[Signatory, ...] = ()


#: Nothing is said of it.
UNSAID = Publication()


def in_language(vi: str, en: str, language: Language) -> str:
    """The text of a language; the Vietnamese one where there is no other.

    >>> in_language("Thành phố", "City", "en"), in_language("Thành phố", "", "en")
    ('City', 'Thành phố')
    """
    return en or vi if language == "en" else vi
