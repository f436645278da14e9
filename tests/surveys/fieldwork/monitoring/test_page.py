"""The page of a monitored round: its numbers are those of the files, it needs nothing else, and a browser has nothing to say."""

from __future__ import annotations

import csv
import re
import sys
from html import escape
from pathlib import Path

import pytest

import surveys as sv
from surveys.problems import LANGUAGES, phrase
from tests.surveys.fieldwork.forms.printed.paper import dense, needs_poppler, page_texts
from tests.surveys.fieldwork.monitoring.field_round import END, START, FieldRound, field_round
from tests.surveys.reports.html.browser import console, found, needs_chromium, shown, without_policy
from tests.surveys.reports.html.page_reading import Page

DAY = "2026-10-16"
pytestmark = pytest.mark.long
WIDER = """
for (const one of document.querySelectorAll('details')) one.open = true;
const wide = [...document.querySelectorAll("body *")].filter((one) => !one.closest(".box, .unseen, .skip")
  && one.getBoundingClientRect().right > innerWidth + 1).map((one) => `${one.tagName} ${one.id} ${one.className}`);
return [innerWidth, document.documentElement.scrollWidth, wide.slice(0, 5)];
"""


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> FieldRound:
    return field_round(tmp_path_factory.mktemp("field") / "round")


@pytest.fixture(scope="module", params=LANGUAGES)
def page(
    request: pytest.FixtureRequest, watched: FieldRound, tmp_path_factory: pytest.TempPathFactory
) -> Page:
    out = tmp_path_factory.mktemp("page") / "out"
    sv.monitor(watched.folder, DAY, language=request.param).write(out)
    return Page(out / "monitor.html")


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def test_elements_are_nested_and_named(page: Page) -> None:
    assert page.is_well_formed
    names = [element.get("id") for element in page.all() if element.get("id")]
    assert len(names) == len(set(names))
    assert all(link.get("href")[1:] in names for link in page.all("a") if link.get("href").startswith("#"))
    assert all(picture.get("alt") for picture in page.all("img"))
    assert page.one("html").get("lang") in LANGUAGES


def test_numbers_are_those_of_the_files(page: Page) -> None:
    """Every cell of a table whose head names one column of a file and whose row has its key."""
    key_of = {
        "monitor-cells": ("block", "unit_code", "group"), "monitor-interviewers": ("interviewer",), "monitor-modes": ("mode",),
        "monitor-questionnaires": ("questionnaire",),
    }  # fmt: skip
    compared = 0
    for table in page.all("table"):
        name = table.get("data-table")
        if name not in key_of or "heat" in table.get("class"):
            continue
        path = page.path.parent / f"{name.removeprefix('monitor-')}.csv"
        rows = {"|".join(row[key] for key in key_of[name]): row for row in _rows(path)}
        heads = [head.get("data-column") for head in next(iter(table.all("tr"))).children]
        for line in list(table.all("tr"))[1:]:
            for column, cell in zip(heads, line.children, strict=True):
                if column and " " not in column:
                    said = cell.text.rstrip("*").replace("−", "-")
                    said = (
                        said.replace(".", "").replace(",", ".")
                        if page.one("html").get("lang") == "vi"
                        else said
                    )
                    expected = rows[line.get("data-key")][column]
                    assert said.replace(",", "") == (expected or "–"), (name, column, line.get("data-key"))
                    compared += 1
    assert compared > 60


def test_nothing_is_loaded_and_no_other_script_runs(page: Page) -> None:
    policy = next(
        m.get("content") for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy"
    )
    assert "default-src 'none'" in policy
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page.text)
    assert page.text.count("<script>") == 1


def test_no_answer_and_no_code_of_a_form_is_on_the_page(page: Page, watched: FieldRound) -> None:
    codes = {form.code for form in watched.forms}
    everything = "".join(path.read_text(encoding="utf-8") for path in page.path.parent.iterdir())
    assert [code for code in codes if code in everything] == []


def test_what_is_typed_stays_text(watched: FieldRound, tmp_path: Path) -> None:
    hostile = '<img src=x onerror="alert(1)">'
    made = field_round(tmp_path / "round")
    for name in ("staff-paper.csv", "issued.csv"):
        path = made.folder / name
        path.write_text(
            path.read_text(encoding="utf-8").replace("DT1", hostile.replace('"', "")), encoding="utf-8"
        )
    sv.monitor(made.folder).write(tmp_path / "out")
    page = Page(tmp_path / "out" / "monitor.html")
    assert escape(hostile.replace('"', "")) in page.text
    assert [image for image in page.all("img") if not image.get("src").startswith("data:")] == []
    told = (tmp_path / "out" / "interviewers.csv").read_text(encoding="utf-8-sig")
    assert "onerror" in told


def test_the_same_round_gives_the_same_bytes(watched: FieldRound, tmp_path: Path) -> None:
    for name in ("a", "b"):
        sv.monitor(watched.folder, DAY).write(tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert files == sorted(path.name for path in (tmp_path / "b").iterdir())
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in files)
    assert sv.verify(tmp_path / "a") == ()
    sv.monitor(watched.folder, END.isoformat()).write(tmp_path / "a")
    (tmp_path / "a" / "note.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(sv.SurveyError):
        sv.monitor(watched.folder, DAY).write(tmp_path / "a")


def test_files_about_interviewers_are_for_their_owner_alone(page: Page) -> None:
    private = {path.name for path in page.path.parent.iterdir() if not path.stat().st_mode & 0o077}
    assert private == ({"monitor.html", "interviewers.csv"} if sys.platform != "win32" else private)


@needs_chromium
@pytest.mark.parametrize("width", [500, 768, 1440])
def test_the_page_never_scrolls_sideways(page: Page, tmp_path: Path, width: int) -> None:
    assert found(page.text, tmp_path, WIDER, width=width) == [width, width, []]


@needs_chromium
def test_a_telephone_shows_the_whole_width(page: Page, tmp_path: Path) -> None:
    inner = escape(without_policy(page.text))
    framed = f'<!doctype html><html><body><iframe id=phone width=360 height=800 srcdoc="{inner}"></iframe></body></html>'
    script = (
        "const inner = document.getElementById('phone').contentDocument;"
        "for (const one of inner.querySelectorAll('details')) one.open = true;"
        "return [inner.documentElement.clientWidth, inner.documentElement.scrollWidth];"
    )
    assert found(framed, tmp_path, script, width=500) == [360, 360]


@needs_chromium
def test_the_console_stays_empty(page: Page, tmp_path: Path) -> None:
    copy = tmp_path / "page.html"
    copy.write_bytes(page.path.read_bytes())
    assert console(shown(copy, "--dump-dom")) == []


@needs_chromium
def test_rows_are_sorted_as_numbers(page: Page, tmp_path: Path) -> None:
    script = """
    const table = document.getElementById("reach-b");
    const head = [...table.tHead.rows[0].cells].findIndex((one) => one.dataset.column === "valid");
    table.tHead.rows[0].cells[head].querySelector("button").click();
    return [...table.tBodies[0].rows].map((row) => Number(row.cells[head].textContent));
    """
    numbers = found(page.text, tmp_path, script)
    assert numbers == sorted(numbers)
    assert len(numbers) == 9


@needs_chromium
def test_units_are_found_without_diacritics(page: Page, tmp_path: Path) -> None:
    """A hit leads to the row of the unit in the table of its block."""
    asked, name = {"vi": ("phong hai", "Phòng Hai"), "en": ("two off", "Office Two")}[
        page.one("html").get("lang")
    ]
    script = """
    const box = document.getElementById("q");
    box.value = "ASKED";
    box.dispatchEvent(new Event("input"));
    const hits = [...document.querySelectorAll("#hits a")].map((one) => one.firstChild.textContent);
    location.hash = document.querySelector("#hits a").hash;
    dispatchEvent(new HashChangeEvent("hashchange"));
    const row = document.activeElement.closest("tr");
    return [document.getElementById("search").hidden, hits, row.dataset.key, row.classList.contains("hit"),
      row.closest("table").id, document.querySelectorAll("tr.hit").length];
    """
    is_hidden, hits, *row = found(page.text, tmp_path, script.replace("ASKED", asked))
    assert not is_hidden
    assert hits == [name]
    assert row == ["b|p2", True, "overview-b", 1]


@needs_chromium
@needs_poppler
def test_the_print_is_what_needs_attention(page: Page, tmp_path: Path) -> None:
    copy = tmp_path / "page.html"
    copy.write_bytes(page.path.read_bytes())
    shown(copy, f"--print-to-pdf={tmp_path / 'page.pdf'}", "--no-pdf-header-footer")
    text = "".join(page_texts((tmp_path / "page.pdf").read_bytes()))
    language = next(one for one in LANGUAGES if one == page.one("html").get("lang"))
    assert dense(phrase("monitor.page.section.attention", language)) in text
    assert dense(phrase("monitor.page.on_paper", language)) in text
    others = ("cells", "days", "questionnaires", "modes", "interviewers", "method")
    assert [name for name in others if dense(phrase(f"monitor.page.section.{name}", language)) in text] == []
    on_screen = "return getComputedStyle(document.querySelector('.paper')).display;"
    assert found(page.text, tmp_path, on_screen) == "none"


@pytest.mark.parametrize("on", [START, END])
def test_first_and_last_day(watched: FieldRound, tmp_path: Path, on: object) -> None:
    sv.monitor(watched.folder, str(on)).write(tmp_path / "out")
    assert Page(tmp_path / "out" / "monitor.html").is_well_formed
