"""The tree of criteria: declared ones with their points, those that questions name, or one for all questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from surveys.definitions.csv_tables import Row
from surveys.definitions.instrument.records import Item, Node, Questionnaire
from surveys.definitions.record_writing import number_text
from surveys.fieldwork.new_edition.asked import Forms, Groups
from surveys.fieldwork.new_edition.filled_sheets import OfficeRows
from surveys.fieldwork.new_edition.named_entries import NamedEntries, marked, number
from surveys.fieldwork.new_edition.office_sheets import GENERAL, NOT_SCORED, key_of, word_texts
from surveys.fieldwork.new_edition.starting_set import DECLARED, starting_set
from surveys.problems import Problems
from surveys.vocabulary.combination_names import MEAN, SHARES, SUM
from surveys.vocabulary.folding import fold
from surveys.vocabulary.levels import SURVEY, TOTAL

#: Decimals of equal shares of a total.
_DECIMALS = 2


class Criteria:
    """The criteria and the fields above them, in the order in which they are declared or first named."""

    def __init__(self, rows: OfficeRows, told: Problems) -> None:
        self.entries, self._rows, self._told = NamedEntries(), rows.get("criteria", ()), told
        general = next(iter(rows.get(GENERAL, ())))
        self._general, self._total = general, number(general, "points")
        self._above: dict[str, str] = {}
        self._given: dict[str, float | None] = {}
        self._row: dict[str, Row] = {}
        for row, code in zip(self._rows, self._codes(), strict=True):
            self.entries.add(row, "name", code)
            self._given[code], self._row[code] = number(row, "points"), row
        for code, row in self._row.items():
            self._above[code] = self.entries.find(row, "above", row["above"]) if row["above"] else ""
        for code, row in self._row.items():
            if self._above.get(self._above[code]):
                row.place.note("new.too_deep", "above", value=row["above"])
        self._named_by_questions(rows["questions"])

    def _codes(self) -> list[str]:
        """The codes given, else ``t1``, ``t2``, …, below another ``t1.1``: with letters they are never taken for dates."""
        found: list[str] = []
        below: Counter[str] = Counter()
        given = {row["code"] for row in self._rows}
        names = [fold(row["name"]) for row in self._rows]
        for row in self._rows:
            before = names[: len(found)]
            above = found[before.index(fold(row["above"]))] if fold(row["above"]) in before else ""
            below[above] += 1
            made = f"{above}.{below[above]}" if above else f"t{below[above]}"
            while not row["code"] and made in given:
                made += "a"
            found.append(row["code"] or made)
        return found

    def _named_by_questions(self, questions: Sequence[Row]) -> None:
        """The criteria that only questions name, where none is declared; one for all where they name none, and nothing where no
        question is scored."""
        if self._rows or all(says_not_scored(row) or marked(row, "several") for row in questions):
            return
        named = [row for row in questions if row["criterion"] and not says_not_scored(row)]
        for row in named:
            if not self.entries.code(row["criterion"]):
                self._keep(row["criterion"])
        if not named:
            label = starting_set().nodes[1].label_vi
            self._keep(label)
            self._told.add("new.told.criterion", severity="warning", name=label)

    def _keep(self, label: str) -> None:
        code = f"t{len(self._given) + 1}"
        self.entries.take_over(label, code)
        self._above[code], self._given[code] = "", None

    def of(self, row: Row, is_filter: bool) -> str:
        """The criterion of a question; empty of one that is not scored."""
        if says_not_scored(row):
            return ""
        if row["criterion"]:
            code = self.entries.find(row, "criterion", row["criterion"])
            if code in self.fields:
                row.place.note("new.question_of_field", "criterion", value=row["criterion"])
            return code
        if len(self.leaves) == 1 and not self._rows:
            return self.leaves[0]
        if is_filter:
            self._told.add("new.told.filter", severity="warning", text=row["text"])
        else:
            row.place.note(
                "new.criterion_missing", "criterion", accepted=[self.entries.labels[c] for c in self.leaves]
            )
        return ""

    @property
    def fields(self) -> set[str]:
        """The codes of those that stand above others."""
        return {above for above in self._above.values() if above}

    @property
    def leaves(self) -> list[str]:
        return [code for code in self._above if code not in self.fields]

    @property
    def survey(self) -> tuple[str, str]:
        """What the survey is called, in both languages."""
        return self._general["name"], self._general["name_en"]

    def points(self) -> Mapping[str, float]:
        """The points of every criterion and field: as given, equal shares of the total, or one for each criterion."""
        leaves, given = self.leaves, {code: self._given[code] for code in self.leaves}
        total = self._total
        if all(value is None for value in given.values()):
            share = 1.0 if total is None else _share(total, len(leaves))
            shown = number_text(share)
            self._told.add("new.told.points", severity="warning", points=shown, count=len(leaves))
            found = dict.fromkeys(leaves, share)
        else:
            for code, row in self._row.items():
                if code in given and not row["points"]:
                    row.place.note("new.points_missing", "points", name=row["name"])
            found = {code: value or 0.0 for code, value in given.items()}
            if total is not None and _sum(found.values()) != Decimal(repr(total)):
                _note_sum(self._general, _sum(found.values()), total)
        return found | self._of_fields(found)

    def _of_fields(self, found: Mapping[str, float]) -> dict[str, float]:
        """The points of the fields: the sums of what stands below them."""
        sums = {}
        for code, row in self._row.items():
            if code in self.fields:
                below = _sum(value for one, value in found.items() if self._above[one] == code)
                given, sums[code] = self._given[code], float(below)
                if given is not None and Decimal(repr(given)) != below:
                    _note_sum(row, below, given)
        return sums

    def total(self, points: Mapping[str, float]) -> float:
        """The total: as given, else the sum of the points."""
        return float(_sum(points[code] for code in self.leaves)) if self._total is None else self._total

    def note_unasked(self, code: str) -> None:
        """Note a declared criterion that no question belongs to."""
        if code in self._row:
            self._row[code].place.note("new.criterion_unasked", "name", name=self.entries.labels[code])

    def in_order(self) -> list[str]:
        """Every field before the criteria below it."""
        top = [code for code, above in self._above.items() if not above]
        return [
            one for code in top for one in (code, *(c for c, above in self._above.items() if above == code))
        ]

    def above(self, code: str) -> str:
        return self._above[code]


def _note_sum(row: Row, found: Decimal, expected: float) -> None:
    shown = number_text(float(found)), number_text(expected)
    row.place.note("new.points_sum", "points", found=shown[0], expected=shown[1])


def says_not_scored(row: Row) -> bool:
    """Whether the row of a question says that it is not scored."""
    return key_of(row["criterion"], word_texts([NOT_SCORED])) == NOT_SCORED


def nodes_of(criteria: Criteria, items: Sequence[Item], forms: Forms, groups: Groups) -> tuple[Node, ...]:
    """The nodes of the tree, the total first; where nothing is scored, one that counts the shares of answers."""
    root = starting_set().nodes[0]
    if not criteria.leaves:
        label, label_en = criteria.survey
        return (Node(root.code, "", root.level, SHARES, label, label_en, SURVEY, source=DECLARED),)
    points = criteria.points()
    total = criteria.total(points)
    found = [
        Node(
            root.code,
            "",
            root.level,
            SUM,
            root.label_vi,
            root.label_en,
            TOTAL,
            max_points=total,
            source=DECLARED,
        )
    ]
    of_form = {form.code: form for form in forms.records}
    for code in criteria.in_order():
        label, parent = criteria.entries.labels[code], criteria.above(code) or root.code
        if code in criteria.fields:
            found.append(
                Node(code, parent, "field", SUM, label, "", TOTAL, max_points=points[code], source=DECLARED)
            )
            continue
        asked = [of_form[form] for item in items if item.node == code for form in item.questionnaires]
        if not any(item.node == code for item in items):
            criteria.note_unasked(code)
        found.append(
            Node(
                code, parent, "criterion", MEAN, label, "", SURVEY, max_points=points[code],
                groups=_groups(asked, groups), blocks=_blocks(asked, forms), source=DECLARED,
            )
        )  # fmt: skip
    return tuple(found)


def _groups(asked: Sequence[Questionnaire], groups: Groups) -> tuple[tuple[str, float], ...]:
    """The groups that answer, with their weights."""
    found = {form.group for form in asked}
    return tuple((code, weight) for code, weight in groups.weights.items() if code in found)


def _blocks(asked: Sequence[Questionnaire], forms: Forms) -> tuple[str, ...]:
    """The blocks in which it is asked; nothing where that is all of them."""
    everywhere = dict.fromkeys(form.block for form in forms.records)
    found = {form.block for form in asked}
    return () if found == set(everywhere) else tuple(block for block in everywhere if block in found)


def _share(total: float, count: int) -> float:
    """The equal share of a total as it is printed."""
    share = Decimal(repr(total)) / count
    return float(share if share == round(share, 4) else round(share, _DECIMALS))


def _sum(values: Iterable[float]) -> Decimal:
    return sum((Decimal(repr(value)) for value in values), Decimal(0))
