"""Scripts for Google Forms, run under a double of Google's services: what they build, and what comes back is read as answered."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import surveys as sv
from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.instrument.records import (
    BLANK,
    NON_ANSWERS,
    NOT_ASKED,
    Instrument,
    Item,
    Level,
    Questionnaire,
    Scale,
)
from surveys.definitions.instrument.shelf import shipped
from surveys.definitions.study.records import Issued, ReturnFile, StudyDefinition
from surveys.fieldwork.forms.form_content import form_content
from surveys.fieldwork.forms.form_request import FormRequest
from surveys.fieldwork.forms.online.google_files import function_of, google_files
from surveys.problems import LANGUAGES, Language
from surveys.returns.reading import read_returns
from surveys.vocabulary.csv import csv_bytes

NODE = shutil.which("node")
DOUBLE = Path(__file__).with_name("form_app.js")
needs_an_engine = pytest.mark.skipif(NODE is None, reason="no JavaScript engine is installed")
EDITIONS = [(name, q.code) for name in shipped() for q in load_instrument(name).questionnaires]


@dataclass(frozen=True)
class Built:
    """What a script built: ``items`` in order, ``headings`` of the sheet of answers, ``rows`` answered at random with the
    pages they saw."""

    title: str
    items: list[dict[str, Any]]
    headings: list[str]
    rows: list[dict[str, Any]]
    logged: list[str]


def built(script: bytes, questionnaire: str, times: int = 0, seed: int = 1, **texts: str) -> Built:
    call = f"finish({function_of(questionnaire)}, {times}, {seed}, {json.dumps(texts)});"
    source = "\n".join((DOUBLE.read_text(encoding="utf-8"), script.decode(), call))
    assert NODE is not None
    done = subprocess.run([NODE, "-"], input=source.encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return Built(**json.loads(done.stdout))


def a_study(instrument: Instrument, folder: Path) -> StudyDefinition:
    return StudyDefinition("dot", "Đợt điều tra", "A round", instrument, folder, instrument.units)


def script(study: StudyDefinition, code: str, language: Language = "vi") -> bytes:
    questionnaire = study.instrument.questionnaire[code]
    return google_files(FormRequest(study, (questionnaire,), language))[f"google/{code}.gs"]


def sheet(study: StudyDefinition, made: Built, code: str) -> StudyDefinition:
    """The study with the sheet of answers of a form, as Google downloads it, and no mapping."""
    rows = [(f"{k % 15 + 13}/11/2026 10:00:00", *row["said"]) for k, row in enumerate(made.rows)]
    content = csv_bytes(("Dấu thời gian", *made.headings), rows, guard=False, mark=False)
    (study.folder / "answers.csv").write_bytes(content)
    return replace(study, returns=(ReturnFile("answers.csv", questionnaire=code),))


@needs_an_engine
@pytest.mark.long
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("edition", "code"), EDITIONS, ids=lambda value: str(value).replace("/", "-"))
def test_every_edition_is_built_and_read_back(
    edition: str, code: str, language: Language, tmp_path: Path
) -> None:
    study = a_study(load_instrument(edition), tmp_path)
    form = form_content(study, code, language)
    fields = {field.label: "P1" for field in form.fields}
    made = built(script(study, code, language), code, times=12, seed=7, **fields)
    asked = [
        option
        for item in made.items
        if item["kind"] not in ("header", "page")
        for option in (item["rows"] or [item["title"]])
    ]
    many = len(form.units) if form.matrix else 1
    assert sum(q.text in {*asked, *(item["title"] for item in made.items)} for q in form.questions) == len(
        form.questions
    )
    assert len([h for h in made.headings if any(q.text in h for q in form.questions)]) == many * len(
        form.questions
    )
    returns = read_returns(sheet(study, made, code))
    said = expected(study, made, code, language)
    position = study.instrument.item_position
    questions = [position[question.code] for question in form.questions]
    if form.matrix:
        found = {
            (int(row), unit): answers.tolist()
            for row, unit, answers in zip(
                returns.rows["source_row"],
                returns.rows["unit_code"],
                returns.answers[:, questions],
                strict=True,
            )
        }
        assert {key: value for key, value in said.items() if set(value) != {BLANK}} == found
    else:
        assert [said[k + 2, ""] for k in range(len(made.rows))] == returns.answers[:, questions].tolist()
        assert (returns.rows["unit_code"].isin([unit.code for unit in form.units])).all()


def expected(
    study: StudyDefinition, made: Built, code: str, language: Language
) -> dict[tuple[int, str], list[int]]:
    """(row, unit) → the answer to each question as the cells of the sheet say, looked up by heading and label."""
    form = form_content(study, code, language)
    column: dict[Any, int] = {}
    for k, heading in enumerate(made.headings):
        title, _, part = heading.partition(" [")
        column[title if not part else (title, part.removesuffix("]"))] = k
        column.setdefault(part.removesuffix("]"), k)
    found = {}
    for row, given in enumerate(made.rows, 2):
        for unit in form.units if form.matrix else (None,):
            answers = []
            for question in form.questions:
                key: Any = question.text if unit is None else (question.text, unit.name)
                label = given["said"][column[key]]
                option = next((o for o in question.options if o.label == label), None)
                levels = [level.code for level in study.instrument.scale_of(question.code).levels]
                blank = BLANK if not_hidden(form, question, given["said"], column) else NOT_ASKED
                answers.append(
                    blank if option is None
                    else NON_ANSWERS[option.kind] if option.kind in NON_ANSWERS
                    else levels.index(option.code)
                )  # fmt: skip
            found[row, unit.code if unit else ""] = answers
    return found


def not_hidden(form: Any, question: Any, said: list[str], column: dict[Any, int]) -> bool:
    """Whether a blank is no answer: of a question for some, where nobody knows that it is for others, since its filter was left
    blank."""
    condition = question.condition
    if condition is None:
        return True
    of = next(q for q in form.questions if q.number == condition.number)
    return said[column[of.text]] in {"", *(option.label for option in condition.options)}


# --- skip logic ------------------------------------------------------------------------------------------------------------

LABELS = ("Một", "Hai", "Ba")
SCALE = Scale("ba", tuple(Level(str(k), (k / 2,), LABELS[k], f"Level {k}") for k in range(3)))
YES_NO = Scale(
    "yn", (Level("0", (0.0,), "Không", "No"), Level("1", (1.0,), "Có", "Yes", chosen=True)), kind="multiple"
)


def ours(folder: Path, *items: Item) -> StudyDefinition:
    """The first survey with questions of our own."""
    instrument = sv.load("data-sample/first-survey").instrument
    form = replace(instrument.questionnaires[0], code="q")
    placed = tuple(replace(item, questionnaires=("q",), node="1") for item in items)
    made = replace(instrument, questionnaires=(form,), items=placed, scales=(SCALE, YES_NO))
    return a_study(made, folder)


def item(code: str, *when: str, scale: str = "ba", text: str = "") -> Item:
    condition = (when[0], tuple(when[1:])) if when else None
    return Item(
        code, "1", scale, ("q",), text or f"Câu hỏi {code}?", f"Question {code}?", asked_when=condition
    )


CROSSING = {
    "one filter": (item("F"), item("A"), item("B", "F", "1"), item("C", "F", "1"), item("D")),
    "one page for each answer": (item("F"), item("A", "F", "0"), item("B", "F", "1"), item("C", "F", "2")),
    "answers with a common page": (
        item("F"),
        item("A", "F", "0"),
        item("B", "F", "1"),
        item("C", "F", "0", "1"),
        item("D"),
    ),
    "a filter within": (item("F"), item("A", "F", "1"), item("G", "F", "1"), item("B", "G", "1"), item("C")),
    "nothing behind": (item("F"), item("A", "F", "1")),
    "several filters": (
        item("F"),
        item("A", "F", "1"),
        item("B"),
        item("G"),
        item("C", "G", "0", "2"),
        item("D"),
    ),
}
NOT_SAID = {
    "filters side by side": (item("F"), item("G"), item("A", "F", "1"), item("B", "G", "1"), item("C")),
    "pages that cross": (item("F"), item("A", "F", "0", "1"), item("B", "F", "0"), item("C", "F", "1")),
    "once more, later": (item("F"), item("A", "F", "1"), item("B"), item("C", "F", "1")),
}


@needs_an_engine
@pytest.mark.long
@pytest.mark.parametrize("name", [*CROSSING, *NOT_SAID])
def test_pages_are_shown_to_those_they_are_for(name: str, tmp_path: Path) -> None:
    items = {**CROSSING, **NOT_SAID}[name]
    study = ours(tmp_path, *items)
    made = built(script(study, "q"), "q", times=200, seed=3)
    at = {entry: k for k, entry in enumerate(made.headings)}
    page, noted = 0, []
    page_of: dict[str, int] = {}
    for entry in made.items:
        page += entry["kind"] == "page"
        for title in entry["rows"] or [entry["title"]]:
            page_of[title] = page
            noted += [title] if "Chỉ trả lời nếu" in entry["help"] else []
    assert bool(noted) == (name in NOT_SAID)
    for row in made.rows:
        shown: dict[str, bool] = {}
        for one in items:
            wanted = True
            if one.asked_when and one.text_vi not in noted:
                of, levels = one.asked_when
                of_text = f"Câu hỏi {of}?"
                label = row["said"][at[next(h for h in at if of_text in h)]]
                wanted = shown[of] and label in {LABELS[int(k)] for k in levels}
            shown[one.code] = wanted
            assert (page_of[one.text_vi] in row["seen"]) == wanted, one.code
    assert len({tuple(row["seen"]) for row in made.rows}) > 1 or set(noted) == {
        i.text_vi for i in items if i.asked_when
    }


@needs_an_engine
def test_texts_stay_texts_and_what_would_be_misread_gives_way_to_its_code(tmp_path: Path) -> None:
    evil = 'A "quote" \\ \\u000a </script> ${x} `y` \u2028 // */ [thử]'
    same = ("Thái độ", "Thái độ")
    study = ours(
        tmp_path, item("A", text=evil), item("B", text=same[0]), item("C", text=same[1]), item("D", text="Dòng\nhai"),
        item("K1", scale="yn", text="Kênh nào? [Đài, báo]"), item("K2", scale="yn", text="Kênh nào? [Báo]"),
    )  # fmt: skip
    study = replace(study, issued=(Issued("P1", "q", "x1"),))
    made = built(script(study, "q"), "q", times=30, seed=5)
    titles = [entry["title"] for entry in made.items]
    helps = {entry["title"]: entry["help"] for entry in made.items}
    assert " ".join(evil.split()) in made.headings
    assert "Dòng hai" in " ".join(made.headings)
    assert helps["B"] == helps["C"] == "Thái độ"
    assert "Kênh nào?" in titles
    answers = read_returns(sheet(study, made, "q")).answers
    at = {heading: k for k, heading in enumerate(made.headings)}
    chosen = [row["said"][at["Kênh nào?"]] for row in made.rows]
    position = study.instrument.item_position
    assert np.array_equal(answers[:, position["K1"]] == 1, ["Đài, báo" in said for said in chosen])
    assert np.array_equal(
        answers[:, position["K2"]] == 1, ["Báo" in said.replace("Đài, báo", "") for said in chosen]
    )
    assert [answers[k, position["B"]] for k in range(30)] == [
        LABELS.index(row["said"][at["B"]]) if row["said"][at["B"]] else BLANK for row in made.rows
    ]
    assert len(made.logged) == 3


def test_the_same_study_gives_the_same_bytes(tmp_path: Path) -> None:
    study = sv.load("data-sample/first-survey").definition
    request = FormRequest(study, study.instrument.questionnaires, "vi")
    assert google_files(request) == google_files(request)
    assert set(google_files(request)) == {"google/xa-1.gs", "google/HUONG-DAN.txt"}
    questionnaire: Questionnaire = study.instrument.questionnaires[0]
    assert (
        google_files(replace(request, questionnaires=(questionnaire,), language="en"))[
            "google/xa-1.gs"
        ].isascii()
        is False
    )
