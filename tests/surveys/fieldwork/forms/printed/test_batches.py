"""Forms that carry their codes: every code once, on all of its pages, and the same bytes wherever they are made."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from surveys.definitions.study.reading import load_study
from surveys.definitions.study.records import Issued, StudyDefinition
from surveys.fieldwork.forms.form_request import FormRequest
from surveys.fieldwork.forms.printed import files
from surveys.fieldwork.forms.printed.files import pdf_files
from surveys.fieldwork.forms.printed.labels import FormLabel, labels_pdf
from surveys.problems import SurveyError
from tests.surveys.fieldwork.forms.printed.paper import (
    codes_on_pages,
    dense,
    needs_poppler,
    page_count,
    page_texts,
)

ROOT = Path(__file__).parents[5]
HA_NOI = ROOT / "data-sample" / "ha-noi-2023"


def study_with(*issued: Issued) -> StudyDefinition:
    return replace(load_study(HA_NOI), issued=issued)


def personal(study: StudyDefinition, *questionnaires: str) -> dict[str, bytes]:
    asked = tuple(study.instrument.questionnaire[code] for code in questionnaires)
    return pdf_files(FormRequest(study, asked, "vi", personal=True))


def test_a_batch_for_each_unit_with_every_code_on_all_of_its_pages() -> None:
    codes = [f"H5-{k:02d}-{k * 7:04d}-{'KX9'[k % 3]}" for k in range(6)]
    units = ["ba-dinh", "tay-ho"]
    issued = [Issued(code, "huyen-5", units[k % 2]) for k, code in enumerate(codes)]
    found = personal(study_with(*issued), "huyen-5")
    assert list(found) == ["pdf/huyen-5/ba-dinh.pdf", "pdf/huyen-5/tay-ho.pdf"]
    for k, pdf in enumerate(found.values()):
        pages = page_count(pdf) // 3
        assert codes_on_pages(pdf) == [[code] for code in codes[k::2] for _ in range(pages)]


@needs_poppler
def test_pages_of_a_batch_name_the_unit_and_start_again_with_each_form() -> None:
    issued = [Issued(f"F-{k}", "huyen-5", "ba-dinh") for k in range(3)]
    pages = page_texts(personal(study_with(*issued), "huyen-5")["pdf/huyen-5/ba-dinh.pdf"])
    told = [found for page in pages for found in re.findall(r"Trang(\d+)/(\d+)", page)]
    of_one = int(told[0][1])
    assert told == [(str(n), str(of_one)) for _ in range(3) for n in range(1, of_one + 1)]
    assert all(dense("Đơn vị được đánh giá: Quận Ba Đình") in page for page in pages[::of_one])
    assert [page.count(f"F-{k // of_one}") for k, page in enumerate(pages)] == [1] * len(pages)


def test_matrix_forms_lie_across_and_have_their_codes_there() -> None:
    pdf = personal(study_with(Issued("SO-1-00001", "so-1")), "so-1")["pdf/so-1.pdf"]
    assert codes_on_pages(pdf, width=297) == [["SO-1-00001"]] * page_count(pdf)


def test_many_forms_are_in_several_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_FORMS_A_FILE", 2)
    issued = [Issued(f"F-{k}", "huyen-5", "ba-dinh") for k in range(5)]
    found = personal(study_with(*issued), "huyen-5")
    assert list(found) == [f"pdf/huyen-5/ba-dinh+{k}.pdf" for k in (1, 2, 3)]
    read = [page[0] for pdf in found.values() for page in codes_on_pages(pdf)]
    assert list(dict.fromkeys(read)) == [each.form_code for each in issued]


def test_forms_filled_in_online_are_not_printed() -> None:
    issued = [
        Issued("F-1", "huyen-5", "ba-dinh", mode="online"),
        Issued("F-2", "huyen-5", "ba-dinh", mode="paper"),
    ]
    pdf = personal(study_with(*issued), "huyen-5")["pdf/huyen-5/ba-dinh.pdf"]
    assert set(map(tuple, codes_on_pages(pdf))) == {("F-2",)}


def test_there_must_be_forms_to_print() -> None:
    with pytest.raises(SurveyError) as told:
        personal(study_with(Issued("F-1", "huyen-5", "ba-dinh", mode="online")), "huyen-5", "huyen-4")
    (problem,) = told.value.problems
    assert (problem.code, dict(problem.params)) == (
        "print.nothing_issued",
        {"questionnaires": "huyen-5, huyen-4"},
    )


def test_a_code_too_long_for_its_place_is_told() -> None:
    with pytest.raises(SurveyError) as told:
        personal(study_with(Issued("F" * 61, "huyen-5", "ba-dinh")), "huyen-5")
    (problem,) = told.value.problems
    assert (problem.code, dict(problem.params)) == ("print.code_too_long", {"form": "F" * 61, "most": "60"})
    longest = "F" * 60
    pdf = personal(study_with(Issued(longest, "huyen-5", "ba-dinh")), "huyen-5")["pdf/huyen-5/ba-dinh.pdf"]
    assert codes_on_pages(pdf, dots=200) == [[longest]] * page_count(pdf)


@pytest.mark.parametrize("package", ["typst", "segno"])
def test_a_missing_package_is_told(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    study = load_study(HA_NOI)
    for make in (
        lambda: pdf_files(FormRequest(study, study.instrument.questionnaires[:1], "vi")),
        lambda: labels_pdf([FormLabel("F-1")]),
    ):
        with pytest.raises(SurveyError) as told:
            make()
        assert [problem.code for problem in told.value.problems] == ["print.not_installed"]


@needs_poppler
def test_every_label_is_printed_once() -> None:
    labels = [
        FormLabel(
            f"SO1-{k % 7:02d}-{k:04d}-K", (f"Sở số {k}", "Mẫu 1: " + "tên rất dài " * (k % 30), "#ĐTV [7]")
        )
        for k in range(50)
    ]
    pages = page_texts(labels_pdf(labels, "Nhãn phiếu"))
    assert len(pages) == 3
    text = "".join(pages)
    assert [text.count(label.form_code) for label in labels] == [1] * 50
    assert text.count("#ĐTV[7]") == 50
    assert all(dense(f"Sở số {k}Mẫu 1:") in text for k in range(50))


_MADE_ELSEWHERE = """
import hashlib, json, sys
from dataclasses import replace
from surveys.definitions.study.reading import load_study
from surveys.definitions.study.records import Issued
from surveys.fieldwork.forms.form_request import FormRequest
from surveys.fieldwork.forms.printed.files import pdf_files
from surveys.fieldwork.forms.printed.labels import FormLabel, labels_pdf

study = replace(load_study(sys.argv[1]), issued=(Issued("F-1", "huyen-5", "ba-dinh"),))
asked = tuple(study.instrument.questionnaire[code] for code in ("so-1", "huyen-5"))
made = {**pdf_files(FormRequest(study, asked, "vi")), **pdf_files(FormRequest(study, asked, "en", True))}
made["labels"] = labels_pdf([FormLabel("F-1", ("Sở Nội vụ",))])
print(json.dumps({path: hashlib.sha256(pdf).hexdigest() for path, pdf in made.items()}))
"""


@pytest.mark.long
def test_the_same_bytes_in_another_folder_locale_and_time_zone(tmp_path: Path) -> None:
    found = []
    for k, (locale, zone, seed) in enumerate((("C", "UTC", "1"), ("tr_TR.UTF-8", "Asia/Ho_Chi_Minh", "7"))):
        folder = tmp_path / str(k)
        folder.mkdir()
        (folder / "x.ttf").write_bytes(b"no font")
        environment = os.environ | {
            "LC_ALL": locale,
            "TZ": zone,
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": str(ROOT),
        }
        environment |= {
            "TYPST_FONT_PATHS": str(folder),
            "SOURCE_DATE_EPOCH": str(k * 1000),
            "HOME": str(folder),
        }
        done = subprocess.run(
            [sys.executable, "-c", _MADE_ELSEWHERE, str(HA_NOI)],
            cwd=folder, env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        found.append(json.loads(done.stdout))
    assert found[0] == found[1]
    assert len(found[0]) == 4
    assert all(len(digest) == hashlib.sha256().digest_size * 2 for digest in found[0].values())
