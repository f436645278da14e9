"""A small round with attributes: 15 forms of staff in three units (weights 2, 4 and 1), nine raters of all units."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Sequence
from pathlib import Path

ROUND = Path(__file__).parents[2] / "rounds" / "small"
POPULATION = {"p1": 12, "p2": 20, "p3": 4}
NAMES = {"p1": "Phòng Một", "p2": "Phòng Hai", "p3": "Phòng Ba"}
FIELDS = """
[[fields]]
code = "sex"
role = "attribute"
headers = ["Giới tính"]
label_vi = "Giới tính"
label_en = "Sex"

[fields.categories]
male = ["Nam"]
female = ["Nữ"]

[[fields]]
code = "area"
role = "attribute"
headers = ["Khu vực"]
label_vi = "Khu vực"
label_en = "Area"

[fields.categories]
urban = ["Đô thị"]
rural = ["Nông thôn"]
island = ["Hải đảo"]

[[fields]]
code = "remark"
role = "attribute"
headers = ["Ý kiến"]
label_vi = "Ý kiến"
label_en = "Remark"
"""
#: Unit, sex, area, answers to a to f; 9: don't know.
STAFF: tuple[tuple[str, ...], ...] = (
    ("p1", "Nam", "Đô thị", "5", "1", "4", "4", "3", "4"),
    ("p1", "Nam", "Đô thị", "5", "2", "4", "5", "3", "4"),
    ("p1", "Nam", "Nông thôn", "4", "1", "5", "4", "4", "4"),
    ("p1", "Nữ", "Đô thị", "2", "4", "2", "3", "2", "3"),
    ("p1", "Nữ", "Đô thị", "2", "3", "1", "2", "2", "2"),
    ("p1", "Nữ", "Nông thôn", "1", "5", "2", "2", "1", "2"),
    ("p2", "Nam", "Đô thị", "3", "3", "3", "3", "3", "3"),
    ("p2", "Nam", "Nông thôn", "3", "3", "4", "3", "3", "2"),
    ("p2", "Nữ", "Đô thị", "4", "2", "4", "4", "4", "5"),
    ("p2", "Nữ", "Đô thị", "4", "2", "3", "4", "4", "4"),
    ("p2", "Nữ", "Nông thôn", "9", "", "3", "3", "2", "4"),
    ("p3", "Nam", "Hải đảo", "1", "5", "2", "1", "2", "1"),
    ("p3", "Nữ", "Hải đảo", "5", "1", "5", "5", "5", "5"),
    ("p3", "Nữ", "Đô thị", "5", "1", "5", "4", "5", "5"),
    ("p3", "Nữ", "", "5", "1", "4", "5", "5", "4"),
)
RATERS = tuple(tuple(str(1 + (3 * k + 5 * m + k * m) % 5) for m in range(12)) for k in range(9))


def tabulated_round(folder: Path, staff: Sequence[Sequence[str]] = STAFF, minimum: int = 3) -> Path:
    """The study in ``folder``."""
    shutil.copytree(ROUND, folder)
    toml = folder / "instrument" / "instrument.toml"
    toml.write_text(toml.read_text(encoding="utf-8") + FIELDS, encoding="utf-8")
    heading = ["Mã phiếu", "Đơn vị", "Giới tính", "Khu vực", *"abcdef"]
    forms = [(code, NAMES[unit], *rest) for code, (unit, *rest) in _numbered(staff)]
    _write(folder / "staff.csv", heading, forms)
    columns = [f"{item} [{name}]" for name in NAMES.values() for item in "abcd"]
    _write(
        folder / "raters.csv",
        ["Mã phiếu", *columns],
        [(f"R{k}", *answers) for k, answers in enumerate(RATERS)],
    )
    frames = [("b", unit, "staff", str(n)) for unit, n in POPULATION.items()]
    _write(
        folder / "frames.csv", ["block", "unit", "group", "population"], [*frames, ("b", "", "raters", "30")]
    )
    margins = [
        ("b", "", "staff", "sex", "male", "18"),
        ("b", "", "staff", "sex", "female", "18"),
    ]
    _write(folder / "margins.csv", ["block", "unit", "group", "variable", "category", "population"], margins)
    study = folder / "study.toml"
    text = study.read_text(encoding="utf-8").replace("forms = 3", f"forms = {minimum}")
    study.write_text(text.replace("[files]\n", '[files]\nmargins = "margins.csv"\n'), encoding="utf-8")
    return folder


def _numbered(staff: Sequence[Sequence[str]]) -> list[tuple[str, Sequence[str]]]:
    return [(f"S{k:02}", form) for k, form in enumerate(staff)]


def _write(path: Path, heading: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(heading)
        out.writerows(rows)
