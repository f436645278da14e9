"""CSV in and out: delimiters, records with their lines, broken quotes, and bytes that read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.vocabulary.csv import CsvError, columns_bytes, csv_bytes, delimiter_of, records
from surveys.vocabulary.formula_guard import unguarded

CELL = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@given(st.lists(st.lists(CELL, min_size=2, max_size=2), max_size=5), st.sampled_from(["\n", "\r\n"]))
def test_what_is_written_reads_back(rows: list[list[str]], line_end: str) -> None:
    written = csv_bytes(["a", "b"], rows, line_end=line_end)
    assert written.startswith(b"\xef\xbb\xbfa,b")
    read = [[unguarded(cell) for cell in cells] for _, cells in records(written.decode("utf-8-sig"))]
    assert read == [["a", "b"], *rows]


def test_numbers_are_not_guarded_and_nothing_is_an_empty_cell() -> None:
    written = csv_bytes(["n"], [[-1.5], ["-1.5"], [None]], mark=False)
    assert written == b'n\r\n-1.5\r\n\'-1.5\r\n""\r\n'


@pytest.mark.parametrize(
    ("text", "known", "delimiter"),
    [
        ("a,b\n1;2;3", (), ","),
        ("a;b\n", (), ";"),
        ("a\tb,c\td\n", (), "\t"),
        ("\n \na|b", (), "|"),
        ('"a,b,c";d\n', (), ";"),
        ("x,y;unit\n", {"unit"}, ";"),
        ("one column\n", (), ","),
        ("", (), ","),
    ],
)
def test_the_first_line_tells_the_delimiter(text: str, known: set[str], delimiter: str) -> None:
    assert delimiter_of(text, known=known)[:2] == (delimiter, 0)


def test_records_know_the_line_on_which_they_start() -> None:
    text = 'a;b\r\n"1\r\n1";2\r\n\r\n3;4'
    assert list(records(text, ";")) == [(1, ["a", "b"]), (2, ["1\r\n1", "2"]), (4, []), (5, ["3", "4"])]


@pytest.mark.parametrize("broken", ['a,b\n1,2\n"3"x,4\n', 'a,b\n1,2\n"3,4\n5,6\n'])
def test_a_quote_out_of_place_names_its_record(broken: str) -> None:
    with pytest.raises(CsvError) as caught:
        list(records(broken))
    assert caught.value.line == 3


@given(st.lists(st.tuples(st.text("'=+-@\t\r\n\", ;a1") | CELL, CELL), max_size=5))
def test_columns_are_written_as_rows_are(rows: list[tuple[str, str]]) -> None:
    columns = [[row[k] for row in rows] for k in (0, 1)]
    assert columns_bytes(["a", "b"], columns, [False, False]) == csv_bytes(["a", "b"], rows)
