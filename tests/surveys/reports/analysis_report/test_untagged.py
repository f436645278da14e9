"""No number of the data stands in a Word report without its tag: what is left are codes, names, notes, days, phrases."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import pytest

from surveys.definitions.instrument.reading import load_instrument
from surveys.handover.official_columns import TABLES
from tests.surveys.reports.analysis_report.conftest import Report, Reported
from tests.surveys.reports.analysis_report.printed_cells import rows_of
from tests.surveys.reports.analysis_report.test_numbers import CASES

WORDING = Path(__file__).parents[4] / "surveys" / "wording"
#: Days, and the fingerprint of the results.
NO_NUMBER = re.compile(r"\d{1,2}/\d{1,2}/\d{4}|\d{4}-\d{2}-\d{2}|(?:[0-9a-f]{4} ){15}[0-9a-f]{4}")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
#: Numbers of headings stand in no text; entries of contents repeat text that is looked at where it stands.
REPEATED = ("toc", "tableof")


def numbers_of(*texts: str) -> set[str]:
    """The numbers in texts; a day is none."""
    return {number for text in texts for number in NUMBER.findall(NO_NUMBER.sub(" ", text))}


def texts_in(value: object) -> Iterator[str]:
    """Every text in a record, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for part in value.values() for text in texts_in(part))
    elif isinstance(value, Sequence):
        yield from (text for part in value for text in texts_in(part))


def names_of(report: Reported) -> set[str]:
    """Numbers in codes, names and notes: of the instrument, of the round as its record says, of its units."""
    run = json.loads((report.results / "run.json").read_text(encoding="utf-8"))
    own = report.results / "instrument"
    instrument = load_instrument(own if own.is_dir() else run["instrument"])
    units = report.cells.rows("council-units")
    named = {name for row in units for name in (row["unit_name"], row["unit_code"], row["note"])}
    for table in ("drivers", "driver-models"):  # whose notes a report repeats word for word
        path = report.results / TABLES[table].path
        named |= {row["note"] for row in rows_of(path)} if path.is_file() else set()
    settings = run["settings"]
    rounds = [run["study"], run["instrument"], settings["publication"], settings.get("exclusions", [])]
    if report.earlier is not None:
        before = json.loads((report.earlier / "run.json").read_text(encoding="utf-8"))
        rounds.append(before["study"])
    return numbers_of(*texts_in(asdict(instrument)), *named, *texts_in(rounds))


def phrases() -> set[str]:
    """Numbers that phrases of reports say by themselves."""
    files = [tomllib.loads(path.read_text(encoding="utf-8")) for path in WORDING.glob("*.toml")]
    return numbers_of(*texts_in([file for file in files for file in file.values()]))


@pytest.mark.parametrize(("key", "language", "beside"), CASES)
def test_no_number_of_the_data_is_without_its_tag(
    reported: Report, key: str, language: str, beside: bool
) -> None:
    report = reported(key, language, beside)
    paragraphs = [p for p in report.word.paragraphs if not p.style.startswith(REPEATED)]
    titles = [p.text for p in paragraphs if p.style == "heading1"]
    body = paragraphs[: max(k for k, p in enumerate(paragraphs) if p.text == titles[-1])]  # before the annex
    level = (
        f"{100 * json.loads((report.results / 'run.json').read_text())['settings']['inference']['level']:g}"
    )
    known = names_of(report) | phrases() | {level}
    told = {number: p.said for p in body for number in numbers_of(p.said) if number not in known}
    assert not told
    assert not {n for n in numbers_of(*(p.said for p in body)) if "," in n and n not in names_of(report)}
