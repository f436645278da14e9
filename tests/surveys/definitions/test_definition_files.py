"""Files as users save them: encodings, byte-order marks, delimiters, forms of Unicode, sizes, damage."""

from __future__ import annotations

import os
import random
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from surveys.definitions.check import check
from surveys.definitions.csv_tables import TableColumns, read_table
from surveys.definitions.record_building import build
from surveys.definitions.study.reading import load_study, read_study
from surveys.definitions.text_files import inside, read_text, read_toml
from surveys.problems import Place, Problem, Problems, SurveyError

COLUMNS = {"unit": True, "name": True, "population": False}
ROWS = "unit,name,population\nba-dinh,Ba Đình,1200\ndong-da,Đống Đa,800.5\n"


def read(path: Path, data: bytes, **options: object) -> tuple[object, Problems]:
    path.write_bytes(data)
    problems = Problems()
    return read_table(path, TableColumns(COLUMNS, **options), problems), problems  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data",
    [
        ROWS.encode(),
        ROWS.encode("utf-8-sig"),
        ROWS.replace(",", ";").encode(),
        ROWS.replace(",", ";").replace("800.5", "800,5").encode("utf-8-sig"),
        ROWS.replace("\n", "\r\n").encode(),
        ROWS.replace("\n", "\r").encode(),
        ROWS.replace("\n", ",,,\n").encode(),
        ROWS.replace("\n", "\n\n,,\n").encode(),
        unicodedata.normalize("NFD", ROWS).encode(),
        ROWS.replace("Ba Đình", '" Ba Đình "').encode(),
        ROWS.rstrip("\n").encode(),
    ],
    ids=[
        "plain",
        "bom",
        "semicolons",
        "decimal-commas",
        "crlf",
        "cr",
        "padded",
        "blank-rows",
        "nfd",
        "quoted",
        "no-end",
    ],
)
def test_every_way_of_saving_gives_the_same_table(tmp_path: Path, data: bytes) -> None:
    table, problems = read(tmp_path / "frames.csv", data, numbers={"population"})
    assert [dict(row.cells) for row in table] == [  # type: ignore[attr-defined]
        {"unit": "ba-dinh", "name": "Ba Đình", "population": "1200"},
        {"unit": "dong-da", "name": "Đống Đa", "population": "800.5"},
    ]
    assert not problems.errors


def test_a_line_that_declares_the_delimiter_is_no_heading(tmp_path: Path) -> None:
    table, problems = read(tmp_path / "t.csv", b"sep=;\nunit;name\na;x, y\n")
    assert [(row.line, row["name"]) for row in table] == [(3, "x, y")]  # type: ignore[attr-defined]
    assert not list(problems)


def test_texts_of_a_guarded_table_come_back_as_they_were(tmp_path: Path) -> None:
    data = b"unit,name\n'=1+1,'tis\n''=1,-5\n"
    table, _ = read(tmp_path / "t.csv", data, guarded=True)
    assert [tuple(row.cells.values())[:2] for row in table] == [("=1+1", "'tis"), ("'=1", "-5")]  # type: ignore[attr-defined]


def test_rows_are_counted_as_an_editor_shows_them(tmp_path: Path) -> None:
    table, _ = read(tmp_path / "t.csv", b'unit,name\n\na,"one\ntwo"\nb,x\n')
    assert [row.line for row in table] == [3, 5]  # type: ignore[attr-defined]


def only(problems: Problems) -> Problem:
    (found,) = problems
    return found


def test_other_form_of_unicode_is_a_warning_with_its_row(tmp_path: Path) -> None:
    _, problems = read(
        tmp_path / "t.csv", ("unit,name\na,x\nb," + unicodedata.normalize("NFD", "Đình\n")).encode()
    )
    assert (only(problems).code, only(problems).severity, only(problems).row) == (
        "file.not_nfc",
        "warning",
        3,
    )


@pytest.mark.parametrize(
    ("data", "row", "byte"),
    [
        ("unit,name\na,Đống\n".encode("cp1258", "ignore"), 2, 13),
        (ROWS.encode("utf-16"), 1, 1),
        ("ab\nc".encode("utf-16-le"), 1, 2),
        (b"unit,name\nx,y\xff\n", 2, 14),
        (b"unit,name\nx,\xe1\xbb", 2, 13),
    ],
    ids=["cp1258", "utf-16-bom", "utf-16", "latin", "cut-in-a-letter"],
)
def test_encoding_fault_names_row_and_byte(tmp_path: Path, data: bytes, row: int, byte: int) -> None:
    table, problems = read(tmp_path / "t.csv", data)
    assert table is None
    assert only(problems).code == "file.encoding"
    assert (only(problems).row, dict(only(problems).params)) == (row, {"byte": str(byte)})


@pytest.mark.parametrize("number", ["1.250", "1,250", "12.345", "-1.250"])
def test_number_that_may_be_thousands_is_refused(tmp_path: Path, number: str) -> None:
    text = f"unit;name;population\na;x;{number}\n"
    _, problems = read(tmp_path / "t.csv", text.encode(), numbers={"population"})
    found = only(problems)
    assert (found.code, found.row, found.column) == ("table.ambiguous_number", 2, "population")


def test_plain_decimals_are_not_taken_for_thousands(tmp_path: Path) -> None:
    _, problems = read(tmp_path / "t.csv", b"unit,name,population\na,x,1.250\n", numbers={"population"})
    assert not list(problems)


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf", b" \n,,\n"])
def test_empty_file(tmp_path: Path, data: bytes) -> None:
    table, problems = read(tmp_path / "t.csv", data)
    assert table is None
    assert only(problems).code == "table.empty"
    assert dict(only(problems).params)["accepted"] == "unit, name, population"


def test_heading_alone(tmp_path: Path) -> None:
    assert only(read(tmp_path / "t.csv", b"unit,name\n")[1]).code == "table.no_rows"
    assert not list(read(tmp_path / "t.csv", b"unit,name\n", may_be_empty=True)[1])


def test_columns_of_others_are_left_out_with_a_warning(tmp_path: Path) -> None:
    table, problems = read(tmp_path / "t.csv", b"unit,target,name\na,5,x\n", others=True)
    assert [dict(row.cells) for row in table] == [{"unit": "a", "name": "x", "population": ""}]  # type: ignore[attr-defined]
    found = only(problems)
    assert (found.code, found.severity, found.column) == ("table.ignored_column", "warning", "target")


def test_a_table_of_a_million_columns_is_refused(tmp_path: Path) -> None:
    table, problems = read(tmp_path / "t.csv", b"unit," * 1_000_000 + b"\n")
    assert table is None
    assert (only(problems).code, dict(only(problems).params)["limit"]) == ("table.too_wide", "500")


def test_a_table_faulty_throughout_is_not_read_to_the_end(tmp_path: Path) -> None:
    _, problems = read(tmp_path / "t.csv", b"unit,name\n" + b"a\n" * 5000)
    assert len(problems) == 1001
    assert list(problems)[-1].code == "table.too_many_faults"
    assert list(problems)[-1].row == 1001


def test_records_faulty_throughout_are_not_read_to_the_end(small: Path) -> None:
    rows = "huyen,,deputies,x\n" * 5000
    (small / "frames.csv").write_text("block,unit,group,population\n" + rows, encoding="utf-8")
    found = [problem for problem in check(small) if problem.file == "frames.csv"]
    assert len(found) == 1001
    assert {problem.code for problem in found} == {"record.not_number", "table.too_many_faults"}


def test_size_is_bounded_before_reading(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"x" * 101)
    problems = Problems()
    assert read_text(path, problems, largest=100) is None
    assert only(problems).code == "file.too_large"
    assert dict(only(problems).params) == {"size": "101", "limit": "100"}


def test_a_cell_larger_than_any_answer_is_refused(tmp_path: Path) -> None:
    _, problems = read(tmp_path / "t.csv", b"unit,name\na," + b"x" * 200_000 + b"\n")
    assert {p.code for p in problems} >= {"table.malformed"}


def test_folders_and_devices_are_no_files(tmp_path: Path) -> None:
    problems = Problems()
    assert read_text(tmp_path, problems) is None
    assert read_text(Path("/dev/zero"), problems) is None
    assert [p.code for p in problems] == ["file.not_a_file", "file.not_a_file"]


def test_a_file_that_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "t.csv").write_text(ROWS, encoding="utf-8")
    monkeypatch.setattr(Path, "read_bytes", refuse)
    problems = Problems()
    assert read_text(tmp_path / "t.csv", problems) is None
    assert (only(problems).code, only(problems).params) == (
        "file.unreadable",
        (("reason", "Permission denied"),),
    )


@pytest.mark.parametrize(
    ("text", "row"),
    [("a = 1\nb = \n", 2), ("a = 1\na = 2\n", 2), ("a = [\n", 2), ("x = " + "[" * 5000 + "\n", 1)],
    ids=["value", "repeated-key", "cut-off", "nested"],
)
def test_toml_fault_names_its_row(tmp_path: Path, text: str, row: int) -> None:
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    problems = Problems()
    assert read_toml(tmp_path / "study.toml", problems) is None
    expected = ("toml.nested", None) if "[[" in text else ("toml.syntax", row)
    assert (only(problems).code, only(problems).row) == expected


DOTS = "a." * 200_000
MANY = 100_000


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"x = 1\n{DOTS}b = 1\n", "toml.nested"),
        (f"x = 1\n[{DOTS}b]\n", "toml.nested"),
        (f"x = 1\n[[ {DOTS.replace('.', ' . ')}b ]]\n", "toml.nested"),
        (f"x = 1\ny = {{ {DOTS}b = 1 }}\n", "toml.nested"),
        ("x = 1\ny = { " + '"a".' * 200_000 + "b = 1 }\n", "toml.nested"),
        ("x = 1\ny = [{ " + "'='." * 200_000 + "b = 1 }]\n", "toml.nested"),
        ("x = 1\ny = " + "9" * MANY + "\n", "toml.long_word"),
        ("x = 1\ny = 0x" + "f" * MANY + "\n", "toml.long_word"),
        ("x = 1\ny = " + "1_" * MANY + "1\n", "toml.long_word"),
        ("x = 1\n" + "k" * MANY + " = 1\n", "toml.long_word"),
    ],
    ids=[
        "key", "table", "tables, spaces", "inline table", "quoted", "single quotes", "number", "hexadecimal", "underscores",
        "long key",
    ],
)  # fmt: skip
def test_toml_that_would_take_minutes_is_refused_at_its_row(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    problems = Problems()
    assert read_toml(tmp_path / "study.toml", problems) is None
    assert (only(problems).code, only(problems).row) == (code, 2)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (f'x = """{DOTS}"""', DOTS),
        (f"x = '''\"\"\" {DOTS}'''", f'""" {DOTS}'),
        (rf'x = "\"{DOTS}"', f'"{DOTS}'),
        (rf"x = '\{DOTS}'", rf"\{DOTS}"),
        (f"# {DOTS}\nx = 'a' # \"{DOTS}", "a"),
        ("x = 9223372036854775807", 2**63 - 1),
        ("x = 0x" + "0" * 900 + "f", 15),
    ],
    ids=["long string", "long literal", "string", "literal", "comments", "largest number", "leading zeros"],
)
def test_texts_and_comments_of_toml_hold_what_they_like(tmp_path: Path, written: str, found: object) -> None:
    (tmp_path / "study.toml").write_text(written + "\n", encoding="utf-8")
    problems = Problems()
    assert read_toml(tmp_path / "study.toml", problems) == {"x": found}
    assert list(problems) == []


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("x = 9223372036854775808", "x"),
        ("a = [1, {b.c = -9223372036854775809}]", "a[2].b.c"),
        ("x = 0x" + "f" * 900, "x"),
    ],
    ids=["positive", "negative", "hexadecimal"],
)
def test_a_whole_number_beyond_64_bits_is_told_at_its_key(tmp_path: Path, written: str, key: str) -> None:
    (tmp_path / "study.toml").write_text(written + "\n", encoding="utf-8")
    problems = Problems()
    assert read_toml(tmp_path / "study.toml", problems) is None
    assert (only(problems).code, only(problems).column) == ("toml.number", key)


def test_marks_piled_on_one_letter_cost_no_more_than_letters(tmp_path: Path) -> None:
    """Ordering them takes time that grows with the square of their number: a minute for 200,000."""
    (tmp_path / "study.toml").write_text("x = 'a" + "\u0301\u0323" * 200_000 + "b'\n", encoding="utf-8")
    problems = Problems()
    document = read_toml(tmp_path / "study.toml", problems)
    assert document is not None
    assert len(str(document["x"])) < 40  # UAX #15 of Unicode: 30 marks
    assert [problem.code for problem in problems] == ["file.not_nfc"]


def test_a_definition_full_of_faults_is_left_after_the_first_thousand(tmp_path: Path) -> None:
    keys = "\n".join(f"k{k} = 1" for k in range(3000))
    (tmp_path / "study.toml").write_text(f"{keys}\n[study]\n{keys}\n", encoding="utf-8")
    problems = Problems()
    read_study(tmp_path, problems)
    codes = Counter(problem.code for problem in problems)
    assert 1900 < codes["record.unknown_key"] <= 2000
    assert codes["table.too_many_faults"] == 2


@pytest.mark.parametrize(
    "relative",
    ["../a.csv", "/etc/passwd", "a/../../b.csv", "..", "C:\\a.csv", "\\\\server\\a.csv", "..\\a.csv", "a\0b", "link.csv",
     "folder/secret.csv", "loop.csv"],
)  # fmt: skip
def test_paths_that_leave_the_folder_are_refused(tmp_path: Path, relative: str) -> None:
    home, outside = tmp_path / "study", tmp_path / "outside"
    home.mkdir()
    outside.mkdir()
    (outside / "secret.csv").write_text("x", encoding="utf-8")
    (home / "link.csv").symlink_to(outside / "secret.csv")
    (home / "folder").symlink_to(outside)
    (home / "loop.csv").symlink_to(home / "loop.csv")
    problems = Problems()
    assert inside(home, relative, problems, "study.toml", "files.frames") is None
    assert (only(problems).code, only(problems).file) == ("file.outside", "study.toml")
    assert only(problems).column == "files.frames"


def test_paths_and_links_that_stay_inside_are_followed(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("x", encoding="utf-8")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    problems = Problems()
    for relative in ("real.csv", "./real.csv", "link.csv", "returns\\a.csv", "not-there.csv"):
        assert inside(tmp_path, relative, problems, "study.toml") is not None
    assert not list(problems)


def test_a_fault_of_a_kind_without_its_own_wording_is_still_named() -> None:
    @dataclass(frozen=True)
    class Odd:
        code: str
        lookup: dict[str, str]

    problems = Problems()
    assert build(Odd, {"code": "a", "lookup": 3}, Place(problems, "x.toml", at="odd")) is None
    assert (only(problems).code, only(problems).column) == ("record.wrong", "odd.lookup")
    assert dict(only(problems).params)["value"] == "3"


@pytest.mark.long
@pytest.mark.parametrize("seed", range(60))
def test_random_damage_is_named_or_harmless(small: Path, seed: int) -> None:
    """Bytes changed, cut or doubled anywhere: a fault with its place, never another exception."""
    generator = random.Random(seed)
    files = sorted(path for path in small.rglob("*") if path.suffix in (".csv", ".toml"))
    target = generator.choice(files)
    data = bytearray(target.read_bytes())
    for _ in range(generator.randint(1, 4)):
        at = generator.randrange(len(data) + 1)
        action = generator.choice(("cut", "change", "double", "insert"))
        if action == "cut":
            del data[at : at + generator.randint(1, 60)]
        elif action == "double":
            data[at:at] = data[max(0, at - 40) : at]
        else:
            data[at : at + (action == "change")] = bytes(
                [generator.choice((0, 10, 34, 44, 59, 61, 91, 200, 255))]
            )
    target.write_bytes(bytes(data))
    found = check(small)
    assert all(problem.file and problem.text("vi") and problem.text("en") for problem in found)
    if any(problem.severity == "error" for problem in found):
        with pytest.raises(SurveyError):
            load_study(small)
    else:
        assert load_study(small).code


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_does_not_hang_the_reading(small: Path) -> None:
    (small / "frames.csv").unlink()
    os.mkfifo(small / "frames.csv")
    assert "file.not_a_file" in {problem.code for problem in check(small)}


@pytest.mark.parametrize(
    ("name", "encoding"), [("cp1258", "cp1258"), ("tcvn3", "latin-1"), ("vni", "latin-1")]
)
def test_an_old_vietnamese_encoding_is_read_where_it_is_unmistakable(
    tmp_path: Path, name: str, encoding: str
) -> None:
    written = {
        "cp1258": "Sơ\u0309 Nô\u0323i vu\u0323,Sơ\u0309 Xây dư\u0323ng",
        "tcvn3": "Së Néi vô,Së X©y dùng",
        "vni": "Sôû Noäi vuï,Sôû Xaây döïng",
    }[name]
    table, problems = read(tmp_path / "t.csv", f"unit,name\n{written}\n".encode(encoding))
    assert table is not None
    (row,) = table.rows  # type: ignore[attr-defined]
    assert (row["unit"], row["name"]) == ("Sở Nội vụ", "Sở Xây dựng")
    assert (only(problems).code, dict(only(problems).params)) == ("file.old_encoding", {"encoding": name})


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"PK\x03\x04\x14\0\0\0[Content_Types].xml xl/workbook.xml", "Excel (.xlsx)"),
        (b"\0" * 12 + b"\xc2\xea\x81\x60" + b"\0" * 99, "SAS (.sas7bdat)"),
        (b"%PDF-1.7\n", "PDF"),
    ],
)
def test_a_file_of_another_kind_is_told_what_it_is(tmp_path: Path, data: bytes, what: str) -> None:
    table, problems = read(tmp_path / "t.csv", data)
    assert table is None
    assert (only(problems).code, dict(only(problems).params)) == ("file.other_kind", {"what": what})
