"""A round that is still in the field, written as files: who handed in what on which day is known without reading it back."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

SMALL = Path(__file__).parents[3] / "rounds" / "small"
UNITS = {"p1": "Phòng Một", "p2": "Phòng Hai", "p3": "Phòng Ba"}
ITEMS, RATED = "abcdef", "abcd"
START, END = date(2026, 10, 1), date(2026, 10, 30)
MINIMUM = 3
#: Code → questionnaire, unit, mode and interviewer of the form that was handed out.
IssuedForms = dict[str, tuple[str, str, str, str]]
FIELDS = """
[[fields]]
code = "submitted"
role = "submitted"
headers = ["Ngày gửi"]
label_vi = "Ngày gửi"
label_en = "Submitted"

[[fields]]
code = "interviewer"
role = "interviewer"
headers = ["ĐTV"]
label_vi = "Điều tra viên"
label_en = "Interviewer"
"""


@dataclass(frozen=True)
class Handed:
    """A form as it was handed in on a ``day``; ``units`` that it is about, ``answers`` how many questions it answers."""

    code: str
    units: tuple[str, ...]
    day: date
    mode: str
    interviewer: str
    answers: int
    questionnaire: str = "b-1"


@dataclass(frozen=True)
class FieldRound:
    """The forms of a round and its folder. ``issued``: code → (questionnaire, unit, mode, interviewer)."""

    folder: Path
    forms: tuple[Handed, ...]
    issued: IssuedForms

    def became(self, on: date) -> list[tuple[Handed, str, str]]:
        """(form, unit, disposition) of every evaluation up to a day: codes that were not issued and forms that answer fewer than
        half of their questions are rejected, forms that share a code are looked at, all others are valid."""
        there = [form for form in self.forms if form.day <= on]
        shared = {code for code, number in Counter(form.code for form in there).items() if number > 1}
        found = []
        for form in there:
            asked = len(ITEMS) if form.questionnaire == "b-1" else len(RATED)
            rejected = form.code not in self.issued or form.answers < asked / 2
            word = "rejected" if rejected else "review" if form.code in shared else "valid"
            found += [(form, unit, word) for unit in form.units]
        return found


def field_round(folder: Path, seed: int = 1, per_day: float = 1.2) -> FieldRound:
    """A round of three units: staff hand in forms on paper, through two interviewers, and online; raters judge every unit."""
    random = np.random.default_rng(seed)
    issued = _issued()
    forms = tuple(_staff(random, issued, per_day)) + tuple(_raters(random, issued))
    _write(folder, forms, issued)
    return FieldRound(folder, forms, issued)


def _issued() -> IssuedForms:
    found: IssuedForms = {}
    for unit in UNITS:
        for k in range(40):
            paper = k % 2 == 0
            who = ("DT1", "DT2")[k // 2 % 2] if paper else ""
            found[f"S-{unit}-{k:02d}"] = ("b-1", unit, "paper" if paper else "online", who)
    return found | {f"R-{k:02d}": ("b-2", "", "online", "") for k in range(12)}


def _staff(random: np.random.Generator, issued: IssuedForms, per_day: float) -> Iterator[Handed]:
    waiting = {unit: [code for code, form in issued.items() if form[:2] == ("b-1", unit)] for unit in UNITS}
    sent: dict[str, list[str]] = {unit: [] for unit in UNITS}
    for offset in range((END - START).days + 1):
        for k, unit in enumerate(UNITS):
            for _ in range(random.poisson(per_day / (k + 1))):
                kind = random.choice(["new", "new", "new", "new", "new", "again", "unknown"])
                if kind == "again" and sent[unit]:
                    code = str(random.choice(sent[unit]))
                elif kind == "unknown":
                    code = f"X-{unit}-{offset}-{random.integers(1_000_000)}"
                elif waiting[unit]:
                    code = waiting[unit].pop(int(random.integers(len(waiting[unit]))))
                    sent[unit].append(code)
                else:
                    continue
                _, _, mode, who = issued.get(code, ("", "", "online", ""))
                answers = int(random.choice([2, 6, 6, 6, 6, 6, 5]))
                yield Handed(code, (unit,), START + timedelta(offset), mode, who, answers)


def _raters(random: np.random.Generator, issued: IssuedForms) -> Iterator[Handed]:
    for code, (questionnaire, *_) in issued.items():
        if questionnaire == "b-2" and random.random() < 0.8:
            day = START + timedelta(int(random.integers((END - START).days + 1)))
            yield Handed(code, tuple(UNITS), day, "online", "", len(RATED), "b-2")


# --- files --------------------------------------------------------------------------------------------------------------


def _write(folder: Path, forms: tuple[Handed, ...], issued: IssuedForms) -> None:
    shutil.copytree(SMALL / "instrument", folder / "instrument")
    instrument = folder / "instrument" / "instrument.toml"
    text = instrument.read_text(encoding="utf-8")
    duplicates = 'rule = "duplicate_code"\nseverity = "reject"'
    assert duplicates in text
    text = text.replace(duplicates, duplicates.replace("reject", "review"))
    text = text.replace('modes = ["paper"]', 'modes = ["paper", "online"]')
    instrument.write_text(text + FIELDS, encoding="utf-8")
    random = np.random.default_rng(0)
    for mode in ("paper", "online"):
        staff = [form for form in forms if form.questionnaire == "b-1" and form.mode == mode]
        _staff_file(folder / f"staff-{mode}.csv", staff, random)
    _staff_file(
        folder / "staff-second.csv", [f for f in forms if f.mode == "paper" and f.code in issued][:5], random
    )
    _raters_file(folder / "raters.csv", [form for form in forms if form.questionnaire == "b-2"], random)
    _table(folder / "issued.csv", ["form_code", "questionnaire", "unit", "mode", "interviewer"], [
        (code, *facts) for code, facts in issued.items()
    ])  # fmt: skip
    _table(folder / "frames.csv", ["block", "unit", "group", "population"], [
        *(("b", unit, "staff", 60) for unit in UNITS), ("b", "", "raters", 12),
    ])  # fmt: skip
    _table(folder / "planned.csv", ["block", "unit", "group", "forms", "issued"], [
        *(("b", unit, "staff", 25, 40) for unit in UNITS), ("b", "", "raters", 8, 12),
    ])  # fmt: skip
    (folder / "study.toml").write_text(_study(), encoding="utf-8")


def _study() -> str:
    returns = [
        ("staff-paper.csv", "b-1", "paper", 'entry = "first"'), ("staff-second.csv", "b-1", "paper", 'entry = "second"'),
        ("staff-online.csv", "b-1", "online", ""), ("raters.csv", "b-2", "online", 'header = "{item} [{unit}]"'),
    ]  # fmt: skip
    entries = [
        f'[[returns]]\npath = "{path}"\nquestionnaire = "{form}"\nmode = "{mode}"\ndate_order = "ymd"\n{more}\n'
        for path, form, mode, more in returns
    ]
    head = (
        '[study]\ncode = "field"\nlabel_vi = "Đợt đang thu phiếu"\nlabel_en = "Round in the field"\n'
        'instrument = "./instrument"\n\n'
        f'[fieldwork]\nstart = "{START}"\nend = "{END}"\n\n[minimum]\nforms = {MINIMUM}\n\n'
        '[files]\nissued = "issued.csv"\nframes = "frames.csv"\nplanned = "planned.csv"\n\n'
    )
    return head + "\n".join(entries)


def _staff_file(path: Path, forms: list[Handed], random: np.random.Generator) -> None:
    rows = []
    for form in forms:
        said = [str(random.integers(1, 6)) for _ in ITEMS[: form.answers]]
        said += [""] * (len(ITEMS) - form.answers)
        rows.append(
            (
                form.code,
                UNITS[form.units[0]],
                f"{form.day} 09:{random.integers(10, 60)}:00",
                form.interviewer,
                *said,
            )
        )
    _table(path, ["Mã phiếu", "Đơn vị", "Ngày gửi", "ĐTV", *ITEMS], rows)


def _raters_file(path: Path, forms: list[Handed], random: np.random.Generator) -> None:
    heads = [f"{item} [{unit}]" for unit in UNITS.values() for item in RATED]
    rows = [
        (form.code, f"{form.day} 10:00:00", *(str(random.integers(1, 6)) for _ in heads)) for form in forms
    ]
    _table(path, ["Mã phiếu", "Ngày gửi", *heads], rows)


def _table(path: Path, heads: list[str], rows: Sequence[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([heads, *rows])
