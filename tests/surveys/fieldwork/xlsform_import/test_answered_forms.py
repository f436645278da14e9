"""Forms of others are answered at random by someone who knows only the XForm; what Kobo and ODK export of it is read by the
imported instrument without any mapping, and says what was answered."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pyxform.xls2xform import convert

from surveys.definitions.instrument.records import BLANK, NON_ANSWERS, NOT_ASKED, Instrument
from surveys.returns.record_set import Returns
from tests.surveys.fieldwork.forms.xlsform.exports import HERE, Central, Kobo, Sent
from tests.surveys.fieldwork.forms.xlsform.form_walk import Asked, Respondent, XForm
from tests.surveys.fieldwork.xlsform_import.made_forms import markdown, taken
from tests.surveys.fieldwork.xlsform_import.test_read_back import read_as, study_of

#: Nested groups, names that stand in two of them, conditions on one and on several answers, other options, a name with a mark in
#: front, texts, numbers, a calculation, a note, an attribute with codes that are words.
SURVEY = """
type | name | label::Tiếng Việt (vi) | label::English (en) | relevant | required | constraint | calculation
start | start | | | | | |
end | end | | | | | |
select_one dv | co_quan | Cơ quan | Agency | | yes | |
text | ho_ten | Họ tên | Name | | | |
integer | tuoi | Tuổi | Age | | | . > 17 and . < 99 |
select_one gt | gioi_tinh | Giới tính | Sex | | | |
calculate | tinh | | | | | | 1 + 1
begin_group | a | Phần A | Part A | | | |
note | loi_dan | Xin trả lời | Please answer | | | |
select_one yn | s0 | Có làm thủ tục? | Any procedure? | | yes | |
begin_group | b | Phần B | Part B | ${s0} = 'co' | | |
select_one h | q | Niềm nở | Kind | | yes | |
select_one h | _q2 | Nhanh | Fast | | | |
select_one yn | s1 | Có khiếu nại? | Complained? | | | |
select_one h | q3 | Giải quyết khiếu nại | Complaint solved | ${s1} = 'co' | | |
end_group | | | | | | |
end_group | | | | | | |
begin_group | c | Phần C | Part C | | | |
select_one h | q | Niềm nở (lần sau) | Kind (later) | | | |
select_multiple kenh or_other | kenh | Biết qua đâu? | Known from? | | | |
select_one h | q4 | Kênh báo | The newspaper | selected(${kenh}, 'bao') | | |
select_one h or_other | q5 | Khác nữa | More | | | |
end_group | | | | | | |
""".strip("\n")
CHOICES = """
list_name | name | label::Tiếng Việt (vi) | label::English (en)
h | 1 | Rất kém | Very poor
h | 2 | Kém | Poor
h | 3 | Trung bình | Average
h | 4 | Tốt | Good
h | 99 | Không biết | Don't know
yn | co | Có | Yes
yn | khong | Không | No
dv | so_a | Sở A | Agency A
dv | so_b | Sở B | Agency B
gt | nam | Nam | Male
gt | nu | Nữ | Female
kenh | bao | Báo, đài | Newspaper
kenh | mang | Mạng xã hội | Social media
kenh | khac | Cách khác | Another way
"""
FORMS = 12
Writer = Callable[[XForm, Sequence[Sent], Path], None]


def typed(asked: Asked, kind: str) -> str:
    return "30" if kind in ("int", "decimal") else "Trần B"


def answered(seed: int) -> tuple[XForm, list[Sent]]:
    """The form as pyxform makes it, and what people sent with it."""
    form, chance = (
        XForm(convert(xlsform=markdown(survey=SURVEY, choices=CHOICES), file_type=".md").xform),
        random.Random(seed),
    )
    sent = []
    for k in range(FORMS):
        start = datetime(2025, 10, 2 + k, 9, k, 0, tzinfo=HERE)
        answers = Respondent(form, chance, typed).answer()
        sent.append(
            Sent(
                answers, start, start + timedelta(seconds=300 + k), f"{seed:08}-0000-4000-8000-{k:012}", "dtv"
            )
        )
    return form, sent


def expected(made: Instrument, form: XForm, one: Sent) -> dict[str, int]:
    """What a submission says of every item, worked out from the paths of the form."""
    found = {item.code: BLANK for item in made.items}
    names = {name: item.code for item in made.items for name in (item.code, *item.aliases)}
    for asked in form.questions:
        value, path = one.answers.values.get((asked.path, 0), ""), "/".join(asked.path)
        was_shown = (asked.path, 0) in one.answers.shown
        if asked.kind == "select":
            for option in asked.options if was_shown else ():
                code = names[f"{asked.path[-1]} [{option}]"]
                found[code] = int(option in value.split(" ")) if value else BLANK
        elif asked.kind == "select1" and was_shown and (path in names or asked.path[-1] in names):
            code = names.get(path) or names[asked.path[-1]]
            scale = made.scale_of(code)
            by_name = {
                name: k for k, level in enumerate(scale.levels) for name in (level.code, *level.aliases)
            }
            by_name |= {other.code: NON_ANSWERS[other.kind] for other in scale.non_answers}
            found[code] = by_name[value] if value else BLANK
    for item in made.items:  # in the order of the form: a filter that was left without an answer says nothing
        if item.asked_when and found[item.code] == BLANK:
            code, levels = item.asked_when
            given = found[code]
            closed = given >= 0 and made.scale_of(code).levels[given].code not in levels
            found[item.code] = NOT_ASKED if closed or given == NOT_ASKED else BLANK
    return found


WRITERS: dict[str, tuple[str, Writer]] = {
    "kobo-both": ("k.csv", Kobo().csv),
    "kobo-one": ("k.csv", Kobo(several="one").csv),
    "kobo-each": ("k.xlsx", Kobo(several="each").xlsx),
    "kobo-labels": ("k.csv", Kobo(headings="vi").csv),
    "kobo-english": ("k.csv", Kobo(headings="en").csv),
    "kobo-without-groups": ("k.csv", Kobo(headings="vi", groups=False, several="each").csv),
    "odk": ("o.csv", Central().csv),
    "odk-split": ("o.csv", Central(split=True).csv),
}


def check(made: Instrument, form: XForm, sent: Sequence[Sent], found: Returns) -> None:
    by_name = {f"uuid:{one.uuid}".removeprefix("uuid:"): one for one in sent}
    assert len(found.rows) == len(sent)
    for k, row in found.rows.reset_index(drop=True).iterrows():
        one = by_name[str(row["submission"]).removeprefix("uuid:")]
        answers = dict(
            zip([item.code for item in made.items], found.answers[int(str(k))].tolist(), strict=True)
        )
        assert answers == expected(made, form, one)
        assert row["unit_code"] == one.answers.values[("co_quan",), 0]
        assert row["gioi_tinh"] == one.answers.values.get((("gioi_tinh",), 0), "")
        assert row["seconds"] == (one.end - one.start).total_seconds()


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("writer", WRITERS)
def test_random_answers_come_back(writer: str, seed: int, tmp_path: Path) -> None:
    made = taken(SURVEY, CHOICES)
    form, sent = answered(seed)
    name, write = WRITERS[writer]
    write(form, sent, tmp_path / name)
    found, _ = read_as(study_of(made, tmp_path, name))
    assert found.warnings == ()
    check(made, form, sent, found)
