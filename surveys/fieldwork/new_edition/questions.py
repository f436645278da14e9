"""Questions: their codes, scales, criteria and forms, and of whom each is asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from surveys.definitions.csv_tables import Row
from surveys.definitions.field_types import Condition
from surveys.definitions.instrument.records import Item, Scale
from surveys.definitions.record_building import is_code
from surveys.fieldwork.new_edition.asked import Blocks, Forms, Groups
from surveys.fieldwork.new_edition.filled_sheets import OfficeRows
from surveys.fieldwork.new_edition.named_entries import marked, parts
from surveys.fieldwork.new_edition.scale_options import Scales
from surveys.fieldwork.new_edition.starting_set import DECLARED
from surveys.fieldwork.new_edition.tree import Criteria, says_not_scored
from surveys.fieldwork.xlsform_import.scales import CHOSEN
from surveys.problems import shortened
from surveys.vocabulary.folding import fold


class AskedOf:
    """Who there is to be asked: blocks, groups, and the questionnaires for them."""

    def __init__(self, blocks: Blocks, groups: Groups, forms: Forms) -> None:
        self.blocks, self.groups, self.forms = blocks, groups, forms

    def questionnaires(self, row: Row) -> tuple[str, ...]:
        """The questionnaires of a question: of the groups and blocks it names, else all."""
        groups = self.groups.entries.find_all(row, "groups")
        blocks = self.blocks.entries.find_all(row, "blocks")
        found = self.forms.of(blocks, groups)
        if not found and len(groups) == len(parts(row["groups"])):
            row.place.note("new.on_no_form", "groups")
        return found


#: What a condition may name: code of a question → text of an option → the item and the level by which it is told.
Answerable = dict[str, dict[str, tuple[str, str]]]


def items_of(rows: OfficeRows, asked: AskedOf, scales: Scales, criteria: Criteria) -> tuple[Item, ...]:
    """The items in the order of the sheet; a question with several answers is an item for each option."""
    questions = rows["questions"]
    codes = _codes(questions)
    conditions = [_condition(row, k, questions, codes) for k, row in enumerate(questions)]
    filters = {condition[0] for condition in conditions if condition}
    of_scale = {scale.code: scale for scale in scales.records}
    found: list[Item] = []
    answerable: Answerable = {}
    for row, code, condition in zip(questions, codes, conditions, strict=True):
        scale = of_scale.get(scales.of(row))
        several = marked(row, "several")
        if several and row["criterion"] and not says_not_scored(row):
            row.place.note("new.several_scored", "criterion")
        node = "" if several else criteria.of(row, code in filters)
        item = Item(
            code, node, scale.code if scale else "", asked.questionnaires(row), row["text"], row["text_en"],
            reverse=marked(row, "reversed"), required=marked(row, "required"), aliases=tuple(parts(row["other_texts"])),
            asked_when=_asked_when(condition, row, answerable), source=DECLARED,
        )  # fmt: skip
        _note_same_text(row, item, found)
        if scale is None:
            continue
        if node and scale.kind != "ordinal":
            row.place.note("new.scored_without_values", "scale", scale=scale.label_vi)
        found += _options(item, scale) if several else [item]
        answerable[code] = _answerable(code, scale, several)
    return tuple(found)


def _note_same_text(row: Row, item: Item, earlier: Sequence[Item]) -> None:
    """Tell of a question whose words stand on the same form already: no column of returns can be told to be the one or the
    other."""
    for other in earlier:
        if fold(other.text_vi) == fold(item.text_vi) and set(other.questionnaires) & set(item.questionnaires):
            row.place.note("new.same_text", "text", severity="warning", other=other.code)
            return


def _options(item: Item, scale: Scale) -> list[Item]:
    """A question with several answers: an item for each option, which was chosen or not."""
    return [
        replace(
            item, code=f"{item.code}.{k}", scale=CHOSEN.code, text_vi=f"{item.text_vi} [{level.label_vi}]", required=False,
            text_en=f"{item.text_en} [{level.label_en}]" if item.text_en and level.label_en else "",
            aliases=tuple(f"{alias} [{level.label_vi}]" for alias in item.aliases),
        )
        for k, level in enumerate(scale.levels, 1)
    ]  # fmt: skip


def _answerable(code: str, scale: Scale, several: bool) -> dict[str, tuple[str, str]]:
    """How the options of a question are told by conditions."""
    found: dict[str, tuple[str, str]] = {}
    for k, level in enumerate(scale.levels, 1):
        told = (f"{code}.{k}", "1") if several else (code, level.code)
        found |= {
            fold(text): told for text in (level.code, level.label_vi, level.label_en, *level.aliases) if text
        }
    return found


def _codes(questions: Sequence[Row]) -> list[str]:
    """The codes given, else ``c1``, ``c2``, … by the place of the question."""
    found: list[str] = []
    given = {row["code"] for row in questions if row["code"]}
    for k, row in enumerate(questions, 1):
        if row["code"] and not is_code(row["code"]):
            row.place.note("record.bad_code", "code", value=shortened(row["code"]))
        if row["code"] in found:
            first = questions[found.index(row["code"])].place.row
            row.place.note("new.twice", "code", value=row["code"], first=first or "")
        made = f"c{k}"
        while not row["code"] and made in given:
            made += "a"
        found.append(row["code"] or made)
    return found


def _condition(
    row: Row, place: int, questions: Sequence[Row], codes: Sequence[str]
) -> tuple[str, list[str]] | None:
    """Of whom a question is asked, as an earlier question and the texts of its options: ``c1 = Có``, ``Câu 1 = Có; Một phần``."""
    if not row["only_if"]:
        return None
    named, mark, options = row["only_if"].partition("=")
    texts = parts(options.replace("|", ";"))
    if not (mark and named.strip() and texts):
        row.place.note("new.condition", "only_if", value=shortened(row["only_if"]))
        return None
    earlier = {fold(code): code for code in codes[:place]}
    earlier |= {fold(one["text"]): code for one, code in zip(questions[:place], codes, strict=False)}
    by_number = re.fullmatch(r"(?:câu|question|q)?\s*(\d+)", named.strip(), re.IGNORECASE)
    if by_number and fold(named) not in earlier and 0 < int(by_number[1][:6]) <= place:
        return codes[int(by_number[1]) - 1], texts
    if fold(named) not in earlier:
        row.place.not_accepted("new.condition_question", "only_if", named.strip(), codes[:place])
        return None
    return earlier[fold(named)], texts


def _asked_when(
    condition: tuple[str, list[str]] | None, row: Row, answerable: Answerable
) -> Condition | None:
    """A condition in codes of items and options."""
    if condition is None or condition[0] not in answerable:
        return None
    known = answerable[condition[0]]
    for text in condition[1]:
        if fold(text) not in known:
            row.place.not_accepted("new.condition_option", "only_if", text, known)
    told = [known[fold(text)] for text in condition[1] if fold(text) in known]
    items = list(dict.fromkeys(item for item, _ in told))
    if len(items) > 1:
        row.place.note("new.condition_several", "only_if")
    return (items[0], tuple(level for _, level in told)) if items else None
