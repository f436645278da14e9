"""Second data entries without a first: codes that differ only as spreadsheet programs make them differ are proposed as the same,
and taken as the same where the study or a person says so; the others are told. No second entry is a form of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import pandas as pd

from surveys.definitions.study.records import EntryCode, StudyDefinition
from surveys.problems import Problems, the_first
from surveys.returns.record_set import Returns, table_of
from surveys.returns.submissions.entry_pairs import SECOND
from surveys.review.columns_and_words import SECONDS
from surveys.vocabulary.folding import fold
from surveys.vocabulary.statuses import COPY

_NUMBER = re.compile(r"\d{1,40}(?:\.\d{1,20})?(?:e\+?\d{1,2})?")
_ROUNDED = re.compile(r"\d\.\d+e\+\d+")
_SHOWN = 10  # rows and codes that a message names


def match_entries(returns: Returns, study: StudyDefinition, problems: Problems) -> Returns:
    """Returns in which second entries bear the codes of their first ones where a person or the study says which they are; those
    without a first entry are told and listed in ``seconds``."""
    rows = returns.rows
    code, is_second = rows["form_code"], (rows["entry"] == SECOND) & (rows["copy"] != COPY)
    firsts = set(code[(rows["entry"] != SECOND) & (rows["copy"] != COPY)]) - {""}
    lacking = is_second & ~code.isin(firsts)
    decided = _decided(study.entry_codes, firsts, set(code[lacking]), problems)
    if not lacking.any():
        return returns
    proposed = proposals(sorted(set(code[lacking]) - {""}), sorted(firsts - set(code[is_second])))
    alike_in = [file.path for file in study.returns if file.match_codes == "alike"]
    by_study = proposed if alike_in else {}
    said = zip(code, rows["source_file"].isin(alike_in), strict=True)
    meant = pd.Series([decided.get(c, by_study.get(c, "") if taken else "") for c, taken in said], rows.index)
    meant = meant.astype(object).where(lacking, "")
    listed = rows[lacking & (meant == "") & ~code.isin(decided)]
    _tell("double_entry.codes_matched", rows[meant != ""], meant[meant != ""], problems)
    _tell("double_entry.no_first", listed, listed["form_code"].map(lambda c: proposed.get(c, "")), problems)
    matched = rows.assign(form_code=meant.where(meant != "", code))
    return replace(returns, rows=matched, seconds=_listed(listed, proposed))


def alike(code: str) -> str:
    """A code without what spreadsheet programs change in it: leading zeros, blanks, ``.0`` at its end, the case of letters, and
    the way of writing a large number.

    >>> [alike(code) for code in ("0021", "21.0", "2 1", "AB 07", "ab07", "1.2E+05", "120000")]
    ['21', '21', '21', 'ab07', 'ab07', '120000', '120000']
    """
    plain = "".join(fold(code).split())
    if not _NUMBER.fullmatch(plain):
        return plain
    number = Decimal(plain)
    return f"{number:f}" if number != number.to_integral_value() else str(int(number))


def proposals(seconds: Sequence[str], firsts: Sequence[str]) -> dict[str, str]:
    """Code of a second entry → the one code of a first entry without a second that is alike, where no other second entry is like
    that one.

    >>> proposals(["21", "22", "1.23E+05"], ["0021", "22 ", "022", "123456"])
    {'21': '0021', '1.23E+05': '123456'}
    """
    found: dict[str, list[str]] = {}
    by_key: dict[str, list[str]] = {}
    for code in firsts:
        for key in {alike(code), *_rounded(code)}:
            by_key.setdefault(key, []).append(code)
    for code in seconds:
        exponent = "".join(fold(code).split())
        key = f"~{exponent}" if _ROUNDED.fullmatch(exponent) else ""
        found[code] = by_key.get(alike(code), []) or by_key.get(key, [])
    single = {code: fits[0] for code, fits in found.items() if len(fits) == 1}
    meant = list(single.values())
    return {code: first for code, first in single.items() if meant.count(first) == 1}


def _rounded(code: str) -> list[str]:
    """How a large number is shown in a narrow cell: with few digits and an exponent."""
    plain = "".join(code.split())
    if not (plain.isdecimal() and len(plain) > 5):
        return []
    return [
        f"~{Decimal(plain):.{digits}e}".replace("e+", "e+0" if len(plain) < 11 else "e+")
        for digits in range(1, 7)
    ]


def _decided(
    decisions: Sequence[EntryCode], firsts: set[str], lacking: set[str], problems: Problems
) -> Mapping[str, str]:
    """Code of a second entry → the code a person says it is, nothing for none; what fits no form is told."""
    for made in decisions:
        if made.second_code not in lacking or (made.first_code and made.first_code not in firsts):
            problems.add(
                "double_entry.code_unmatched",
                severity="warning",
                second=made.second_code,
                first=made.first_code,
            )
    return {
        made.second_code: made.first_code
        for made in decisions
        if made.second_code in lacking and (not made.first_code or made.first_code in firsts)
    }


def _tell(code: str, rows: pd.DataFrame, first: pd.Series, problems: Problems) -> None:
    """One warning for each file and sheet."""
    for (file, sheet), group in rows.assign(first=first).groupby(["source_file", "source_sheet"], sort=False):
        each = group.drop_duplicates("form")
        pairs = [
            f"{s or '–'} → {f}" if f else s for s, f in zip(each["form_code"], each["first"], strict=True)
        ]
        problems.add(
            code, severity="warning", file=str(file), sheet=str(sheet), row=int(each["source_row"].tolist()[0]),
            forms=len(each), rows=the_first(each["source_row"], _SHOWN), codes=the_first(filter(None, pairs), _SHOWN),
            proposed=int((each["first"] != "").sum()) or "",
        )  # fmt: skip


def _listed(rows: pd.DataFrame, proposed: Mapping[str, str]) -> pd.DataFrame:
    """The review file of second entries without a first, nothing decided yet."""
    each = rows.drop_duplicates("form")
    lines = [
        (code, proposed.get(code, ""), file, row, "", "", "", "")
        for code, file, row in zip(
            each["form_code"], each["source_file"], each["source_row"].tolist(), strict=True
        )
    ]
    return table_of(SECONDS.columns, lines)
