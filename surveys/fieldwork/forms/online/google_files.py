"""The folder of forms for Google: a script for each questionnaire, which builds it in the account of whoever runs it."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from functools import cache
from importlib import resources

from surveys.fieldwork.forms.form_content import form_content
from surveys.fieldwork.forms.form_request import FormRequest
from surveys.fieldwork.forms.online.google_form import GoogleForm, google_form
from surveys.problems import Language, phrase
from surveys.vocabulary.xml_names import xml_name

FOLDER, GUIDE = "google", "google/HUONG-DAN.txt"
_TOLD = ("edit", "answer", "sheet")
#: What ends a line of a script though it stands in a text, and what a page could take for the end of the script.
_ESCAPED = re.compile("[\u007f-\u009f\u2028\u2029\ufeff<>&]")


def google_files(request: FormRequest) -> dict[str, bytes]:
    """A script for each questionnaire, and how to run them: path → content."""
    language = request.language
    scripts = {}
    for questionnaire in request.questionnaires:
        form = google_form(request.study, form_content(request.study, questionnaire.code, language))
        scripts[f"{FOLDER}/{questionnaire.code}.gs"] = script_of(questionnaire.code, form, language).encode()
    guide = phrase("online.google.guide", language, study=request.study.code).strip() + "\n"
    return {**scripts, GUIDE: guide.encode()}


def script_of(questionnaire: str, form: GoogleForm, language: Language) -> str:
    """The script that builds a form: its texts as data in JSON, and the same few lines that go through them."""
    told = {name: phrase(f"online.google.{name}", language) for name in _TOLD}
    data = asdict(form) | {"told": told}
    for page in data["pages"]:
        for name in [name for name in page if name not in ("title", "items", "next")]:
            del page[name]
        for item in page["items"]:
            item["goesTo"] = item.pop("goes_to")
    written = _ESCAPED.sub(_escape, json.dumps(data, ensure_ascii=False, indent=1))
    above = "".join(f"// {line}\n" for line in phrase("online.google.above", language).splitlines())
    return f"{above}function {function_of(questionnaire)}() {{\n  const FORM = {written};\n\n{_steps()}}}\n"


def function_of(questionnaire: str) -> str:
    """The name of the function that is run.

    >>> function_of("so-1")
    'taoPhieu_so_1'
    """
    return f"taoPhieu_{xml_name(questionnaire).strip('_')}"


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


@cache
def _steps() -> str:
    return (resources.files("surveys.fieldwork.forms.online") / "build_form.js").read_text(encoding="utf-8")
