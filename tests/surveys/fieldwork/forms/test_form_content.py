"""A form shows every item of its questionnaire once, in the order of the definitions, with the options of its scale."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from surveys.definitions.instrument.records import Field
from surveys.definitions.instrument.shelf import shipped
from surveys.definitions.study.reading import load_study
from surveys.definitions.study.records import StudyDefinition
from surveys.fieldwork.forms.form_content import FormContent, form_content
from surveys.problems import LANGUAGES, Language

SAMPLES = Path(__file__).parents[4] / "data-sample"


def study_of(edition: str, folder: Path) -> StudyDefinition:
    (folder / "study.toml").write_text(f'[study]\ncode = "s"\ninstrument = "{edition}"\n', encoding="utf-8")
    return load_study(folder)


def codes(form: FormContent) -> list[str]:
    """The items in the order in which they are shown."""
    return [
        code
        for question in form.questions
        for code in ([o.code for o in question.options] if question.several else [question.code])
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("edition", shipped())
def test_every_item_is_shown_once_and_in_order(edition: str, language: Language, tmp_path: Path) -> None:
    study = study_of(edition, tmp_path)
    for questionnaire in study.instrument.questionnaires:
        form = form_content(study, questionnaire.code, language)
        wanted = [item.code for item in study.instrument.items if questionnaire.code in item.questionnaires]
        assert codes(form) == wanted
        assert [question.number for question in form.questions] == list(range(1, len(form.questions) + 1))
        assert all(question.text and all(o.label for o in question.options) for question in form.questions)


def test_what_a_sample_form_shows() -> None:
    form = form_content(load_study(SAMPLES / "ha-noi-2023"), "huyen-5", "en")
    assert form.title == "Form 5, districts: citizens"
    assert len(form.units) == 30
    area = next(field for field in form.fields if field.code == "area")
    assert area.categories == (("urban", "Urban"), ("rural", "Rural"))
    assert form.field("own_unit") is None
    asked, told = form.questions[0], form.questions[-1]
    assert asked.condition is None
    assert told.condition is not None
    assert (told.condition.number, [option.label for option in told.condition.options]) == (1, ["Yes"])
    assert [option.label for option in told.options[-3:]] == ["Don't know", "Refused", "Not applicable"]


def test_options_of_one_question_are_shown_as_one(tmp_path: Path) -> None:
    copytree(SAMPLES / "first-survey", tmp_path / "s")
    place = tmp_path / "s" / "instrument"
    scale = """
[scales.ticked]
levels = [
  { code = "0", values = [0.0], label_vi = "Không chọn", label_en = "Not chosen" },
  { code = "1", values = [1.0], label_vi = "Có chọn", label_en = "Chosen", chosen = true },
]

[[fields]]"""
    toml = (place / "instrument.toml").read_text("utf-8")
    (place / "instrument.toml").write_text(toml.replace("\n[[fields]]", scale, 1), "utf-8")
    with (place / "items.csv").open("a", encoding="utf-8") as items:
        for code, option in (("k1", "Báo"), ("k2", "Đài"), ("k3", "Mạng xã hội")):
            items.write(f"{code},,xa-1,ticked,0,1,,,,0,Ông/Bà biết tin qua kênh nào? [{option}],,,\n")
        items.write("k4,,xa-1,hai_long,0,1,,,k2=1,0,Tin trên đài,,,\n")
        items.write("k5,,xa-1,hai_long,0,1,,,k3=0,0,Vì sao không dùng mạng,,,\n")
    form = form_content(load_study(tmp_path / "s"), "xa-1", "vi")
    which, radio, web = form.questions[-3:]
    assert (which.text, which.several, which.number) == ("Ông/Bà biết tin qua kênh nào?", True, 5)
    assert [(o.code, o.label, o.kind) for o in which.options] == [
        ("k1", "Báo", "item"), ("k2", "Đài", "item"), ("k3", "Mạng xã hội", "item"),
    ]  # fmt: skip
    assert radio.condition is not None
    assert (radio.condition.number, [o.code for o in radio.condition.options]) == (5, ["k2"])
    assert radio.condition.chosen
    assert web.condition is not None
    assert ([o.code for o in web.condition.options], web.condition.chosen) == (["k3"], False)
    assert codes(form)[-5:] == ["k1", "k2", "k3", "k4", "k5"]


def test_excluded_units_are_not_on_the_form() -> None:
    form = form_content(load_study(SAMPLES / "ha-noi-2023"), "so-5", "vi")
    assert "hoa-lac" not in {unit.code for unit in form.units}
    assert len(form.units) == 22


def test_a_category_is_called_by_its_first_spelling_or_its_english_name() -> None:
    field = Field("sex", "attribute", ("Giới",), (("m", ("Nam", "1")), ("f", ())), names_en=(("m", "Male"),))
    assert [field.category_name(code, "vi") for code in "mf"] == ["Nam", "f"]
    assert [field.category_name(code, "en") for code in "mf"] == ["Male", "f"]
