"""The same submission read twice: in one file, in two exports or on a copied sheet.

Forms with one name (see :mod:`surveys.returns.submissions.submission_keys`) are one submission; it counts once, as its latest
copy says. Where neither a time nor the number of edits tells which copy is the latest and they differ, a rule keeps it in
review. Forms that have neither a name nor a time are different forms, even with equal answers; only where every form of a
sheet stands on another one too, a rule asks about the sheet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from surveys.problems import Problems, the_first
from surveys.returns.record_set import Returns, kept_fields
from surveys.returns.submissions.entry_pairs import SECOND, units_rated
from surveys.returns.submissions.submission_keys import is_content_key, mixed, numbered_keys
from surveys.vocabulary.statuses import COPY

#: What the column ``copy`` says besides COPY: the form has copies that say something else; every form of its sheet stands on
#: another sheet too.
DIFFERS, SHEET = "differs", "sheet"
_FORMS, _CONTENTS = 3, 2  # fewest forms of a copied sheet, and fewest different ones among them
_SHOWN = 10  # rows and submissions that a message names


def count_once(returns: Returns, problems: Problems) -> Returns:
    """Returns in whose rows the copies are marked, and told as warnings; equal forms without a name have names of their own."""
    each = returns.rows.drop_duplicates("form").set_index("form", drop=False).rename_axis(None)
    lines = returns.lines.groupby("form", sort=False).max()
    forms = each.assign(table=lines["table"], edits=lines["edits"], counted=each["form"], copy="")
    forms["key"] = _submission(forms, lines)
    again = forms[forms["key"].duplicated(keep=False) & (forms["key"] >= 0)]
    if len(again):
        forms.loc[again.index, ["counted", "copy"]] = _latest(returns, again)
    forms.loc[_on_copied_sheets(forms), "copy"] = SHEET
    _tell(forms, problems)
    marked = returns.rows["form"].map(forms["copy"]).astype(object)
    found = replace(returns, rows=returns.rows.assign(copy=marked), read=_read(returns, forms))
    return _named_apart(found, forms)


def _submission(forms: pd.DataFrame, lines: pd.DataFrame) -> np.ndarray:
    """One number for each submission, int [forms]; −1 for forms that nothing tells to be one with another."""
    by_content = is_content_key(forms["submission"])
    who = lines.loc[forms.index].drop(columns=["table", "edits"]).to_numpy(np.uint64)
    persons = np.where(by_content, mixed(who).sum(axis=1, dtype=np.uint64), np.uint64(0))
    key = forms[["questionnaire", "submission"]].assign(second=forms["entry"] == SECOND, persons=persons)
    numbers = key.groupby(list(key.columns), sort=False).ngroup().to_numpy()
    return np.where(by_content & forms["submitted"].isna().to_numpy(), -1, numbers)


def _latest(returns: Returns, again: pd.DataFrame) -> pd.DataFrame:
    """The form that counts, and the mark, of every form of which there is another copy; by form."""
    rows = returns.rows[returns.rows["form"].isin(again.index)]
    times = rows[["submitted", "edited"]].max(axis=1).groupby(rows["form"]).max()
    found = again.assign(time=times, content=_content(returns, rows))
    found["time"] = found["time"].where(found["time"].notna().groupby(found["key"]).transform("all"))
    order = found.sort_values(["key", "time", "edits", "form"], ascending=[True, False, False, True])
    first = order.groupby("key", sort=False)[["form", "edits", "content"]].transform("first")
    latest = order["time"] == order.groupby("key", sort=False)["time"].transform("first")
    rival = (latest | order["time"].isna()) & (order["edits"] == first["edits"])
    differs = (rival & (order["content"] != first["content"])).groupby(order["key"]).transform("any")
    mark = np.where(order["form"] != first["form"], COPY, np.where(differs, DIFFERS, ""))
    return pd.DataFrame({"counted": first["form"], "copy": mark}, index=order.index)


def _content(returns: Returns, rows: pd.DataFrame) -> pd.Series:
    """A number for what each form says as it was read: answers, faulty cells, units, kept fields, code and state; by form."""
    salts = mixed(np.arange(returns.answers.shape[1], dtype=np.uint64))
    answers = returns.answers[rows.index].astype(np.int64).view(np.uint64)
    number = mixed(mixed(answers + salts).sum(axis=1, dtype=np.uint64))
    cells = returns.cells[returns.cells["row"].isin(rows.index)]
    faulty = (cells["item"] + "\x1f" + cells["text"]).groupby(cells["row"]).agg("\x1e".join)
    said = [units_rated(rows), rows["form_code"].where(rows["form_code"] != rows["submission"], "")]
    said += [rows["state"].where(rows["state"] != "valid", ""), faulty.reindex(rows.index, fill_value="")]
    said += [rows[declared.code] for declared in kept_fields(returns.instrument)]
    for column in said:
        number = mixed(number + pd.factorize(np.asarray(column))[0].astype(np.uint64) + np.uint64(1))
    return pd.Series(number).groupby(rows["form"].to_numpy()).sum()


def _on_copied_sheets(forms: pd.DataFrame) -> pd.Index:
    """Forms of tables of which every form, nameless and without a time, stands in an earlier table too."""
    nameless = forms[is_content_key(forms["submission"]) & forms["submitted"].isna().to_numpy()]
    number, named = Counter(nameless["table"].tolist()), Counter(forms["table"].tolist())
    held: dict[int, set[str]] = {}
    for table, said in zip(nameless["table"].tolist(), nameless["submission"], strict=True):
        held.setdefault(table, set()).add(said)
    holders: dict[str, list[int]] = {}
    for table in sorted(held):
        for said in held[table]:
            holders.setdefault(said, []).append(table)

    def is_copied(table: int) -> bool:
        rarest = min((holders[said] for said in held[table]), key=len)
        return any(held[table] <= held[earlier] for earlier in rarest if earlier < table)

    copied = [
        table
        for table, said in held.items()
        if number[table] == named[table] >= _FORMS and len(said) >= _CONTENTS and is_copied(table)
    ]
    return nameless.index[nameless["table"].isin(copied)]


def _tell(forms: pd.DataFrame, problems: Problems) -> None:
    """One warning for all copies of the forms of one sheet on another one, and for each copied sheet."""
    copies = forms[forms["copy"] == COPY]
    counted = forms.loc[copies["counted"]]
    told: dict[tuple[str, ...], list[tuple[str, str, str]]] = {}
    about = zip(_places(copies), _places(counted), counted["copy"], copies["submission"], strict=True)
    for (file, sheet, row), (other, other_sheet, other_row), mark, submission in about:
        code = "returns.copies_differ" if mark == DIFFERS else "returns.copies"
        told.setdefault((code, file, sheet, other, other_sheet), []).append((row, other_row, submission))
    for (code, file, sheet, other, other_sheet), found in told.items():
        rows, other_rows, submissions = (the_first(told, _SHOWN) for told in zip(*found, strict=True))
        problems.add(
            code, severity="warning", file=file, sheet=sheet, row=int(found[0][0]), forms=len(found), rows=rows, other=other,
            other_sheet=other_sheet, other_rows=other_rows, submissions=submissions,
        )  # fmt: skip
    sheets = forms[forms["copy"] == SHEET]
    counts = Counter((file, sheet) for file, sheet, _ in _places(sheets))
    for (file, sheet), number in counts.items():
        problems.add("returns.sheet_copied", severity="warning", file=file, sheet=sheet, forms=number)


def _places(forms: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    """File, sheet and row of forms."""
    columns = (forms[name].astype(str).tolist() for name in ("source_file", "source_sheet", "source_row"))
    return zip(*columns, strict=True)


def _read(returns: Returns, forms: pd.DataFrame) -> pd.DataFrame:
    """Rows read by table, each counted as what it is."""
    names = ("forms", "copies", "second_entries")
    kind = np.where(forms["copy"] == COPY, 1, np.where(forms["entry"] == SECOND, 2, 0))
    lines = returns.lines
    table, kinds = lines["table"].to_numpy(int), pd.Series(kind, forms.index).loc[lines["form"]].to_numpy()
    size = len(returns.read)
    return returns.read.assign(
        **{name: np.bincount(table[kinds == k], minlength=size) for k, name in enumerate(names)}
    )


def _named_apart(returns: Returns, forms: pd.DataFrame) -> Returns:
    """Returns in which forms with equal content, of which no product says what they are called, have names of their own."""
    rows = returns.rows
    apart = numbered_keys(rows["submission"], rows["form"].map(forms["counted"]))
    named = {
        name: rows[name].where(rows[name] != rows["submission"], apart) for name in ("form_code", "rater")
    }
    return replace(returns, rows=rows.assign(**named, submission=apart))
