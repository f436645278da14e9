"""The record of a hand-over, read back by the library that reads DOCX, by a reader of QR codes and by LibreOffice."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import docx
import pytest
import segno

from surveys.definitions.study.council_names import CouncilSystem
from surveys.definitions.study.publication import IssuedDocument, Period, Publication
from surveys.definitions.study.records import Inference, Minimum, Output
from surveys.handover.handing_over import HandedOver
from surveys.handover.read_back import RunSettings
from surveys.handover.workbook_facts import WorkbookFacts
from surveys.problems import LANGUAGES, Language, SurveyError, phrase
from surveys.reports.word.handover_record import handover_record, qr_code

SOFFICE = shutil.which("soffice")
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
IDENTITY = {
    "study": "ha-noi-2023", "label": "Chỉ số cải cách hành chính các sở, quận, huyện, 2023", "instrument": "ha-noi/2023",
    "edition": "2023", "fieldwork": "2023-10-09 – 2023-12-08", "publisher": "Viện Nghiên cứu phát triển",
}  # fmt: skip
PUBLICATION = Publication(
    document=IssuedDocument("12/BC-V", "2024-01-05"), period=Period("2023-01-01", "2023-12-31")
)
NAMES = (
    "datapackage.json", "exchange.json", "forms.csv", "groups.csv", "rejected.csv", "run.json", "scores.csv",
    "survey-scores.xlsx", "units.csv",
)  # fmt: skip
FILES = dict.fromkeys(NAMES, b"x" * 12_345)
COUNTS = {"issued": 20_348, "returned": 18_050, "valid": 17_761, "review": 67, "rejected": 222, "left_out": 0}


def handed(language: Language = "vi", **identity: str) -> HandedOver:
    settings = RunSettings(Output(language=language), Minimum(), Inference(), PUBLICATION, CouncilSystem())
    facts = WorkbookFacts({**IDENTITY, **identity}, settings, (), (), {})
    return HandedOver(FILES, facts, 13_553, COUNTS, units=52, ranked=51)


def read(content: bytes) -> list[str]:
    """Every paragraph of a document, in the order of the page."""
    document = docx.Document(io.BytesIO(content))
    return ["".join(text.text or "" for text in p.iter(f"{W}t")) for p in document.element.body.iter(f"{W}p")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_record_says_what_is_handed_over(language: Language) -> None:
    given = handed(language)
    texts = read(handover_record(given))
    said = "\n".join(texts)
    for code in ("word.nation", "word.motto", "record.title", "record.giver_signs", "record.receiver_signs"):
        assert phrase(code, language) in texts
    for fact in ("ha-noi-2023", "ha-noi/2023", *FILES):
        assert fact in texts
    assert IDENTITY["publisher"] in texts
    assert IDENTITY["label"] in said
    for number in ("13.553", "20.348", "18.050", "17.761", "67", "222", "12.345"):
        assert (number if language == "vi" else number.replace(".", ",")) in texts
    assert "0" not in texts  # what occurs nowhere has no column
    assert ("09/10/2023 – 08/12/2023" in texts) == (language == "vi")
    assert ("01/01/2023 – 31/12/2023" in texts) == (language == "vi")
    assert {"vi": "số 12/BC-V ngày 05/01/2024", "en": "No. 12/BC-V of 2024-01-05"}[language] in texts
    lines = [text.replace("\N{NO-BREAK SPACE}", " ") for text in texts]
    assert " ".join(line for line in lines if re.fullmatch("([0-9a-f]{4} ?){8}", line)) == given.fingerprint


def test_forms_that_were_not_listed_are_no_zero() -> None:
    """Where no list says how many forms were handed out, and where a form is about one unit."""
    counts = {**COUNTS, "issued": 0, "returned": 13_553}
    texts = read(handover_record(replace(handed(), counts=counts)))
    assert "–" in texts
    assert "0" not in texts
    assert phrase("summary.evaluations", "vi") not in texts
    assert phrase("summary.evaluations", "vi") in read(handover_record(handed()))


def test_the_qr_code_holds_the_fingerprint_and_nothing_else() -> None:
    given = handed()
    with zipfile.ZipFile(io.BytesIO(handover_record(given))) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".png"))
        png = archive.read(name)
    assert png == qr_code(given.fingerprint)
    expected = io.BytesIO()
    segno.make(given.fingerprint, micro=False, error="m").save(expected, kind="png", scale=8, border=4)
    assert png == expected.getvalue()


def test_a_reader_of_qr_codes_reads_it() -> None:
    reader = pytest.importorskip("zxingcpp", reason="no reader of QR codes is installed (zxing-cpp)")
    image = pytest.importorskip("PIL.Image", reason="no reader of pictures is installed (pillow)")
    given = handed()
    (found,) = reader.read_barcodes(image.open(io.BytesIO(qr_code(given.fingerprint))))
    assert found.text == given.fingerprint


HOSTILE = (
    "{ DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe \"/k calc\" }",
    '</w:t></w:r><w:fldSimple w:instr="DDEAUTO x"/>&lt; & ]]>',
    "=cmd|'/c calc'!A0",
    "a\x00b\x07c\x1b[31md\x0b\x0c\r\n\te\ufffe\uffff",
    "abc\u202egnp.exe\u2028x\u2066y\ufeff",
    "W" * 3000,
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_definitions_is_text(text: str) -> None:
    """No field, no line break, no letter that turns the direction of reading, and XML that is read."""
    content = handover_record(handed(publisher=text, label=text, study=text, instrument=text, fieldwork=text))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist() if name.endswith((".xml", ".rels"))}
    for part in parts.values():
        ElementTree.fromstring(part)
    body = ElementTree.fromstring(parts["word/document.xml"])
    names = {node.tag for node in body.iter()}
    assert not names & {
        f"{W}{name}" for name in ("fldSimple", "fldChar", "instrText", "br", "tab", "cr", "hyperlink")
    }
    said = "".join(node.text or "" for node in body.iter(f"{W}t"))
    assert not re.search("[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff]", said)
    assert b'TargetMode="External"' not in b"".join(parts.values())


def test_nothing_tells_when_or_by_whom_it_was_made() -> None:
    with zipfile.ZipFile(io.BytesIO(handover_record(handed()))) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = archive.read("docProps/core.xml").decode()
        assert not {"docProps/thumbnail.jpeg", "docProps/app.xml"} & set(archive.namelist())
    assert re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", core) == ["2000-01-01T00:00:00Z"] * 2
    assert "python-docx" not in core
    assert IDENTITY["publisher"] in core


def test_without_the_packages_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("segno", "docx"):
        with monkeypatch.context() as patched:
            patched.setitem(__import__("sys").modules, name, None)
            with pytest.raises(SurveyError) as error:
                handover_record(handed())
            assert [problem.code for problem in error.value.problems] == ["word.not_installed"]


def pages(content: bytes, folder: Path) -> int:
    """How many pages LibreOffice makes of a document."""
    assert SOFFICE is not None
    (folder / "record.docx").write_bytes(content)
    home = f"-env:UserInstallation={(folder / 'home').as_uri()}"
    command = [
        SOFFICE,
        home,
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        str(folder),
        str(folder / "record.docx"),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return len(re.findall(rb"/Type ?/Page\b", (folder / "record.pdf").read_bytes()))


@pytest.mark.long
@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_record_is_one_page(language: Language, tmp_path: Path) -> None:
    long = "Chỉ số cải cách hành chính của các sở, cơ quan tương đương sở và các quận, huyện, thị xã, năm 2023, đợt bổ sung"
    publisher = "Viện Nghiên cứu phát triển kinh tế - xã hội và khoa học quản lý"
    assert pages(handover_record(handed(language, label=long, publisher=publisher)), tmp_path) == 1


@pytest.mark.long
@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
def test_many_files_need_two_pages(tmp_path: Path) -> None:
    many = {f"ket-qua-chi-tiet-theo-nhom-doi-tuong-{k:02d}.csv": b"" for k in range(30)}
    assert pages(handover_record(replace(handed(), files=many)), tmp_path) == 2
