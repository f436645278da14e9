"""Double data entry: two files for the same forms, how well they agree, where they do not, and what was decided about it.

A disagreement is decided in a file with the columns ``ADJUDICATION_COLUMNS``: :func:`compare_entries` lists what is to be
decided, a person writes the final answer and a name, and :func:`adjudicate` gives both entries that answer. What nobody
decided stays a disagreement, which the validity rule ``double_entry`` keeps in review.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import BLANK, NON_ANSWERS, NOT_ASKED, Instrument
from surveys.definitions.study.records import Adjudication
from surveys.problems import Problems
from surveys.returns.options import Options
from surveys.returns.record_set import Returns, among
from surveys.returns.text.names import Names
from surveys.returns.text.times import read_numbers
from surveys.vocabulary.folding import fold
from surveys.vocabulary.formulas import guarded, unguarded
from surveys.vocabulary.roles import KEPT_ROLES

Array = np.ndarray
ADJUDICATION_COLUMNS = ("form", "field", "first", "second", "final", "who")
AGREEMENT_COLUMNS = ("operator", "field", "compared", "agreed", "share")
ALL = "all"  # the value of operator or field in a row over all of them
UNIT = "unit"
#: What a person writes as the final answer when the form was left blank there.
LEFT_BLANK = frozenset({"trống", "bỏ trống", "blank"})
_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class DoubleEntry:
    """``agreement``: ``AGREEMENT_COLUMNS``, for every field, every operator, and both; a pair of entries counts for both of its
    operators. ``disagreements``: ``ADJUDICATION_COLUMNS`` with the last two empty. ``entries``: form code and entry of every
    evaluation that was looked at."""

    agreement: pd.DataFrame
    disagreements: pd.DataFrame
    entries: pd.DataFrame

    @cached_property
    def once(self) -> pd.DataFrame:
        """Form code and entry of the forms that were entered only once."""
        forms = self.entries
        marked = forms[(forms["entry"] != "") & (forms["form_code"] != "")].drop_duplicates()
        return marked[~marked["form_code"].duplicated(keep=False)].reset_index(drop=True)


def compare_entries(returns: Returns) -> DoubleEntry:
    """Agreement and disagreements of all forms that were entered twice.

    >>> from surveys.definitions.instrument.records import Instrument
    >>> from surveys.returns.record_set import ROW_COLUMNS
    >>> none = Instrument("i", "1", "", "", (), (), (), (), (), (), (), (), (), ())
    >>> rows = pd.DataFrame(columns=list(ROW_COLUMNS)).astype(ROW_COLUMNS)
    >>> len(compare_entries(Returns(none, rows, np.zeros((0, 0), np.int8))).disagreements)
    0
    """
    returns = _without(returns, np.flatnonzero(~_entered(returns.rows)))
    rows = returns.rows
    partner = partners(returns)
    first = np.flatnonzero(partner >= 0)
    second = partner[first]
    items = items_differ(returns.answers, first, second)
    fields = fields_differ(returns, first, second)
    return DoubleEntry(
        _agreement(returns, first, second, items, fields),
        _disagreements(returns, first, second, items, fields, _alone(returns, partner)),
        rows[["form_code", "entry"]],
    )


def write_adjudication(found: DoubleEntry, path: Path) -> None:
    """Write the disagreements as CSV with a byte order mark, which Excel needs to show Vietnamese; no cell is a formula."""
    found.disagreements.map(guarded).to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def adjudicate(
    returns: Returns, adjudications: Iterable[Adjudication], problems: Problems, file: str = ""
) -> Returns:
    """Returns in which every decided disagreement is settled: both entries hold the final answer.

    A decision counts only while the entries still say what it was made about, and when it names its author; the others are
    noted as warnings. A final answer that is none of the options is an error.
    """
    decided = [entry for entry in adjudications if entry.final.strip()]
    if not decided:
        return returns
    desk = _Desk(_completed(returns, decided), problems, file)
    for entry in decided:
        desk.settle(entry)
    return desk.settled()


def code_key(form_code: Array, unit: Array, unit_text: Array, matrix: Array) -> Array:
    """What identifies a form: its code, joined with the unit where one form rates many; object [n]."""
    key, rates_many = form_code.copy(), np.flatnonzero(matrix)
    unit, unit_text = unit[rates_many], unit_text[rates_many]
    key[rates_many] += _SEPARATOR + np.where(unit != "", unit, unit_text)
    return key


def second_entries(key: Array, form_code: Array, entry: Array) -> Array:
    """Row of the second data entry of each evaluation, int [n]; −1 where there is none."""
    is_second = (entry == "second") & (form_code != "")
    seconds = _first_rows(key, np.flatnonzero(is_second))
    partner = np.full(len(key), -1)
    if seconds:
        rows = np.flatnonzero(~is_second)
        twice = rows[np.fromiter(map(seconds.__contains__, key[rows].tolist()), bool, len(rows))]
        for form, row in _first_rows(key, twice).items():
            partner[row] = seconds[form]
    return partner


def _first_rows(key: Array, rows: Array) -> dict[str, int]:
    """Key → the first of ``rows`` that has it."""
    backwards = rows[::-1]
    return dict(zip(key[backwards].tolist(), backwards.tolist(), strict=True))


def items_differ(answers: Array, first: Array, second: Array) -> Array:
    """Where two entries say different things, boolean [pairs, K]. Nothing is nothing, whether the item was asked or not:
    that follows from another answer."""
    one, other = (np.where(answers[rows] == NOT_ASKED, BLANK, answers[rows]) for rows in (first, second))
    return np.asarray(one != other)


def fields_differ(returns: Returns, first: Array, second: Array) -> dict[str, Array]:
    """Field → where two entries say different things, boolean [pairs]: the unit of a form about one unit, and every
    field that is kept."""
    rows = returns.rows
    kept = [field.code for field in returns.instrument.fields if field.role in KEPT_ROLES]
    units = (_units_of(rows, entries) for entries in (first, second))
    found = {UNIT: np.not_equal(*units).astype(bool) & ~is_matrix(returns, first)}
    for code in (code for code in kept if code in rows):
        said, repeated = (rows[code].to_numpy(object)[entries] for entries in (first, second))
        both_none = pd.isna(said) & pd.isna(repeated)
        found[code] = (said != repeated) & ~both_none
    return found


def _units_of(rows: pd.DataFrame, entries: Array) -> Array:
    """The unit of each of these evaluations, as read where it was not recognised; object [entries]."""
    unit, unit_text = (rows[name].to_numpy(object)[entries] for name in ("unit_code", "unit_text"))
    return np.where(unit != "", unit, unit_text)


def is_matrix(returns: Returns, rows: Array | slice = slice(None)) -> Array:
    """Which evaluations, of all or of ``rows``, belong to a form that rates many units, boolean [n]."""
    matrix = {q.code for q in returns.instrument.questionnaires if q.matrix}
    return among(returns.rows["questionnaire"].to_numpy(object)[rows], matrix)


def partners(returns: Returns) -> Array:
    """Row of the second data entry of each evaluation, int [n]; −1 where there is none."""
    text = {
        name: returns.rows[name].to_numpy(object) for name in ("form_code", "unit_code", "unit_text", "entry")
    }
    key = code_key(text["form_code"], text["unit_code"], text["unit_text"], is_matrix(returns))
    return second_entries(key, text["form_code"], text["entry"])


def field_name(item: str, unit: str) -> str:
    """An item as the adjudication file names it: of a unit where one form rates many.

    >>> field_name("1.1a", ""), field_name("1.1a", "SNV")
    ('1.1a', '1.1a [SNV]')
    """
    return f"{item} [{unit}]" if unit else item


def _unit_of(rows: pd.DataFrame, row: int) -> str:
    return str(rows["unit_code"].iat[row] or rows["unit_text"].iat[row])


def _entered(rows: pd.DataFrame) -> Array:
    """Evaluations of files marked as first or second entry, and those of which there is a second entry, boolean [n]."""
    code, entry = (rows[name].to_numpy(object) for name in ("form_code", "entry"))
    return (entry != "") | among(code, code[entry == "second"])


def _alone(returns: Returns, partner: Array) -> Array:
    """Evaluations of forms entered twice that only one of the entries has, int [a]."""
    rows = returns.rows
    first = np.flatnonzero(partner >= 0)
    code, entry = (rows[name].to_numpy(object) for name in ("form_code", "entry"))
    is_second = entry == "second"
    alone = is_matrix(returns) & among(code, code[is_second]) & among(code, code[~is_second]) & (code != "")
    alone[first] = alone[partner[first]] = False
    return np.flatnonzero(alone & (rows["unit_code"] + rows["unit_text"] != "").to_numpy(bool))


def _agreement(
    returns: Returns, first: Array, second: Array, items: Array, fields: Mapping[str, Array]
) -> pd.DataFrame:
    """Pairs compared and agreed for each operator: over all fields, then for each field, in the order in which they appear."""
    names, said, equal = _compared(returns, first, second, items, fields)
    operators = np.stack(_operators(returns.rows, first, second))
    lines = [
        line
        for operator in dict.fromkeys(operators.ravel().tolist())
        if operator
        for line in _counted(operator, operators == operator, names, said, equal)
    ]
    table = pd.DataFrame(
        [line[2:] for line in sorted(lines, key=lambda line: line[:2])], columns=list(AGREEMENT_COLUMNS[:4])
    )
    return table.assign(share=table["agreed"] / table["compared"])[list(AGREEMENT_COLUMNS)]


def _compared(
    returns: Returns, first: Array, second: Array, items: Array, fields: Mapping[str, Array]
) -> tuple[list[str], Array, Array]:
    """Items and fields, where either entry of a pair says anything, and where both say the same: bool [pairs, fields]."""
    answers = returns.answers
    either = ~np.isin(answers[first], (BLANK, NOT_ASKED)) | ~np.isin(answers[second], (BLANK, NOT_ASKED))
    names = [*(item.code for item in returns.instrument.items), *fields]
    differs = np.column_stack([items, *fields.values()])
    said = np.column_stack([either, np.ones((len(first), len(fields)), bool)])
    return names, said, ~differs


def _counted(
    operator: str, mine: Array, names: Sequence[str], said: Array, equal: Array
) -> list[tuple[int, int, str, str, int, int]]:
    """(0 for all fields or 1, place, operator, field, compared, agreed); ``mine`` bool [roles, pairs]: pairs that count for
    the operator, as ``said`` and ``equal`` [pairs, fields] tell."""
    role, pair = np.nonzero(mine)
    counts = said[pair]
    compared, agreed = counts.sum(axis=0), (counts & equal[pair]).sum(axis=0)
    field = np.flatnonzero(compared)
    if not len(field):
        return []
    first = counts.argmax(axis=0)[field]
    place = (role[first] * len(names) + field) * mine.shape[1] + pair[first]
    lines = [
        (1, at, operator, names[f], int(compared[f]), int(agreed[f]))
        for f, at in zip(field.tolist(), place.tolist(), strict=True)
    ]
    return [(0, int(place.min()), operator, ALL, int(compared.sum()), int(agreed.sum())), *lines]


def _operators(rows: pd.DataFrame, first: Array, second: Array) -> list[Array]:
    """Who each pair counts for: everybody, the operator of its first entry, and another one of its second entry."""
    operator = rows["operator"].to_numpy(object)
    one, other = operator[first], np.where(operator[first] == operator[second], "", operator[second])
    return [np.full(len(first), ALL, dtype=object), one, other]


def _disagreements(
    returns: Returns, first: Array, second: Array, items: Array, fields: Mapping[str, Array], alone: Array
) -> pd.DataFrame:
    shown, rows, matrix = _Shown(returns), returns.rows, is_matrix(returns)
    pair, item = np.nonzero(items)
    found = [
        (int(first[p]), int(second[p]), returns.instrument.items[k].code)
        for p, k in zip(pair, item, strict=True)
    ]
    found += [
        (int(first[p]), int(second[p]), code)
        for code, differs in fields.items()
        for p in np.flatnonzero(differs)
    ]
    found += [
        (row, -1, code) if rows["entry"].iat[row] != "second" else (-1, row, code)
        for row in alone.tolist()
        for code in shown.answered(row)
    ]
    lines = []
    for i, j, code in sorted(found, key=lambda one: max(one[0], one[1]) if one[0] < 0 else one[0]):
        row = i if i >= 0 else j
        unit = _unit_of(rows, row) if matrix[row] else ""
        name = field_name(code, unit)
        lines.append((rows["form_code"].iat[row], name, shown.text(i, code), shown.text(j, code), "", ""))
    return pd.DataFrame(lines, columns=list(ADJUDICATION_COLUMNS))


class _Shown:
    """Answers and fields as a person reads them: level codes, codes of non-answers, or the faulty cell as written."""

    def __init__(self, returns: Returns) -> None:
        self.returns = returns
        cells = returns.cells
        self._cells = {
            (row, item): text for row, item, text in cells[["row", "item", "text"]].itertuples(index=False)
        }

    def text(self, row: int, code: str) -> str:
        if row < 0:
            return ""
        rows, instrument = self.returns.rows, self.returns.instrument
        if code not in instrument.item:
            value = _unit_of(rows, row) if code == UNIT else rows[code].to_numpy(object)[row]
            return "" if value != value else str(value)
        answer = int(self.returns.answers[row, instrument.item_position[code]])
        return self._cells.get((row, code)) or answer_text(instrument, code, answer)

    def answered(self, row: int) -> list[str]:
        """Items of which a row holds anything."""
        answers = self.returns.answers[row]
        return [
            item.code
            for item, answer in zip(self.returns.instrument.items, answers, strict=True)
            if answer not in (BLANK, NOT_ASKED)
        ]


def answer_text(instrument: Instrument, item: str, answer: int) -> str:
    """The code of a level or of a non-answer of an item; the kind of a non-answer without a code; nothing for a blank."""
    scale = instrument.scale[instrument.item[item].scale]
    if answer >= 0:
        return scale.levels[answer].code
    kind = next(name for name, code in NON_ANSWERS.items() if code == answer)
    coded = next((found.code for found in scale.non_answers if found.kind == kind), kind)
    return "" if answer in (BLANK, NOT_ASKED) else coded


class _Desk:
    """The returns while decisions are carried out."""

    def __init__(self, returns: Returns, problems: Problems, file: str) -> None:
        self.returns, self.problems, self.file = returns, problems, file
        self.rows, self.answers = returns.rows.copy(), returns.answers.copy()
        self.shown = _Shown(returns)
        self.matrix = is_matrix(returns)
        self.options = {scale.code: Options(scale) for scale in returns.instrument.scales}
        self.pairs = self._pairs(partners(returns))
        self.touched: set[int] = set()
        self.settled_cells: set[tuple[int, str]] = set()

    def _pairs(self, partner: Array) -> dict[tuple[str, str], tuple[int, int]]:
        """(form code, unit or nothing) → first and second row."""
        found = {}
        for i in np.flatnonzero(partner >= 0).tolist():
            unit = _unit_of(self.rows, i) if self.matrix[i] else ""
            found[str(self.rows["form_code"].iat[i]), unit] = (i, int(partner[i]))
        return found

    def settle(self, entry: Adjudication) -> None:
        code, _, rest = entry.field.partition(" [")
        pair = self.pairs.get((unguarded(entry.form), rest.removesuffix("]")))
        if pair is None or (
            code not in self.returns.instrument.item and code != UNIT and code not in self.rows
        ):
            self._warn("double_entry.unmatched", entry)
        elif not entry.who.strip():
            self._warn("double_entry.no_author", entry)
        elif self._now(pair, code) != (fold(unguarded(entry.first)), fold(unguarded(entry.second))):
            self._warn("double_entry.outdated", entry)
        elif code in self.returns.instrument.item:
            self._settle_item(entry, pair, code)
        else:
            self._settle_field(entry, pair, code)

    def _now(self, pair: tuple[int, int], code: str) -> tuple[str, str]:
        return fold(self.shown.text(pair[0], code)), fold(self.shown.text(pair[1], code))

    def _settle_item(self, entry: Adjudication, pair: tuple[int, int], item: str) -> None:
        instrument = self.returns.instrument
        options = self.options[instrument.item[item].scale]
        found = BLANK if fold(entry.final) in LEFT_BLANK else options.find(entry.final)
        if found is None:
            self._refuse(entry, options.nearest(entry.final))
            return
        self.answers[list(pair), instrument.item_position[item]] = found
        self.touched.update(pair)
        self.settled_cells.update((row, item) for row in pair)

    def _settle_field(self, entry: Adjudication, pair: tuple[int, int], code: str) -> None:
        """Both entries take the field over from the one that the decision repeats, or get what the decision says."""
        for row in pair:
            if fold(self.shown.text(row, code)) == fold(unguarded(entry.final)):
                for column in ("unit_code", "unit_text") if code == UNIT else (code,):
                    self._set(pair, column, self.rows[column].iat[row])
                return
        known = self._known(entry, code)
        if known is not None:
            self._set(pair, "unit_code" if code == UNIT else code, known)

    def _set(self, pair: tuple[int, int], column: str, value: object) -> None:
        values = self.rows[column].to_numpy(object).copy()
        values[list(pair)] = value
        self.rows[column] = pd.Series(values, self.rows.index).astype(self.rows[column].dtype)

    def _known(self, entry: Adjudication, code: str) -> object:
        """The unit, category, number or text that a final answer says; None when it is none (noted)."""
        instrument, text = self.returns.instrument, entry.final.strip()
        field = next((f for f in instrument.fields if f.code == code and code != UNIT), None)
        if field is not None and field.role == "weight":
            return self._number(entry)
        if fold(text) in LEFT_BLANK:
            return ""
        if field is not None and not field.categories:
            return text
        names = (
            Names((name, code) for code, labels in field.categories for name in (code, *labels))
            if field is not None
            else Names(
                (name, u.code)
                for u in instrument.units
                for name in (u.code, u.name_vi, u.name_en, *u.aliases)
            )
        )
        found = names.find(text)
        if len(found) != 1:
            self._refuse(entry, names.nearest(text))
        return found[0] if len(found) == 1 else None

    def _number(self, entry: Adjudication) -> float | None:
        number = float(read_numbers([], [entry.final.strip()])[0])
        if np.isfinite(number):
            return number
        self._refuse(entry, "")
        return None

    def _refuse(self, entry: Adjudication, nearest: str) -> None:
        self.problems.add(
            "double_entry.final",
            file=self.file,
            form=entry.form,
            field=entry.field,
            value=entry.final,
            nearest=nearest or "–",
        )

    def _warn(self, code: str, entry: Adjudication) -> None:
        self.problems.add(code, severity="warning", file=self.file, form=entry.form, field=entry.field)

    def settled(self) -> Returns:
        """The returns with what follows from the decisions: skipped items, and evaluations that were blank after all."""
        touched = np.array(sorted(self.touched), dtype=int)
        self.answers[touched] = _skips(
            self.returns.instrument, self.answers[touched], self.rows.iloc[touched]
        )
        cells = self.returns.cells
        kept = [pair not in self.settled_cells for pair in zip(cells["row"], cells["item"], strict=True)]
        settled = replace(
            self.returns, rows=self.rows, answers=self.answers, cells=cells[np.array(kept, dtype=bool)]
        )
        nothing = np.isin(self.answers[touched], (BLANK, NOT_ASKED)).all(axis=1) & self.matrix[touched]
        return _without(settled, touched[nothing])


def _skips(instrument: Instrument, answers: Array, rows: pd.DataFrame) -> Array:
    """Answers after their filters were settled: nothing is asked behind a filter answered otherwise, and blank behind others."""
    answers = answers.copy()
    for k, item in enumerate(instrument.items):
        if item.asked_when:
            code, levels = item.asked_when
            scale = instrument.scale[instrument.item[code].scale]
            opens = [p for p, level in enumerate(scale.levels) if level.code in levels]
            given = answers[:, instrument.item_position[code]]
            on_form = rows["questionnaire"].isin(item.questionnaires).to_numpy(bool) & (given >= 0)
            asked = np.isin(given, opens)
            answers[on_form & asked & (answers[:, k] == NOT_ASKED), k] = BLANK
            answers[on_form & ~asked & (answers[:, k] == BLANK), k] = NOT_ASKED
    return answers


def _completed(returns: Returns, decided: Iterable[Adjudication]) -> Returns:
    """Returns in which an evaluation that only one entry of a matrix form has, and about which something was decided, has
    a blank partner in the other entry."""
    rows = returns.rows
    wanted = {(unguarded(entry.form), entry.field.partition(" [")[2].removesuffix("]")) for entry in decided}
    alone = [
        row
        for row in _alone(returns, partners(returns)).tolist()
        if (rows["form_code"].iat[row], _unit_of(rows, row)) in wanted
    ]
    if not alone:
        return returns
    copies = rows.iloc[alone].copy()
    copies["entry"] = np.where(copies["entry"] == "second", "first", "second")
    own = ["form", "source_file", "source_sheet", "source_row", "operator", "batch"]
    others = rows.drop_duplicates(["form_code", "entry"]).set_index(["form_code", "entry"])[own]
    other = others.loc[pd.MultiIndex.from_frame(copies[["form_code", "entry"]])]
    copies[own] = other.set_index(copies.index)
    answers = np.where(returns.answers[alone] == NOT_ASKED, NOT_ASKED, BLANK).astype(np.int8)
    return replace(
        returns,
        rows=pd.concat([rows, copies], ignore_index=True).astype(rows.dtypes.to_dict()),
        answers=np.concatenate([returns.answers, answers]),
    )


def _without(returns: Returns, rows: Array) -> Returns:
    """Returns without the given rows; faulty cells follow their rows."""
    if not len(rows):
        return returns
    kept = np.ones(len(returns), dtype=bool)
    kept[rows] = False
    position = np.cumsum(kept) - 1
    cells = returns.cells[kept[returns.cells["row"].to_numpy(int)]]
    return replace(
        returns,
        rows=returns.rows[kept].reset_index(drop=True),
        answers=returns.answers[kept],
        cells=cells.assign(row=position[cells["row"].to_numpy(int)]).reset_index(drop=True),
    )
