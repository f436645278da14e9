"""Which of the languages of a form is the Vietnamese one and which the English one."""

from __future__ import annotations

import re
from typing import NamedTuple

from surveys.fieldwork.xlsform_import.form_sheets import SheetRow, Xlsform, XlsformSheet
from surveys.vocabulary.folding import without_marks

_CODE = re.compile(r"\(([A-Za-z]{2,3})(?:[-_]\w+)?\)")
#: Tags of HTML, and the marks of Markdown that forms may use.
_FORMATS = re.compile(
    r"</?(?:b|i|u|p|em|br|h[1-6]|span|strong|font|div|center|small|sub|sup|a)\b[^<>]{0,200}/?>|\*\*|^#{1,6} ",
    re.I,
)
_WORDS = {
    "vi": frozenset({"vi", "vie", "vn", "vietnamese", "tieng viet", "tv", "viet", "viet nam", "vietnam"}),
    "en": frozenset({"en", "eng", "english", "tieng anh", "ta", "anh"}),
}

_WHOLE_NAME = 7  # letters from which a name of a language may stand among other words


class XlsformLanguages(NamedTuple):
    """The languages as the form writes their names; None where it has none of it, ``""`` for columns without a language."""

    vi: str | None
    en: str | None


def language_of(name: str) -> str:
    """``vi``, ``en``, or ``""`` for another language, by its code in brackets or its name.

    >>> [language_of(name) for name in ("Tiếng Việt (vi)", "English (en-GB)", "VIETNAMESE", "Français (fr)", "Tiếng Anh")]
    ['vi', 'en', 'vi', '', 'en']
    >>> [language_of(name) for name in ("Tiếng Việt (Vietnamese)", "US English", "Français", "vi_VN")]
    ['vi', 'en', '', 'vi']
    """
    coded = _CODE.search(name)
    plain = coded[1].casefold() if coded else without_marks(name)
    for code, words in _WORDS.items():
        if plain in words or (not coded and plain.split(" ")[0] in words):
            return code
    whole = [word for words in _WORDS.values() for word in words if len(word) >= _WHOLE_NAME]
    said = [word for word in whole if not coded and f" {word} " in f" {plain} "]
    return next((code for code, words in _WORDS.items() if said and words.issuperset(said)), "")


def languages_of(form: Xlsform) -> XlsformLanguages:
    """The languages of the labels; what is taken for granted and what is left out is told. Columns without a language are in the
    default language of the settings, in Vietnamese where the form has no other Vietnamese."""
    sheets = [form["survey"], form["choices"], form["external_choices"]]
    named = dict.fromkeys(h.language for sheet in sheets for h in sheet.headings if h.name == "label")
    default = next((row.get("default_language") for row in form["settings"].rows), "")
    found: dict[str, str] = {}
    for name in named:
        if name and (code := language_of(name)):
            found.setdefault(code, name)
    if "" in named:
        _place_unnamed(form["survey"], language_of(default), default, found)
    both = any({"", found.get("vi", "")} <= _label_languages(sheet) for sheet in sheets)
    others = [name or '""' for name in named if name not in found.values() and (name or both)]
    place = form["survey"].place
    if others and found:
        place.note(
            "xlsform_import.languages_left",
            form["survey"].written("label"),
            severity="warning",
            languages=others,
        )
    if others and not found:
        place.note("xlsform_import.no_language", form["survey"].written("label"), found=", ".join(others))
    elif not found:
        place.note("xlsform_import.no_labels", severity="warning")
    elif "vi" not in found:
        place.note("xlsform_import.no_vietnamese", form["survey"].written("label"), severity="warning")
    return XlsformLanguages(found.get("vi"), found.get("en"))


def _label_languages(sheet: XlsformSheet) -> set[str]:
    return {heading.language for heading in sheet.headings if heading.name == "label"}


def _place_unnamed(survey: XlsformSheet, default: str, default_name: str, found: dict[str, str]) -> None:
    if default:
        found.setdefault(default, "")
    elif default_name and "vi" in found:
        return
    elif "vi" not in found:
        found["vi"] = ""
        survey.place.note("xlsform_import.language_assumed", survey.written("label"), severity="warning")


class TwoTexts(NamedTuple):
    """A text in Vietnamese and in English; empty where the form has none."""

    vi: str
    en: str

    @property
    def first(self) -> str:
        return self.vi or self.en


def texts_of(row: SheetRow, name: str, languages: XlsformLanguages) -> TwoTexts:
    """The texts of a row under a heading in both languages; where it has no Vietnamese one, the one without a language stands for
    it, then the English one."""
    vi, en = (
        "" if language is None else row.said(name, language) for language in (languages.vi, languages.en)
    )
    unnamed = row.said(name, "") if languages.en != "" else ""
    return TwoTexts(unformatted(vi or unnamed or en), unformatted(en))


def unformatted(text: str) -> str:
    """A text without the marks by which forms make letters bold, coloured or large.

    >>> unformatted("**Rất** <span style='color:red'>hài lòng</span>"), unformatted("## Phần 1"), unformatted("2 < 3 > 1")
    ('Rất hài lòng', 'Phần 1', '2 < 3 > 1')
    """
    return " ".join(_FORMATS.sub("", text).split())
