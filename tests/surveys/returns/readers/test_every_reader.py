"""The same forms, written as each product writes them, give the same tidy table whoever reads them."""

from __future__ import annotations

import csv
import datetime as dt
import json
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyreadstat
import pytest
import xlsxwriter

from surveys.definitions.instrument.records import BLANK, DONT_KNOW, NOT_APPLICABLE, NOT_ASKED, REFUSED
from surveys.definitions.study.records import ReturnFile
from surveys.returns.files.opening import read_sheets
from surveys.returns.readers.registry import READERS, choose
from surveys.returns.reading import read_returns
from surveys.returns.study_reading import StudyReading
from surveys.returns.writing import Format, write_returns


class Form(NamedTuple):
    """One form as it was filled in; answers are codes of the scale (9 don't know, 8 refused, 7 does not apply), None blank."""

    code: str
    unit: str
    used: int
    answers: tuple[int | None, int | None, int | None]
    channels: tuple[str, ...]
    gender: str
    sent: dt.datetime


NET, PRESS = "Internet", "Báo, đài"
MORNING = dt.datetime(2023, 10, 5, 9, 12, 33)
FORMS = (
    Form("P1", "Sở Nội vụ", 1, (5, 3, 4), (NET,), "Nam", MORNING),
    Form("P2", "Sở Tài chính", 1, (9, 8, 7), (NET, PRESS), "Nữ", MORNING + dt.timedelta(hours=4)),
    Form("P3", "Sở Ngoại vụ", 0, (1, None, 2), (PRESS,), "Nữ", MORNING + dt.timedelta(days=9)),
    Form("P4", "Sở Nội vụ", 1, (2, 5, None), (NET,), "Nam", MORNING + dt.timedelta(days=20, hours=13)),
)
#: The answers as they must be read: levels from 0, a question behind a filter that was not asked.
ANSWERS = [
    [1, 4, 2, 3, 1, 0],
    [1, DONT_KNOW, REFUSED, NOT_APPLICABLE, 1, 1],
    [0, 0, NOT_ASKED, 1, 0, 1],
    [1, 1, 4, BLANK, 1, 0],
]
LABELS = {
    1: "Rất không hài lòng", 2: "Không hài lòng", 3: "Bình thường", 4: "Hài lòng", 5: "Rất hài lòng",
    9: "Không biết", 8: "Từ chối trả lời", 7: "Không áp dụng", None: "",
}  # fmt: skip
ITEMS = ["Chất lượng văn bản", "Tính kịp thời, dễ hiểu", "Thái độ phục vụ"]
FILTER, CHANNELS = "Ông/Bà có sử dụng dịch vụ không?", "Kênh thông tin"
HEAD = ["Mã phiếu", "Đơn vị được đánh giá", "Giới tính", FILTER, *ITEMS]


def said(form: Form) -> list[Any]:
    """The cells of a form below ``HEAD``, in words."""
    answers = [LABELS[answer] for answer in form.answers]
    return [form.code, form.unit, form.gender, ("Không", "Có")[form.used], *answers]


def ticks(form: Form, yes: object, no: object) -> list[Any]:
    return [yes if option in form.channels else no for option in (NET, PRESS)]


def in_utc(moment: dt.datetime) -> dt.datetime:
    return moment - dt.timedelta(hours=7)


def clock(moment: dt.datetime) -> str:
    """12-hour times as a Vietnamese form has them."""
    half = "SA" if moment.hour < 12 else "CH"
    return f"{moment:%Y/%m/%d} {(moment.hour - 1) % 12 + 1}:{moment:%M:%S} {half} GMT+7"


def text_file(
    path: Path, rows: Sequence[Sequence[object]], encoding: str = "utf-8", **options: object
) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, **options).writerows(rows)  # type: ignore[arg-type]


def workbook(path: Path, rows: Sequence[Sequence[object]]) -> None:
    options: Any = {"default_date_format": "dd/mm/yyyy hh:mm:ss"}
    with xlsxwriter.Workbook(path, options) as book:
        page = book.add_worksheet("Phiếu")
        for k, row in enumerate(rows):
            page.write_row(k, 0, row)


def plain_rows() -> list[Any]:
    head = [*HEAD, "K1", "K2", "Thời gian gửi"]
    return [head, *([*said(f), *ticks(f, 1, 0), f"{f.sent:%d/%m/%Y %H:%M:%S}"] for f in FORMS)]


def native_csv(path: Path) -> None:
    text_file(path, plain_rows())


def utf16(path: Path) -> None:
    text_file(path, plain_rows(), "utf-16", delimiter="\t")


def cp1258(path: Path) -> None:
    """Code page 1258 has few letters with a tone; the tone follows as a mark of its own."""
    rows = [[in_cp1258(cell) if isinstance(cell, str) else cell for cell in row] for row in plain_rows()]
    text_file(path, rows, "cp1258", delimiter=";")


def in_cp1258(text: str) -> str:
    tones = "\u0300\u0301\u0303\u0309\u0323"
    apart = unicodedata.normalize("NFD", text)
    kept, found = "", ""
    for letter in apart:
        if unicodedata.combining(letter) and letter not in tones:
            kept = unicodedata.normalize("NFC", kept[0] + letter) + kept[1:]
        elif letter in tones:
            kept += letter
        else:
            found, kept = found + kept, letter
    return found + kept


def google(path: Path) -> None:
    rows = [[clock(f.sent), *said(f), ";".join(f.channels)] for f in FORMS]
    text_file(path, [["Dấu thời gian", *HEAD, CHANNELS], *rows], quoting=csv.QUOTE_ALL)


def google_sheet(path: Path) -> None:
    rows = [[f.sent, *said(f), ", ".join(f.channels)] for f in FORMS]
    workbook(path, [["Timestamp", *HEAD, CHANNELS], *rows])


def microsoft(path: Path) -> None:
    own = ["ID", "Start time", "Completion time", "Email", "Name"]
    rows = [
        [
            k + 1,
            f.sent - dt.timedelta(minutes=5),
            f.sent,
            "anonymous",
            "",
            *said(f),
            f"{';'.join(f.channels)};",
        ]
        for k, f in enumerate(FORMS)
    ]
    workbook(path, [[*own, *HEAD, CHANNELS], *rows])


def kobo_rows() -> list[Any]:
    paths = [f"chung/{heading}" for heading in HEAD[:3]] + [f"danh_gia/{heading}" for heading in HEAD[3:]]
    options = [CHANNELS, f"{CHANNELS}/{NET}", f"{CHANNELS}/{PRESS}"]
    head = ["start", "end", *paths, *options, "_id", "_uuid", "_submission_time", "_index"]
    return [
        head,
        *(
            [
                f"{f.sent:%Y-%m-%dT%H:%M:%S}.000+07:00", f"{f.sent:%Y-%m-%dT%H:%M:%S}.000+07:00", *said(f),
                " ".join(f.channels), *ticks(f, "1", "0"), 880 + k, f"u{k}",
                f"{in_utc(f.sent):%Y-%m-%dT%H:%M:%S}", k + 1,
            ]
            for k, f in enumerate(FORMS)
        ),
    ]  # fmt: skip


def kobo_csv(path: Path) -> None:
    text_file(path, kobo_rows(), delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n")


def kobo_xlsx(path: Path) -> None:
    workbook(path, kobo_rows())


def odk(path: Path) -> None:
    head = ["SubmissionDate", *(f"chung-{h}" for h in HEAD[:3]), *(f"danh_gia-{h}" for h in HEAD[3:])]
    own = ["K1", "K2", "meta-instanceID", "KEY", "SubmitterName", "ReviewState", "FormVersion"]
    rows = [
        [f"{in_utc(f.sent):%Y-%m-%dT%H:%M:%S}.123Z", *said(f), *ticks(f, "1", "0"), f"uuid:{k}", f"uuid:{k}", "dtv", "", "1"]
        for k, f in enumerate(FORMS)
    ]  # fmt: skip
    text_file(path, [[*head, *own], *rows], lineterminator="\n")


def limesurvey(path: Path) -> None:
    own = ["Response ID", "Date submitted", "Last page", "Start language", "Seed"]
    grid = [*HEAD[:4], *(f"Mức độ hài lòng [{item}]" for item in ITEMS)]
    head = [*own, *grid, f"{CHANNELS} [{NET}]", f"{CHANNELS} [{PRESS}]", f"{CHANNELS} [Khác]"]
    rows = [
        [k + 1, f"{f.sent:%Y-%m-%d %H:%M:%S}", 3, "vi", 11, *said(f), *ticks(f, "Có", "Không"), ""]
        for k, f in enumerate(FORMS)
    ]
    text_file(path, [head, *rows], "utf-8-sig", quoting=csv.QUOTE_ALL, lineterminator="\r\n")


def qualtrics(path: Path) -> None:
    names = ["StartDate", "EndDate", "Status", "ResponseId"]
    texts = ["Start Date", "End Date", "Response Type", "Response ID"]
    questions = [*HEAD[:4], *(f"Đánh giá chung - {item}" for item in ITEMS), f"{CHANNELS} - Selected Choice"]
    codes = [f"QID{k}" for k in range(len(questions))]
    ids = [{"ImportId": name} | ({"timeZone": "Z"} if "Date" in name else {}) for name in [*names, *codes]]
    rows = [
        [*[f"{in_utc(f.sent):%Y-%m-%d %H:%M:%S}"] * 2, "IP Address", f"R_{k}", *said(f), ",".join(f.channels)]
        for k, f in enumerate(FORMS)
    ]
    third = [json.dumps(found, separators=(",", ":")) for found in ids]
    text_file(path, [[*names, *codes], [*texts, *questions], third, *rows], "utf-8-sig")


def surveymonkey(path: Path) -> None:
    own = ["Respondent ID", "Collector ID", "Date Created", "Date Modified", "IP Address"]
    first = [*own, *HEAD[:4], "Đánh giá chung", "", "", CHANNELS, ""]
    second = [*[""] * 5, *["Response"] * 4, *ITEMS, NET, PRESS]
    rows = [
        [
            118 + k, 44, *[f"{f.sent:%m/%d/%Y %I:%M:%S %p}"] * 2, "1.2.3.4", *said(f),
            *[option if option in f.channels else "" for option in (NET, PRESS)],
        ]
        for k, f in enumerate(FORMS)
    ]  # fmt: skip
    text_file(path, [first, second, *rows], "utf-8-sig")


NAMES = ["ma", "donvi", "gioitinh", "F0", "V1_1a", "V1_1b", "V1_2", "K1", "K2", "gui"]


def variables() -> pd.DataFrame:
    """The forms as codes, the way a statistical program has them."""
    rows = [
        [f.code, f.unit, 1.0 + (f.gender == "Nữ"), float(f.used), *f.answers, *ticks(f, 1.0, 0.0), f.sent]
        for f in FORMS
    ]
    table = pd.DataFrame(rows, columns=NAMES).astype(dict.fromkeys(NAMES[3:9], float))
    return table.astype({"gui": "datetime64[us]"})


HEADER = {"por": "V{item}"}  # a portable file keeps no labels of variables
VARIABLE_LABELS: Any = dict(zip(NAMES, [*HEAD, "K1", "K2", "Thời gian gửi"], strict=True))
VALUE_LABELS: Any = {name: {k: text for k, text in LABELS.items() if k} for name in NAMES[4:7]} | {
    "gioitinh": {1: "Nam", 2: "Nữ"}, "F0": {0: "Không", 1: "Có"},
}  # fmt: skip


def sav(path: Path) -> None:
    missing: Any = {name: [7, 8, 9] for name in NAMES[4:7]}
    pyreadstat.write_sav(
        variables(), path, column_labels=VARIABLE_LABELS, variable_value_labels=VALUE_LABELS,
        missing_ranges=missing,
    )  # fmt: skip


def zsav(path: Path) -> None:
    options: Any = {"column_labels": VARIABLE_LABELS, "variable_value_labels": VALUE_LABELS}
    pyreadstat.write_sav(variables(), path, compress=True, **options)


def por(path: Path) -> None:
    """A portable file as this library can write it: in ASCII, units by their codes."""
    codes = {"Sở Nội vụ": "SNV", "Sở Tài chính": "STC", "Sở Ngoại vụ": "SNgV"}
    table = variables().rename(columns={"donvi": "unit", "gioitinh": "gender"}).rename(columns=str.upper)
    table["UNIT"] = [codes[f.unit] for f in FORMS]
    table["GUI"] = [f"{f.sent:%d/%m/%Y %H:%M:%S}" for f in FORMS]
    pyreadstat.write_por(table, path)


def dta(path: Path) -> None:
    """Stata marks don't know, refused and does not apply as missing values of their own kinds."""
    table = variables()
    kinds = {9: "a", 8: "b", 7: "c"}
    labels = dict(VALUE_LABELS)
    for k, name in enumerate(NAMES[4:7]):
        cells = [form.answers[k] for form in FORMS]
        values = [np.nan if c is None else kinds.get(c, float(c)) for c in cells]
        table[name] = pd.Series(values, dtype=object)
        labels[name] = {kinds.get(code, code): text for code, text in VALUE_LABELS[name].items()}
    missing: Any = {name: list("abc") for name in NAMES[4:7]}
    pyreadstat.write_dta(
        table, path, column_labels=VARIABLE_LABELS, variable_value_labels=labels, missing_user_values=missing
    )


def handmade(path: Path) -> None:
    """A title, headings on two levels, one column per level with ticks for the last question, a total row and a signature."""
    levels = [LABELS[k] for k in (1, 2, 3, 4, 5, 9, 8, 7)]
    upper = ["Phiếu", "", "", "Câu hỏi", "", "", ITEMS[2], *[""] * 7, CHANNELS, "", ""]
    lower = [*HEAD[:6], *levels, NET, PRESS, "Thời gian gửi"]
    rows = [
        [
            *said(f)[:6], *["x" if LABELS[f.answers[2]] == label else "" for label in levels],
            *ticks(f, "Có", "Không"), f.sent,
        ]
        for f in FORMS
    ]  # fmt: skip
    total = ["Tổng", len(FORMS), *[""] * 4, *[1] * 8]
    workbook(path, [["TỔNG HỢP PHIẾU KHẢO SÁT"], [], upper, lower, *rows, total, ["Người lập biểu"]])


def tidy(study, path: Path, kind: Format) -> None:
    """The forms read from a plain file and written back."""
    native_csv(path.with_name("first.csv"))
    read = read_returns(study(ReturnFile("first.csv", "so-5")))
    write_returns(read, path.parent, kind)[0].rename(path)


WRITERS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "csv": ("native", native_csv), "utf-16": ("native", utf16), "cp1258": ("native", cp1258),
    "google_csv": ("google_forms", google), "google_sheet": ("google_forms", google_sheet),
    "microsoft": ("microsoft_forms", microsoft), "kobo_csv": ("kobo", kobo_csv), "kobo_xlsx": ("kobo", kobo_xlsx),
    "odk": ("odk", odk), "limesurvey": ("limesurvey", limesurvey), "qualtrics": ("qualtrics", qualtrics),
    "surveymonkey": ("surveymonkey", surveymonkey), "sav": ("statistical", sav), "zsav": ("statistical", zsav),
    "por": ("statistical", por), "dta": ("statistical", dta), "handmade": ("handmade", handmade),
}  # fmt: skip


TIDY: dict[str, Format] = {"tidy_csv": "csv", "tidy_parquet": "parquet", "tidy_sav": "sav"}


@pytest.mark.parametrize("source", [*WRITERS, *TIDY])
def test_the_same_answers_through_every_reader_give_the_same_table(study, tmp_path, source):
    reader, write = WRITERS.get(source) or ("tidy", lambda path: tidy(study, path, TIDY[source]))
    write(tmp_path / "phieu")
    assigned = (("form_code", "MA"), ("submitted", "GUI")) if source == "por" else ()
    round_ = study(ReturnFile("phieu", "so-5", columns=assigned, header=HEADER.get(source, "")))
    vocabulary = StudyReading(round_).vocabulary(round_.returns[0], "so-5")
    assert choose(read_sheets(tmp_path / "phieu"), vocabulary).name == reader
    read = read_returns(round_)
    assert read.answers.tolist() == ANSWERS
    assert read.cells.empty
    rows = read.rows
    assert rows[["form", "form_code", "rater", "unit_code", "gender"]].values.tolist() == [
        [0, "P1", "P1", "SNV", "male"], [1, "P2", "P2", "STC", "female"],
        [2, "P3", "P3", "SNgV", "female"], [3, "P4", "P4", "SNV", "male"],
    ]  # fmt: skip
    assert rows["submitted"].tolist() == [form.sent for form in FORMS]
    if source != "por":
        assert rows["unit_text"].tolist() == [form.unit for form in FORMS]


def test_every_reader_is_tried():
    assert {"tidy", *(reader for reader, _ in WRITERS.values())} == {reader.name for reader in READERS}
