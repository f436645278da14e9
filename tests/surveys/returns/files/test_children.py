"""Binary files are read by other programs: what these say is data, and what becomes of them is a fault that names the file."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import xlsxwriter

from surveys.definitions.study.limits import LIMITS
from surveys.problems import Problem, SurveyError
from surveys.returns.files import children, opening
from surveys.returns.files.file_content import Wanted
from surveys.returns.files.messages import answer, answered, asked, request
from surveys.returns.files.opening import opened_ahead, read_sheets
from surveys.returns.files.sheets import Page, ResponseSet, Variable
from tests.campaigns.damaged.layouts import WRITERS, forms
from tests.campaigns.damaged.returns import TEXTS


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Iterator[children.ReadingPrograms]:
    """Programs of the test's own, ended after it."""
    made = children.ReadingPrograms()
    before = set(children._running)
    monkeypatch.setattr(children, "PROGRAMS", made)
    yield made
    for program in set(children._running) - before:
        program.end()


def workbook(path: Path, *rows: tuple[object, ...]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        for k, row in enumerate(rows):
            page.write_row(k, 0, row)
    return path


def codes(path: Path, **options: object) -> list[str]:
    with pytest.raises(SurveyError) as caught:
        read_sheets(path, **options)  # type: ignore[arg-type]
    assert {problem.file for problem in caught.value.problems} == {path.name}
    return [problem.code for problem in caught.value.problems]


CELLS = (
    "Phiếu", "", "a\nb\u0000\ud800", 0, 1, -7, 1.5, float("inf"), True, False, None, 10**30, dt.date(2023, 10, 5),
    dt.datetime(2023, 10, 5, 9, 12, 33, 250), dt.datetime(2023, 10, 5, 9, tzinfo=dt.timezone(dt.timedelta(hours=7))),
    dt.time(9, 12), dt.timedelta(days=1, microseconds=3),
)  # fmt: skip


def test_every_kind_of_cell_comes_back_as_itself() -> None:
    (received,), _ = answered(answer([Page("A", [CELLS, CELLS])])[0])
    codes = np.frombuffer(answer([Page("A", [CELLS, CELLS])])[1], dtype=np.intc)
    cells = [received.pool[k] for k in codes.tolist()]
    assert cells == [*CELLS, *CELLS]
    assert list(map(type, cells)) == list(map(type, [*CELLS, *CELLS]))


def test_numbers_of_other_libraries_come_back_as_plain_ones() -> None:
    row = (np.float64(1.5), np.int64(3), Decimal("2.50"), b"x", float("nan"))
    (received,), _ = answered(answer([Page("A", [row])])[0])
    assert received.pool[:4] == (1.5, 3, "2.50", "b'x'")
    assert received.pool[4] != received.pool[4]


def test_everything_known_of_a_sheet_comes_back_as_it_was() -> None:
    page = Page(
        "Phiếu", [], lines=True, kind="sav", first_row=0, merged=((0, 1, 2, 3),), hidden=True, hidden_rows=(4, 5),
        hidden_columns=(1,), conversion="tcvn3", fonts={2: {"vni": 3}}, sets=(ResponseSet("Câu 1", ("a", "b"), 1.0),),
        variables=(Variable("q1", "Câu", {1.0: "Có", "x": "Không"}, ((97.0, 99.0), ("a", "a"))),),
        notes=(Problem("returns.zip_parts", "warning", "a.zip", "", None, "", (("names", "x"),)),),
    )  # fmt: skip
    (received,), problems = answered(answer([page], page.notes)[0])
    assert replace(received.page, rows=[]) == page
    assert problems == page.notes


def test_a_request_comes_back_as_it_was() -> None:
    wanted = Wanted("/x/phiếu.xlsx", "phiếu.xlsx", "A\nB", "", ";", replace(LIMITS, seconds=1.5))
    line = request(wanted)
    assert line.count(b"\n") == 1
    assert asked(line) == wanted


@pytest.mark.parametrize(
    "said",
    [
        b"", b"[]", b"[1,2]", b"{}", b"[[],[],[]]", b"[[[]],[]]", b"\xff", b"[" * 100_000, b'[[],[["x"]]]',
        b'[[["a",1,1,[],["x"]]],[]]', b"[[],[[1,2,3,4,5,6,7]]]", b'[[],[["c","fatal","","",null,"",[]]]]',
        json.dumps([[[["A", [], False, None, 1], 1, 1, [], [["os.system", "x"]]]], []]).encode(),
    ],
    ids=range(13),
)  # fmt: skip
def test_anything_else_is_no_answer(said: bytes) -> None:
    with pytest.raises(ValueError):
        answered(said)


@pytest.mark.parametrize(
    "cells", [b"", b"\0\0\0\0\0", np.array([5], np.intc).tobytes(), np.array([-1], np.intc).tobytes()]
)
def test_cells_that_are_none_of_the_pool_are_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, programs: children.ReadingPrograms, cells: bytes
) -> None:
    described, _ = answer([Page("A", [["x"]])])
    monkeypatch.setattr(children.ReadingProgram, "_answer", lambda self, wanted: (described, cells))
    assert codes(workbook(tmp_path / "a.xlsx", ("x",))) == ["returns.file_fatal"]


def test_a_program_reads_one_file_after_another(tmp_path: Path, programs: children.ReadingPrograms) -> None:
    path = workbook(tmp_path / "a.xlsx", ("Mã", 1.0))
    before = set(children._running)
    for _ in range(4):
        assert read_sheets(path)[0].cells.tolist() == [["Mã", 1.0]]
    assert len(set(children._running) - before) <= children.MOST


@pytest.mark.long
def test_a_program_that_was_ended_is_replaced(tmp_path: Path, programs: children.ReadingPrograms) -> None:
    path, before = workbook(tmp_path / "a.xlsx", ("x",)), set(children._running)
    for _ in range(2):
        assert len(read_sheets(path)) == 1
        for program in set(children._running) - before:
            program._process.kill()


@pytest.mark.long
def test_files_are_begun_ahead_and_come_in_their_order(
    tmp_path: Path, programs: children.ReadingPrograms, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [workbook(tmp_path / f"{k}.xlsx", (str(k),)) for k in range(20)]
    monkeypatch.setattr(opening, "AHEAD", 3 * paths[0].stat().st_size)
    (tmp_path / "t.csv").write_text("t\n", encoding="utf-8")
    wanted = [Wanted(str(path), path.name) for path in (*paths, tmp_path / "t.csv")]
    read = [waiting()[0].cells[0, 0] for waiting in opened_ahead(wanted)]
    assert read == [*map(str, range(len(paths))), "t"]


def start_saying(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    """Programs that run ``said`` instead of reading."""
    monkeypatch.setattr(children, "_START", f"import sys, os, time; out = sys.stdout.buffer; {said}")


READY = "out.write(b'ready\\n'); out.flush(); sys.stdin.readline(); "


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("sys.exit(3)", "returns.no_reading_program"),
        ("out.write(b'hello\\n')", "returns.no_reading_program"),
        (READY + "os.abort()", "returns.file_fatal"),
        (READY + "os.kill(os.getpid(), 11)", "returns.file_fatal"),
        (READY + "out.write(b'\\0' * 7)", "returns.file_fatal"),
        (READY + "out.write(b'\\xff' * 16); out.flush(); time.sleep(60)", "returns.file_memory"),
        (READY + "out.write(bytes([0] * 7 + [4] + [0] * 8) + b'!!!!'); out.flush()", "returns.file_fatal"),
        pytest.param(READY + "time.sleep(60)", "returns.file_slow", marks=pytest.mark.long),
        pytest.param(READY + "exec('while True: pass')", "returns.file_slow", marks=pytest.mark.long),
    ],
)
def test_whatever_becomes_of_a_program_is_a_fault_that_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, programs: children.ReadingPrograms, said: str, code: str
) -> None:
    start_saying(monkeypatch, said)
    path = workbook(tmp_path / "phiếu.xlsx", ("x",))
    assert codes(path, limits=replace(LIMITS, seconds=2 if code == "returns.file_slow" else 30)) == [code]


@pytest.mark.long
def test_a_program_that_dies_over_a_later_file_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, programs: children.ReadingPrograms
) -> None:
    """What it read before may have harmed it: a fresh one reads the file."""
    monkeypatch.setattr(children, "MOST", 1)
    path = workbook(tmp_path / "a.xlsx", ("x",))
    read_sheets(path)
    real = children.ReadingProgram._answer

    def dying(program: children.ReadingProgram, wanted: Wanted) -> children.Answer:
        if program.files > 1:
            program._process.kill()
        return real(program, wanted)

    monkeypatch.setattr(children.ReadingProgram, "_answer", dying)
    assert read_sheets(path)[0].cells.tolist() == [["x"]]


@pytest.mark.long
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system bounds no memory")
def test_a_file_that_takes_more_memory_than_it_may(
    tmp_path: Path, programs: children.ReadingPrograms
) -> None:
    """Half a million texts of a thousand letters, of which the archive holds one."""
    path = workbook(tmp_path / "a.xlsx", *([("x" * 1000,) * 5] * 10_000))
    found = codes(path, limits=replace(LIMITS, memory_bytes=20_000_000))
    assert found in (["returns.file_memory"], ["returns.file_fatal"])
    assert read_sheets(path)[0].cells.shape == (10_000, 5)


@pytest.mark.long
def test_memory_is_watched_where_the_system_does_not_bound_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, programs: children.ReadingPrograms
) -> None:
    monkeypatch.setattr(children, "BOUND_BY_SYSTEM", False)
    start_saying(monkeypatch, READY + "kept = b'x' * 300_000_000; time.sleep(60)")
    path = workbook(tmp_path / "a.xlsx", ("x",))
    assert codes(path, limits=replace(LIMITS, memory_bytes=100_000_000)) == ["returns.file_memory"]


@pytest.mark.skipif(os.name != "posix", reason="signals of Unix")
def test_a_program_ends_with_the_one_that_asked(tmp_path: Path) -> None:
    """Its requests end, so it does, without a signal."""
    program = children.ReadingProgram()
    path = workbook(tmp_path / "a.xlsx", ("x",))
    program.ask(Wanted(str(path), path.name))
    program._process.send_signal(signal.SIGINT)  # Ctrl-C is for the program that asked
    program.ask(Wanted(str(path), path.name))
    assert program._process.stdin
    program._process.stdin.close()
    assert program._process.wait(20) == 0
    program.end()


@pytest.mark.long
def test_threads_may_ask_at_once(tmp_path: Path, programs: children.ReadingPrograms) -> None:
    paths = [workbook(tmp_path / f"{k}.xlsx", (str(k),)) for k in range(8)]
    read: dict[int, object] = {}
    threads = [
        threading.Thread(target=lambda k=k, path=path: read.update({k: read_sheets(path)[0].cells[0, 0]}))
        for k, path in enumerate(paths)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert read == {k: str(k) for k in range(8)}


@pytest.mark.parametrize("kind", [kind for kind in WRITERS if kind not in TEXTS])
def test_a_sheet_is_the_same_whichever_program_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    WRITERS[kind](tmp_path / "a", forms(np.random.default_rng(2023)))
    there = read_sheets(tmp_path / "a")
    monkeypatch.setattr("surveys.returns.files.kinds.is_text", lambda head: True)
    for one, other in zip(there, read_sheets(tmp_path / "a"), strict=True):
        assert one.cells.tolist() == other.cells.tolist()
        assert [type(c) for c in one.cells.ravel()] == [type(c) for c in other.cells.ravel()]
        assert replace(one, cells=other.cells, widths=None) == replace(other, widths=None)


@pytest.mark.long
def test_a_long_text_comes_from_a_program_as_it_is_read_here(
    tmp_path: Path, programs: children.ReadingPrograms, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.csv"
    path.write_text('Mã;Câu 1\nP1;"Tốt\nlắm"\nP2;;\n', encoding="utf-16")
    (here,) = read_sheets(path)
    monkeypatch.setattr(opening, "LONG_TEXT", range(1, 1_000))
    assert isinstance(opening.opened(Wanted(str(path), "t.csv")), opening.InProgram)
    (there,) = read_sheets(path)
    assert (
        there.cells.tolist()
        == here.cells.tolist()
        == [["Mã", "Câu 1", ""], ["P1", "Tốt\nlắm", ""], ["P2", "", ""]]
    )
    assert there.widths is not None
    assert there.widths.tolist() == [2, 2, 3]
    assert there.kind == here.kind == "text"
