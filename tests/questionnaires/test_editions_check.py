"""The engine finds nothing wrong and nothing lacking in a shipped edition."""

from __future__ import annotations

from surveys.definitions.check import check
from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.instrument.shelf import shipped
from tests.questionnaires.shelf import EDITIONS, Edition


def test_the_engine_ships_these_editions() -> None:
    assert shipped() == EDITIONS


def test_check_is_clean(edition: Edition) -> None:
    assert [problem.text("en") for problem in check(edition.name)] == []


def test_the_engine_reads_what_the_tables_say(edition: Edition) -> None:
    instrument = load_instrument(edition.name)
    assert [node.code for node in instrument.nodes] == [row["code"] for row in edition.tree]
    assert [item.text_vi for item in instrument.items] == [row["text_vi"] for row in edition.items]
    assert [unit.name_vi for unit in instrument.units] == [row["name_vi"] for row in edition.units]
