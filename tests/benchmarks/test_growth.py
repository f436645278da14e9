"""Growth: four times as much of one trouble costs about four times as much, as ratios of processor time within one run."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

import surveys as sv
from surveys.definitions.text_files import read_toml
from surveys.problems import Problems
from surveys.returns.text.names import Likeness
from tests.trouble.trial import HEADINGS, table, trial

FEW, TIMES = 2_000, 4
MOST = 1.6 * TIMES  # beyond proportion: what logarithms and a machine that is used otherwise may add
GOOD = "Hài lòng"
UNITS = "code,block,name_vi,name_en,aliases,valid_from,valid_to,successors\n"
Files = tuple[Mapping[str, str], Mapping[str, str]]


def rows(n: int, **of: Callable[[int], str]) -> list[tuple[str, ...]]:
    usual = {
        "code": lambda k: f"P{k}",
        "unit": lambda k: "Xã An Bình",
        "day": lambda k: "2025-10-05 08:00:00",
        "answer": lambda k: GOOD,
    }
    given = {**usual, **of}
    return [(given["code"](k), given["unit"](k), given["day"](k), given["answer"](k), GOOD, GOOD) for k in range(n)]  # fmt: skip


def name(k: int) -> str:
    syllables = ("an", "bình", "châu", "đông", "giang", "hòa", "lâm", "mỹ", "phú", "sơn", "tân", "vĩnh")
    return f"Xã {syllables[k % 12]} {syllables[k // 12 % 12]} {syllables[k // 144 % 12]} {k}"


def wide(n: int, heading: Callable[[int], str]) -> str:
    heads = (*HEADINGS[:3], "Câu khác", *HEADINGS[4:], *map(heading, range(n)))
    return table([(*row, *["x"] * n) for row in rows(3)], heads)


KINDS: dict[str, Callable[[int], Files]] = {
    "unknown units": lambda n: ({"r.csv": table(rows(n, unit=name))}, {}),
    "many units, none of them known": lambda n: (
        {"r.csv": table(rows(n, unit=lambda k: name(k + 100_000)))},
        {"units": UNITS + "".join(f"u{k},xa,{name(k)},U{k},,,,\n" for k in range(n))},
    ),
    "unknown headings": lambda n: ({"r.csv": wide(n, lambda k: f"Câu hỏi lạ {k}")}, {}),
    "headings like an item": lambda n: ({"r.csv": wide(n, lambda k: f"Cán bộ tiếp đón lịch sự {k}")}, {}),
    "cells that are no answers": lambda n: ({"r.csv": table(rows(n, answer=lambda k: f"ý kiến {k}"))}, {}),
    "long texts": lambda n: ({"r.csv": table(rows(n // 4, answer=lambda k: f"{k} " + "dài " * 1000))}, {}),
    "times that are none": lambda n: ({"r.csv": table(rows(n, day=lambda k: f"ngày {k}"))}, {}),
    "one code": lambda n: ({"r.csv": table(rows(n, code=lambda k: "P1"))}, {}),
    "equal forms without codes": lambda n: ({"r.csv": table(rows(n, code=lambda k: ""))}, {}),
    "small files": lambda n: ({f"r{k}.csv": table(rows(2, code=lambda j, k=k: f"P{k}-{j}")) for k in range(n // 20)}, {}),  # type: ignore[misc]
}  # fmt: skip


def cost(work: Callable[[], object]) -> float:
    """Seconds of processor time, the least of three runs."""
    taken = []
    for _ in range(3):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def screened(path: Path) -> None:
    with suppress(sv.SurveyError):
        sv.load(path).screen()


@pytest.mark.parametrize("kind", KINDS)
def test_reading_and_screening_grow_with_the_trouble(kind: str, tmp_path: Path) -> None:
    costs = []
    for size in (FEW, TIMES * FEW):
        files, parts = KINDS[kind](size)
        path = trial(tmp_path / str(size), files, parts=parts)
        costs.append(cost(lambda path=path: screened(path)))  # type: ignore[misc]
    assert costs[1] / costs[0] <= MOST, costs


def test_likeness_grows_with_the_names_for_each_name() -> None:
    known = [name(k).lower() for k in range(FEW)]
    likeness = Likeness(known)
    few = cost(lambda: [likeness.likest(one, 3) for one in known[: FEW // TIMES]])
    many = cost(lambda: [likeness.likest(one, 3) for one in known])
    assert many / few <= MOST


@pytest.mark.parametrize(
    "written",
    [
        lambda n: "\n".join(f"[k{k}.a.b.c.d.e.f.g.h]\nx = 1" for k in range(n)),
        lambda n: "x = { " + "a." * n + "b = 1 }",
        lambda n: "x = '" + "\u0301\u0323" * n + "'",
        lambda n: "x = [" + "{ a.b.c = 1 }, " * n + "]",
        lambda n: "x = " + "9" * n,
        lambda n: "\n".join(f"[[returns]]\npaht = 'a{k}.csv'" for k in range(n)),
    ],
    ids=["tables", "dots", "marks", "inline tables", "digits", "arrays of tables"],
)
def test_toml_is_read_or_refused_in_proportion_to_its_length(
    written: Callable[[int], str], tmp_path: Path
) -> None:
    costs = []
    for size in (FEW, TIMES * FEW):
        path = tmp_path / f"{size}.toml"
        path.write_text(written(size) + "\n", encoding="utf-8")
        costs.append(cost(lambda path=path: read_toml(path, Problems())))  # type: ignore[misc]
    assert costs[1] <= MOST * costs[0] + 0.01, costs
