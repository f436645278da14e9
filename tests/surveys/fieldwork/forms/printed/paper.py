"""Printed pages read back with other means than those that made them: poppler for words and their places, ZXing for QR codes,
the drawing of PDF pages for pictures."""

from __future__ import annotations

import html
import io
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import typst
import zxingcpp
from matplotlib.image import imread

from surveys.definitions.study.reading import load_study
from surveys.definitions.study.records import StudyDefinition

needs_poppler = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="pdftotext, which reads the words of pages, is not installed"
)
_PAGE = re.compile(r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', re.DOTALL)
_WORD = re.compile(r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*?)</word>')
#: The lower right corners of all pages of a PDF as pictures: 90 by 30 millimetres.
_CORNERS = b"""#let pdf = bytes(json(bytes(sys.inputs.pdf)))
#set page(width: 90mm, height: 30mm, margin: 0mm)
#for n in range(1, int(sys.inputs.pages) + 1) {
  let (across, down) = (int(sys.inputs.width) * 1mm, 507mm - int(sys.inputs.width) * 1mm)
  page(place(bottom + right, image(pdf, format: "pdf", page: n, width: across, height: down)))
}"""


@dataclass(frozen=True)
class Word:
    """A word with its box, in points from the upper left corner of its page."""

    left: float
    top: float
    right: float
    bottom: float
    text: str


@dataclass(frozen=True)
class Sheet:
    """The size of a page and its words."""

    width: float
    height: float
    words: tuple[Word, ...]


def study_of(edition: str) -> StudyDefinition:
    """A study of a shipped edition with a publisher."""
    text = f'[study]\ncode = "s"\ninstrument = "{edition}"\n[publisher]\nname_vi = "Viện Nghiên cứu"\nparent_vi = "UBND tỉnh"\n'
    with TemporaryDirectory() as folder:
        (Path(folder) / "study.toml").write_text(text, encoding="utf-8")
        return load_study(folder)


def page_count(pdf: bytes) -> int:
    """How many page objects a PDF has."""
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def page_texts(pdf: bytes) -> list[str]:
    """The text of every page in the order in which it was written, without blanks."""
    raw = subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True).stdout
    return [dense(page) for page in raw.decode().split("\f")[:-1]]


def dense(text: str) -> str:
    """A text without anything that breaks lines."""
    return re.sub("[\\s\u200b\u00ad]", "", text)


def sheets(pdf: bytes) -> list[Sheet]:
    """The words of every page with their boxes."""
    told = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=pdf, capture_output=True, check=True).stdout
    return [
        Sheet(
            float(width),
            float(height),
            tuple(_word(*found) for found in _WORD.findall(content)),
        )
        for width, height, content in _PAGE.findall(told.decode())
    ]


def _word(left: str, top: str, right: str, bottom: str, text: str) -> Word:
    return Word(float(left), float(top), float(right), float(bottom), html.unescape(text))


def codes_on_pages(pdf: bytes, width: int = 210, dots: int = 144) -> list[list[str]]:
    """For every page the texts of the QR codes in its lower right corner, printed with so many dots an inch on paper of so many
    millimetres."""
    pages = typst.compile(
        _CORNERS,
        format="png",
        ppi=dots,
        sys_inputs={"pdf": str(list(pdf)), "pages": str(page_count(pdf)), "width": str(width)},
    )
    return [codes_on(page) for page in (pages if isinstance(pages, list) else [pages])]


def codes_on(png: bytes) -> list[str]:
    """The texts of the QR codes on a picture."""
    coloured = imread(io.BytesIO(png), format="png")[:, :, :3]
    grey = np.ascontiguousarray((coloured.mean(axis=2) * 255).astype(np.uint8))
    return [found.text for found in zxingcpp.read_barcodes(grey)]
