"""Reading a round costs little beyond opening its workbooks, and on two cores less: ratios measured in one run."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from surveys.definitions.instrument.records import (
    Block,
    Field,
    Group,
    Instrument,
    Item,
    Level,
    Node,
    Questionnaire,
    Scale,
    Unit,
)
from surveys.definitions.study.records import ReturnFile, StudyDefinition
from surveys.returns.files import opening
from surveys.returns.files.file_content import Wanted
from surveys.returns.files.kinds import pages_of
from surveys.returns.files.opening import Waiting
from surveys.returns.reading import read_returns

FORMS, ITEMS = 20_000, 60
FILES, OF_ONE = 8, 2_000  # small files of one round, and the forms of each


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyDefinition:
    folder = tmp_path_factory.mktemp("round")
    scale = Scale("s", tuple(Level(str(k), (k / 5,), f"Mức {k}", f"Level {k}") for k in range(1, 6)))
    items = tuple(Item(f"1.{k}", "1", "s", ("q",), f"Câu hỏi {k}", f"Question {k}") for k in range(ITEMS))
    units = tuple(Unit(f"U{k}", "b", f"Đơn vị {k}") for k in range(52))
    fields = (Field("form_code", "form_code", ("Mã phiếu",)), Field("unit", "unit", ("Đơn vị",)))
    node = Node("1", "", "unit", "mean", "Điểm", "Score", "survey", groups=(("g", 1.0),))
    instrument = Instrument(
        "b", "1", "b", "b", (Block("b", "b", "b"),), (Group("g", "g", "g"),), (Questionnaire("q", "b", "g", "q", "q"),),
        (scale,), (node,), items, units, fields, (), (),
    )  # fmt: skip
    write_workbook(folder / "r.xlsx", [item.code for item in items], FORMS)
    for k in range(FILES):
        write_workbook(folder / f"{k}.xlsx", [item.code for item in items], OF_ONE)
    return StudyDefinition("s", "s", "s", instrument, folder, units, returns=(ReturnFile("r.xlsx", "q"),))


def write_workbook(path: Path, items: list[str], forms: int) -> None:
    import xlsxwriter

    answers = np.random.default_rng(20231015).integers(1, 6, (forms, ITEMS)).tolist()
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["Mã phiếu", "Đơn vị", *items])
    for row, given in enumerate(answers):
        sheet.write_row(row + 1, 0, [f"P{row:05d}", f"Đơn vị {row % 52}", *given])
    book.close()


def best_of(times: int, run: Callable[[], object]) -> float:
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return min(taken)


def test_reading_a_workbook_costs_at_most_half_more_than_opening_it(
    study: StudyDefinition, benchmark
) -> None:
    from python_calamine import CalamineWorkbook

    path = str(study.folder / "r.xlsx")
    bare = best_of(5, lambda: CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python())
    read = benchmark.pedantic(read_returns, (study,), rounds=5, iterations=1)
    assert read.answers.shape == (FORMS, ITEMS)
    ratio = benchmark.stats.stats.min / bare
    benchmark.extra_info["ratio to bare calamine"] = round(ratio, 2)
    assert ratio <= 1.5


def in_this_program(study: StudyDefinition) -> Iterator[Waiting]:
    """The files of a study, read one after the other without other programs."""
    for file in study.returns:
        wanted = Wanted(str(study.folder / file.path), file.path)
        yield lambda wanted=wanted: tuple(  # type: ignore[misc]
            opening._of_page(page, wanted.file) for page in pages_of(wanted)
        )


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="on one core nothing is read side by side")
def test_two_cores_read_a_round_of_workbooks_faster_than_one(study: StudyDefinition, benchmark) -> None:
    files = tuple(ReturnFile(f"{k}.xlsx", "q") for k in range(FILES))
    round_ = replace(study, returns=files)
    alone = best_of(3, lambda: read_returns(round_, files=in_this_program(round_)))
    read = benchmark.pedantic(read_returns, (round_,), rounds=3, iterations=1)
    assert read.answers.shape == (FILES * OF_ONE, ITEMS)
    ratio = benchmark.stats.stats.min / alone
    benchmark.extra_info["ratio to one program alone"] = round(ratio, 2)
    assert ratio < 1
