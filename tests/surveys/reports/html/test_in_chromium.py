"""The page in a browser: nothing on its console, no width but its own, and what its script does."""

from __future__ import annotations

from html import escape
from pathlib import Path

import pytest

from tests.surveys.reports.html.browser import console, found, needs_chromium, shown, without_policy
from tests.surveys.reports.html.conftest import Pages

pytestmark = [needs_chromium, pytest.mark.long]
CASES = [
    ("small", "vi", True), ("named", "vi", False), ("incomplete", "en", False), ("ha-noi", "vi", False), ("sipas", "vi", True),
    ("papi", "en", True),
]  # fmt: skip
of_rounds = pytest.mark.parametrize(("key", "language", "beside"), CASES)
WIDER = """
const wide = [...document.querySelectorAll("body *")].filter((one) => !one.closest(".box, .unseen, .skip")
  && one.getBoundingClientRect().right > innerWidth + 1).map((one) => `${one.tagName} ${one.id} ${one.className}`);
return [innerWidth, document.documentElement.scrollWidth, wide.slice(0, 5)];
"""
FIND = """
const box = document.getElementById("q");
box.value = %s;
box.dispatchEvent(new Event("input"));
return [[...document.querySelectorAll("#hits a")].map((one) => one.firstChild.textContent),
  document.getElementById("found").textContent];
"""
SORT = """
const table = document.querySelector("table.league");
const head = [...table.tHead.rows[0].cells].findIndex((one) => one.dataset.column === "%s");
const button = table.tHead.rows[0].cells[head].querySelector("button");
const read = () => [...table.tBodies[0].rows].map((row) => row.cells[head].textContent);
button.click();
const up = read(), first = table.tHead.rows[0].cells[head].getAttribute("aria-sort");
button.click();
return [up, first, read(), table.tHead.rows[0].cells[head].getAttribute("aria-sort"), button.getAttribute("aria-label")];
"""


@of_rounds
def test_the_console_stays_empty(pages: Pages, tmp_path: Path, key: str, language: str, beside: bool) -> None:
    copy = tmp_path / "page.html"
    copy.write_bytes(pages(key, language, beside=beside).path.read_bytes())
    assert console(shown(copy, "--dump-dom")) == []


@pytest.mark.parametrize("width", [500, 768, 1440])
@of_rounds
def test_the_page_never_scrolls_sideways(
    pages: Pages, tmp_path: Path, key: str, language: str, beside: bool, width: int
) -> None:
    """All details open; Chromium without a window is never narrower than 500, so that a narrower page stands in a frame."""
    opened = "for (const one of document.querySelectorAll('details')) one.open = true;" + WIDER
    inner, whole, wider = found(pages(key, language, beside=beside).text, tmp_path, opened, width=width)
    assert (inner, whole, wider) == (width, width, [])


@of_rounds
def test_a_telephone_shows_the_whole_width(
    pages: Pages, tmp_path: Path, key: str, language: str, beside: bool
) -> None:
    page = without_policy(pages(key, language, beside=beside).text)
    framed = f'<!doctype html><html><body><iframe id=phone width=360 height=800 srcdoc="{escape(page)}"></iframe></body></html>'
    script = (
        "const inner = document.getElementById('phone').contentDocument;"
        "for (const one of inner.querySelectorAll('details')) one.open = true;"
        "return [inner.documentElement.clientWidth, inner.documentElement.scrollWidth];"
    )
    told = found(framed, tmp_path, script, width=500)
    assert told[0] == told[1] == 360


@pytest.mark.parametrize("asked", ["xa so 3", "XÃ SỐ 3", "so 3"])
def test_units_are_found_without_diacritics(pages: Pages, tmp_path: Path, asked: str) -> None:
    hits, said = found(pages("small", "vi", beside=True).text, tmp_path, FIND % f'"{asked}"')
    assert hits == ["Xã số 3"]
    assert "1" in said


def test_so_noi_vu(pages: Pages, tmp_path: Path) -> None:
    hits, _ = found(pages("ha-noi", "vi").text, tmp_path, FIND % '"so noi vu"')
    assert hits == ["Sở Nội vụ"]
    hits, _ = found(pages("ha-noi", "vi").text, tmp_path, FIND % '"dong da"')
    assert hits == ["Quận Đống Đa"]


def test_rows_are_sorted_as_numbers(pages: Pages, tmp_path: Path) -> None:
    up, first, down, second, label = found(pages("ha-noi", "vi").text, tmp_path, SORT % "rank_low rank_high")
    lows = [int(text.partition("–")[0]) for text in up]
    assert lows == sorted(lows)
    assert [int(text.partition("–")[0]) for text in down] == sorted(lows, reverse=True)
    assert (first, second) == ("ascending", "descending")
    assert label


def test_units_without_a_result_stay_last(pages: Pages, tmp_path: Path) -> None:
    up, _, down, _, _ = found(pages("incomplete", "en").text, tmp_path, SORT % "percent")
    assert [text for text in up if text == "–"] == up[3:] == down[3:]


def test_a_link_opens_its_unit(pages: Pages, tmp_path: Path) -> None:
    script = """
    location.hash = "#u/xa/u0003";
    dispatchEvent(new HashChangeEvent("hashchange"));
    return [document.getElementById("u/xa/u0003").open, document.activeElement.textContent];
    """
    assert found(pages("small", "vi", beside=True).text, tmp_path, script) == [True, "Xã số 3"]


def test_many_units_are_drawn_when_asked_for(pages: Pages, tmp_path: Path) -> None:
    """3,300 units: the table of one is drawn from what waits, as the league tells its total."""
    script = """
    location.hash = "#u/xa/u3300";
    dispatchEvent(new HashChangeEvent("hashchange"));
    const rows = [...document.querySelectorAll("#unit tr")].map((row) => [...row.cells].map((cell) => cell.textContent));
    const league = document.querySelector("table.league tr[data-key='xa|u3300']");
    const heat = document.getElementById("heat-xa");
    heat.scrollIntoView();
    return [rows[1], [...league.cells].map((cell) => cell.textContent)];
    """
    drawn, league = found(pages("country", "vi").text, tmp_path, script)
    assert set(drawn[1:3]) <= set(league)
