"""Questionnaires → XLSForm → pyxform and ODK Validate → answered at random → exports of both products → read back, without a
mapping: what is read is what the respondents chose, by the words that they saw."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyxform.xls2xform import convert

from surveys.definitions.instrument.reading import instruments, load_instrument
from surveys.definitions.instrument.records import (
    BLANK,
    NON_ANSWERS,
    NOT_ASKED,
    Instrument,
    Item,
    Questionnaire,
)
from surveys.definitions.instrument.yes_or_no import yes_or_no
from surveys.definitions.study.records import Fieldwork, Issued, ReturnFile, StudyDefinition
from surveys.fieldwork.forms.form_request import FormRequest
from surveys.fieldwork.forms.xlsform import question_rows
from surveys.fieldwork.forms.xlsform.files import xlsform_files
from surveys.returns.reading import read_returns
from surveys.returns.record_set import Returns
from tests.surveys.fieldwork.forms.xlsform.exports import HERE, Central, Kobo, Sent
from tests.surveys.fieldwork.forms.xlsform.form_walk import Asked, Respondent, XForm
from tests.surveys.fieldwork.forms.xlsform.peculiar import PECULIAR

FORMS = 5
#: Every edition and every questionnaire that is shipped.
EVERY = [(edition.name, form.code) for edition in instruments() for form in edition.questionnaires]


def study_of(instrument: Instrument, folder: Path, *files: ReturnFile) -> StudyDefinition:
    """A round of an instrument in which some forms of each questionnaire were issued."""
    issued = tuple(
        Issued(f"{form.code.upper()}-{k:04}", form.code)
        for form in instrument.questionnaires
        for k in range(1, 40)
    )
    return StudyDefinition(
        "vong-thu", "Vòng thử", "Trial round", instrument, folder, instrument.units, returns=files, issued=issued,
        fieldwork=Fieldwork("2023-10-01", "2023-12-15"),
    )  # fmt: skip


def converted(study: StudyDefinition, questionnaire: str, folder: Path) -> XForm:
    """The form as pyxform makes it, without a warning, and as ODK Validate accepts it where there is Java."""
    form = study.instrument.questionnaire[questionnaire]
    (content,) = xlsform_files(FormRequest(study, (form,), "vi")).values()
    path = folder / f"{questionnaire}.xlsx"
    path.write_bytes(content)
    warnings: list[str] = []
    made = convert(str(path), warnings=warnings, validate=shutil.which("java") is not None)
    assert warnings == []
    return XForm(made.xform)


@dataclass(frozen=True)
class Round:
    """A form and what respondents sent with it."""

    instrument: Instrument
    questionnaire: Questionnaire
    form: XForm
    sent: tuple[Sent, ...]


def round_of(instrument: Instrument, code: str, folder: Path, seed: int = 1) -> Round:
    study = study_of(instrument, folder)
    form, chance = converted(study, code, folder), random.Random(seed)
    labels = {field.label_vi: field for field in instrument.fields}
    sent = []
    for k in range(1, FORMS + 1):

        def typed(asked: Asked, kind: str, k: int = k) -> str:
            field = labels[asked.labels["vi"]]
            if field.role == "form_code":  # some mistype it first
                return chance.choice([f"{code.upper()}-{k:04}", f"{code}-{k}", "0912345678"])
            if kind in ("int", "decimal"):
                return str(chance.randint(-5, 130))
            return chance.choice([f'Nguyễn Thị "{k}"', f"M-{k:02}"])

        start = datetime(2023, 10, 5 + k, 9, k, 0, 123_000, HERE)
        answers = Respondent(form, chance, typed).answer()
        end = start + timedelta(seconds=chance.randint(60, 3000))
        sent.append(Sent(answers, start, end, f"{seed:08}-0000-4000-8000-{k:012}", "dtv01"))
    return Round(instrument, instrument.questionnaire[code], form, tuple(sent))


def shown(text: str) -> str:
    """A text as pyxform shows it: with straight quotes; between the signs of a reference we put one that nobody sees."""
    return text.translate(str.maketrans("“”‘’", "\"\"''")).replace("${", "$\u200b{")


class Expected:
    """What one submission says, by the Vietnamese words of questions and options that were shown."""

    def __init__(self, round_: Round, one: Sent) -> None:
        self._round, self.one = round_, one
        self.instrument, self.questionnaire = round_.instrument, round_.questionnaire
        items = self.instrument.items_of(self.questionnaire.code)
        self.by_text = {shown(item.text_vi): item for item in items}
        assert len(self.by_text) == len(items)
        self.units = {shown(u.name_vi): u.code for u in self.instrument.units_of(self.questionnaire.block)}

    def evaluations(self) -> dict[str, dict[str, int]]:
        """Unit (code; empty where none is named) → item → what it says."""
        given: dict[str, dict[str, int]] = {}
        shown: dict[str, set[str]] = {}
        for asked in self._round.form.questions:
            for number in self._numbers(asked):
                if (asked.path, number) not in self.one.answers.shown:
                    continue
                for unit, item, level in self._said(asked, number):
                    shown.setdefault(unit, set()).add(item.code)
                    given.setdefault(unit, {})
                    if level is not None:
                        given[unit][item.code] = level
        return {unit: self._whole(answers, shown[unit]) for unit, answers in given.items()}

    def field(self, code: str) -> str:
        """What stands in a field of the form: the code of a category or unit where one was chosen."""
        label = next(field.label_vi for field in self.instrument.fields if field.code == code)
        for asked in self._round.form.questions:
            if asked.labels.get("vi") == label and not asked.repeat:
                return self.one.answers.values.get((asked.path, 0), "")
        return ""

    def _numbers(self, asked: Asked) -> range:
        return range(1, self.one.answers.repeated[asked.repeat] + 1) if asked.repeat else range(1)

    def _said(self, asked: Asked, number: int) -> Iterator[tuple[str, Item, int | None]]:
        """Unit, item and level (None: no answer) of a question that is no field."""
        text, unit = asked.labels.get("vi", ""), self._unit_of_form(asked, number)
        if text not in self.by_text and text.endswith("]"):
            question, _, named = text[:-1].rpartition(" [")
            if question in self.by_text:
                text, unit = question, self.units[named]
        value = self.one.answers.values.get((asked.path, number), "")
        if asked.kind == "select1" and text in self.by_text:
            item = self.by_text[text]
            label = asked.options[value]["vi"] if value else ""
            yield unit, item, self._level(item, label) if value else None
        elif asked.kind == "select":
            chosen = value.split(" ") if value else []
            for option, labels in asked.options.items():
                item_of = self.by_text.get(f"{text} [{labels['vi']}]")
                if item_of is not None:
                    meant = yes_or_no(self.instrument.scale_of(item_of.code))
                    assert meant is not None
                    level = (meant.yes if option in chosen else meant.no) if chosen else None
                    yield unit, item_of, level

    def _unit_of_form(self, asked: Asked, number: int) -> str:
        """The unit that was chosen, of the form or of the repetition."""
        labels = [field.label_vi for field in self.instrument.fields if field.role == "unit"]
        for other in self._round.form.questions:
            if other.labels.get("vi") in labels and other.repeat == asked.repeat:
                value = self.one.answers.values.get((other.path, number), "")
                return self.units[other.options[value]["vi"]] if value else ""
        return ""

    def _level(self, item: Item, label: str) -> int:
        scale = self.instrument.scale_of(item.code)
        for position, level in enumerate(scale.levels):
            if level.label_vi == label:
                return position
        return next(NON_ANSWERS[n.kind] for n in scale.non_answers if n.label_vi == label)

    def _whole(self, given: Mapping[str, int], shown: set[str]) -> dict[str, int]:
        """An answer for every item: blank, or not asked where what it follows from was answered otherwise."""
        found: dict[str, int] = {}
        for item in self.instrument.items_of(self.questionnaire.code):
            blank = BLANK
            if item.code not in shown:
                assert item.asked_when is not None
                above = found[item.asked_when[0]]
                blank = BLANK if above == BLANK else NOT_ASKED
            found[item.code] = given.get(item.code, blank)
        return found


def compare(round_: Round, read: Returns) -> None:
    """Row by row and answer by answer."""
    instrument, form = round_.instrument, round_.questionnaire
    position = [instrument.item_position[item.code] for item in instrument.items_of(form.code)]
    units = [unit.code for unit in instrument.units_of(form.block)]
    rows, answers = read.rows, read.answers
    places = iter(range(len(rows)))
    for k, one in enumerate(round_.sent):
        expected = Expected(round_, one)
        evaluations = expected.evaluations()
        order = (
            evaluations
            if any(q.repeat for q in round_.form.questions)
            else sorted(evaluations, key=units.index)
        )
        for unit in order:
            place = next(places)
            row = rows.iloc[place].to_dict()
            said = dict(zip(evaluations[unit], answers[place][position].tolist(), strict=True))
            assert said == evaluations[unit], (k, unit)
            assert (row["form"], row["unit_code"]) == (k, unit)
            assert row["form_code"] == expected.field("form_code") != ""
            assert row["seconds"] == (one.end - one.start).seconds
            assert str(row["submitted"]) == one.received.astimezone(HERE).strftime("%Y-%m-%d %H:%M:%S")
            check_fields(instrument, expected, row)
    assert next(places, None) is None
    assert read.warnings == ()


def check_fields(instrument: Instrument, expected: Expected, row: Mapping[Any, Any]) -> None:
    """The rater, the rater's own unit and the attributes, as they were chosen or typed."""
    asked = {q.labels.get("vi") for q in expected._round.form.questions}
    for field in instrument.fields:
        said = expected.field(field.code)
        if field.role == "rater":
            assert row["rater"] == (said or row["form_code"])
        elif field.role == "own_unit" and field.code == expected.questionnaire.own_unit:
            assert row["own_unit"] == said
        elif field.role in ("attribute", "stratum", "cluster"):
            assert row[field.code] == said, field.code
        elif field.role == "interviewer":
            assert row["interviewer"] == (said if field.label_vi in asked else "dtv01")
    assert row["identified"]


WRITERS: Mapping[str, Callable[[XForm, tuple[Sent, ...], Path], None]] = {
    "kobo-names.csv": Kobo().csv,
    "kobo-names-without-groups.csv": Kobo(groups=False, several="one").csv,
    "kobo-vi.csv": Kobo("vi", groups=False).csv,
    "kobo-vi-groups.xlsx": Kobo("vi", several="each").xlsx,
    "kobo-en.xlsx": Kobo("en", groups=False, several="each").xlsx,
    "central.csv": Central().csv,
    "central-split.csv": Central(split=True, groups=False).csv,
    "central.zip": Central().zip,
}


#: Exports that hold repeated groups too.
WITH_REPEATS = [file for file in WRITERS if file.endswith((".xlsx", ".zip"))]


def comes_back(instrument: Instrument, code: str, folder: Path, files: Iterable[str], seed: int = 1) -> Round:
    round_ = round_of(instrument, code, folder, seed)
    for file in files:
        WRITERS[file](round_.form, round_.sent, folder / file)
        compare(round_, read_returns(study_of(instrument, folder, ReturnFile(file))))
    return round_


@pytest.mark.long
@pytest.mark.parametrize(("name", "code"), EVERY)
def test_every_questionnaire_comes_back_as_it_was_answered(name: str, code: str, tmp_path: Path) -> None:
    comes_back(load_instrument(name), code, tmp_path, WRITERS)


@pytest.mark.long
def test_that_a_study_names_another_questionnaire_than_the_forms_is_told(tmp_path: Path) -> None:
    round_ = round_of(load_instrument("ha-noi/2023"), "so-5", tmp_path)
    Kobo("vi").csv(round_.form, round_.sent, tmp_path / "k.csv")
    read = read_returns(study_of(round_.instrument, tmp_path, ReturnFile("k.csv", "huyen-5")))
    assert "returns.questionnaire_said" in [problem.code for problem in read.warnings]
    assert set(read.rows["questionnaire"]) == {"huyen-5"}


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("code", ["don", "ma-tran"])
def test_awkward_codes_and_texts_come_back(code: str, seed: int, tmp_path: Path) -> None:
    comes_back(PECULIAR, code, tmp_path, WRITERS, seed)


@pytest.mark.long
@pytest.mark.parametrize(
    ("instrument", "code"), [(PECULIAR, "ma-tran"), (load_instrument("ha-noi/2023"), "so-1")]
)
def test_so_many_units_that_the_rater_adds_them_come_back(
    instrument: Instrument, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question_rows, "MOST_CELLS", 10)
    round_ = comes_back(instrument, code, tmp_path, WITH_REPEATS)
    assert max(max(one.answers.repeated.values()) for one in round_.sent) > 1
