"""Every shipped edition is whole: closed tables, both languages, references that exist, maxima that add up."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from tests.questionnaires.shelf import EDITIONS, SHELF, Edition, listed

COLUMNS = {
    "tree": "code,parent,level,rule,measured_by,weight,max_points,low,high,groups,blocks,label_vi,label_en,source",
    "items": "code,node,questionnaires,scale,reverse,weight,minimum,maximum,asked_when,required,"
    "text_vi,text_en,aliases,source",
    "units": "code,block,name_vi,name_en,kind,aliases,valid_from,valid_to,successors",
}
RULES = {
    "unknown_code": "reject",
    "duplicate_code": "reject",
    "wrong_questionnaire": "reject",
    "unknown_unit": "review",
    "excluded_unit": "reject",
    "own_unit": "reject",
    "outside_fieldwork": "reject",
    "missing_identification": "reject",
    "out_of_scale": "reject",
    "several_answers": "reject",
    "disagreeing_cell": "review",
    "too_few_answers": "reject",
    "broken_skip": "review",
    "straight_line": "reject",
    "near_duplicate": "review",
    "too_fast": "review",
    "double_entry": "review",
}
VIETNAMESE = re.compile(r"[^\x00-\x7f]")


def codes(records: list[dict[str, Any]]) -> list[str]:
    return [record["code"] for record in records]


def twice(values: list[str]) -> list[str]:
    return sorted(value for value, times in Counter(values).items() if times > 1)


def test_the_shelf_holds_these_editions() -> None:
    found = {f"{path.parent.parent.name}/{path.parent.name}" for path in SHELF.glob("*/*/instrument.toml")}
    assert found == set(EDITIONS)


def test_identity_is_the_folder(edition: Edition) -> None:
    identity = edition.toml["identity"]
    assert f"{identity['code']}/{identity['edition']}" == edition.name


@pytest.mark.parametrize("table", COLUMNS)
def test_tables_have_their_columns_and_no_ragged_row(edition: Edition, table: str) -> None:
    rows = getattr(edition, table)
    assert rows
    for row in rows:
        assert ",".join(row) == COLUMNS[table]
        assert None not in row.values()


def test_files_are_nfc_without_invisible_characters(edition: Edition) -> None:
    for path in sorted(edition.folder.iterdir()):
        text = path.read_text(encoding="utf-8")
        assert unicodedata.is_normalized("NFC", text), path.name
        assert not re.search("[\u00a0\u00ad\u200b-\u200d\u2060\ufeff\t\r]", text), path.name


def test_codes_are_given_once(edition: Edition) -> None:
    for kind in ("blocks", "groups", "questionnaires", "sources", "fields"):
        assert twice(codes(edition.toml[kind])) == []
    assert twice(codes(edition.tree)) == []
    assert twice(codes(edition.items)) == []
    assert twice([f"{unit['block']}/{unit['code']}" for unit in edition.units]) == []
    assert set(codes(edition.tree)).isdisjoint(codes(edition.items))


def labelled(edition: Edition) -> list[tuple[str, str]]:
    toml = edition.toml
    records = [toml["identity"]]
    for kind in ("blocks", "groups", "questionnaires", "fields"):
        records += toml[kind]
    for scale in toml["scales"].values():
        records += [scale, *scale["levels"], *scale["non_answers"]]
    pairs = [(record["label_vi"], record["label_en"]) for record in (*records, *edition.tree)]
    pairs += [(row["text_vi"], row["text_en"]) for row in edition.items]
    return pairs


def test_every_text_is_in_both_languages(edition: Edition) -> None:
    for vietnamese, english in labelled(edition):
        assert vietnamese.strip()
        assert english.strip()
        assert not VIETNAMESE.search(english), english
        assert vietnamese != english


def test_units_have_an_english_name(edition: Edition) -> None:
    """Only names without any mark (Gia Lai) are written alike."""
    for unit in edition.units:
        assert unit["name_en"].isascii()
        assert unit["name_en"].strip()
        assert unit["name_vi"] != unit["name_en"] or unit["name_vi"].isascii()


def test_texts_of_one_questionnaire_differ(edition: Edition) -> None:
    for form in codes(edition.toml["questionnaires"]):
        asked = edition.on(form)
        assert asked
        for column in ("text_vi", "text_en"):
            assert twice([row[column].casefold() for row in asked]) == [], form


def test_items_name_what_is_declared(edition: Edition) -> None:
    forms, nodes = set(codes(edition.toml["questionnaires"])), set(codes(edition.tree))
    filters = {row["asked_when"].partition("=")[0] for row in edition.items}
    overall = {model["outcome"] for model in edition.toml.get("drivers", ())}
    for row in edition.items:
        assert set(listed(row["questionnaires"])) <= forms
        assert row["node"] in nodes or (row["node"] == "" and row["code"] in filters | overall)
        assert row["scale"] in edition.toml["scales"]
        assert row["reverse"] in ("0", "1")
    assert set(edition.toml["scales"]) == {row["scale"] for row in edition.items}


def test_filters_come_first_and_ask_the_same_people(edition: Edition) -> None:
    order = codes(edition.items)
    rows = {row["code"]: row for row in edition.items}
    for row in edition.items:
        if row["asked_when"]:
            code, levels = row["asked_when"].split("=")
            known = codes(edition.toml["scales"][rows[code]["scale"]]["levels"])
            assert order.index(code) < order.index(row["code"])
            assert set(levels.split("|")) <= set(known)
            assert set(listed(row["questionnaires"])) <= set(listed(rows[code]["questionnaires"]))


def test_parents_stand_before_their_children(edition: Edition) -> None:
    seen = {""}
    for row in edition.tree:
        assert row["parent"] in seen
        seen.add(row["code"])


def test_maxima_add_up(edition: Edition) -> None:
    """In every block: exactly, or (PAPI's three times 3.33 for 10) within half a unit of the last printed digit of every part."""
    total = edition.toml["identity"].get("total_points")
    assert (Decimal(edition.tree[0]["max_points"] or 0) or None) == total
    summed = [row for row in edition.tree if row["rule"] == "sum"]
    for row, block in itertools.product(summed, codes(edition.toml["blocks"])):
        parts = [
            Decimal(child["max_points"])
            for child in edition.children(row["code"])
            if not child["blocks"] or block in listed(child["blocks"])
        ]
        if parts:
            noise = Decimal("0.005") * len(parts) if parts[0] == Decimal("3.33") else 0
            assert abs(sum(parts) - Decimal(row["max_points"])) <= noise, row["code"]


def test_leaves_are_measured_and_have_two_to_four_items(edition: Edition) -> None:
    for row in edition.tree:
        below, items = edition.children(row["code"]), edition.items_of(row["code"])
        assert (row["measured_by"] == "total") == bool(below)
        assert (row["measured_by"] == "survey") == bool(items)
        if row["measured_by"] == "survey" and row["level"] in ("sub_criterion", "sub_dimension"):
            assert 2 <= len(items) <= 4, row["code"]


def test_every_group_of_a_leaf_is_asked_in_every_block(edition: Edition) -> None:
    forms = {form["code"]: form for form in edition.toml["questionnaires"]}
    blocks = codes(edition.toml["blocks"])
    for row in edition.scored_leaves:
        declared = {group.split(":")[0] for group in listed(row["groups"])}
        asked = {
            (forms[form]["block"], forms[form]["group"])
            for item in edition.items_of(row["code"])
            for form in listed(item["questionnaires"])
        }
        own = listed(row["blocks"]) or blocks
        assert asked == {(block, group) for block in own for group in declared}, row["code"]


def test_scales_rise_from_nought_to_one(edition: Edition) -> None:
    for name, scale in edition.toml["scales"].items():
        if scale["kind"] != "ordinal":
            continue
        ladder = [level["values"][0] for level in scale["levels"]]
        assert (ladder[0], ladder[-1]) == (0, 1), name
        assert ladder == sorted(ladder), name
        assert all(len(level["values"]) == len(scale["ladders"]) for level in scale["levels"])
        satisfied = [level["satisfied"] for level in scale["levels"]]
        top = 1 if name in ("yes_no", "known") else 2
        assert satisfied == [False] * (len(satisfied) - top) + [True] * top, name


def test_five_levels_have_quarters_and_fifths_where_ladders_are_named(edition: Edition) -> None:
    for scale in edition.toml["scales"].values():
        if scale.get("ladders") == ["quarters", "fifths"]:
            assert [level["values"][0] for level in scale["levels"]] == [0, 0.25, 0.5, 0.75, 1]
            assert [level["values"][1] for level in scale["levels"]] == [0.2, 0.4, 0.6, 0.8, 1]


def test_an_option_text_means_one_thing(edition: Edition) -> None:
    for name, scale in edition.toml["scales"].items():
        texts = [
            text
            for option in (*scale["levels"], *scale["non_answers"])
            for text in {
                t.casefold()
                for t in (option["code"], option["label_vi"], option["label_en"], *option["aliases"])
            }
        ]
        assert twice(texts) == [], name


def test_a_unit_name_means_one_unit_of_its_block(edition: Edition) -> None:
    for block in codes(edition.toml["blocks"]):
        texts = []
        for unit in edition.units:
            names = [*{unit["name_vi"], unit["name_en"]}, *listed(unit["aliases"])]
            assert twice([name.casefold() for name in names]) == [], unit["code"]
            if unit["block"] == block:
                texts += list({name.casefold() for name in (*names, unit["code"])})
        assert texts
        assert twice(texts) == []


def test_a_heading_means_one_field(edition: Edition) -> None:
    headers = [header.casefold() for field in edition.toml["fields"] for header in field["headers"]]
    assert twice(headers) == []
    texts = {item[column].casefold() for item in edition.items for column in ("code", "text_vi", "text_en")}
    assert texts.isdisjoint(headers)


def test_a_category_text_means_one_category(edition: Edition) -> None:
    for field in edition.toml["fields"]:
        texts = [text.casefold() for texts in field.get("categories", {}).values() for text in texts]
        assert twice(texts) == [], field["code"]


def test_sources_are_declared_and_have_a_status(edition: Edition) -> None:
    sources = {source["code"]: source for source in edition.toml["sources"]}
    named = [row["source"] for row in (*edition.tree, *edition.items, *edition.toml["rules"])]
    assert all(named)
    assert {code for cell in named for code in listed(cell)} <= set(sources)
    for source in sources.values():
        assert source["status"] in ("stated", "derived", "open")
        assert source["document"]
        assert source["note"]


def test_wording_and_thresholds_are_never_called_stated(edition: Edition) -> None:
    sources = {source["code"]: source["status"] for source in edition.toml["sources"]}
    for record in (*edition.items, *edition.toml["rules"]):
        assert "stated" not in {sources[code] for code in listed(record["source"])}


def test_rules_have_the_severities_of_the_field(edition: Edition) -> None:
    declared = {rule["rule"]: rule["severity"] for rule in edition.toml["rules"]}
    asked = {field["role"] for field in edition.toml["fields"]}
    left_out = {
        rule
        for rule, role in (("own_unit", "own_unit"), ("missing_identification", "identification"))
        if role not in asked
    }
    assert declared == {rule: severity for rule, severity in RULES.items() if rule not in left_out}


def test_two_thirds_of_the_items_must_be_answered(edition: Edition) -> None:
    rules = {rule["rule"]: rule for rule in edition.toml["rules"]}
    assert rules["too_few_answers"]["minimum_share"] == 2 / 3
    assert rules["straight_line"]["minimum_items"] == 10


def test_names_and_signatures_are_only_looked_at_for_their_presence(edition: Edition) -> None:
    kept = {"attribute", "rater", "interviewer", "operator"}
    personal = ("họ và tên", "chữ ký xác nhận", "số điện thoại", "địa chỉ", "email")
    for field in edition.toml["fields"]:
        if {header.casefold() for header in field["headers"]} & set(personal):
            assert field["role"] in ("identification", "personal")
            assert field["role"] not in kept
