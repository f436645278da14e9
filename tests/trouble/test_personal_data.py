"""Nothing that a respondent typed reaches the council; what the institute keeps can be read by its owner only."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import surveys as sv
from tests.trouble.trial import A1, A2, B1, FIELDS, HEADINGS, RULES, table, trial

#: What somebody types where a code, a unit, an answer or a remark is asked for.
NAMES = ("Nguyễn Thị Lan", "Trần Văn Hùng", "chị Hoa nhà số 7")
NUMBERS = ("0912345678", "+84 987 654 321", "001203004567")
TYPED = (*NAMES, *NUMBERS, "Tổ 5 ngõ 12 phố Huế", "gọi lại cho tôi", "Xã nhà tôi", "làm ruộng ở nhà bà Tư")
MORE = """
[[fields]]
code = "ten"
role = "personal"
headers = ["Họ tên"]
label_vi = "Họ tên"
label_en = "Name"

[[fields]]
code = "nghe"
role = "attribute"
headers = ["Nghề nghiệp"]
label_vi = "Nghề nghiệp"
label_en = "Occupation"
categories = { nong = ["Nông dân"], khac = ["Khác"] }
"""
COLUMNS = ("Mã phiếu", "Đơn vị", "Ngày trả lời", "Họ tên", "Nghề nghiệp", A1, A2, B1, "Ý kiến khác")
ISSUED = "form_code,questionnaire,unit\n" + "".join(f"P-{k:03d},p1,an-binh\n" for k in range(1, 9))
SETTINGS = '[files]\nissued = "issued.csv"\n'
STRICT = {**RULES, "unknown_code": "reject", "duplicate_code": "reject", "out_of_scale": "reject"}


def rows() -> list[tuple[str, ...]]:
    """Good forms, and forms of people who typed what they liked."""
    day = "2025-10-07"
    good = [
        (f"P-{k:03d}", "Xã An Bình", day, f"Người {k}", "Nông dân", "5", "4", str(1 + k % 5), "")
        for k in range(1, 9)
    ]
    return [
        *good,
        (NAMES[0], "Xã An Bình", day, NAMES[0], TYPED[9], "1", "2", "3", TYPED[7]),
        (NUMBERS[0], "Xã Long Mỹ", day, NAMES[1], "Khác", "2", "2", "3", TYPED[7]),
        (NUMBERS[0], "Xã Long Mỹ", day, NAMES[2], "Khác", "2", "4", "3", TYPED[6]),
        (NUMBERS[1], TYPED[8], day, NUMBERS[2], TYPED[9], "4", "4", "3", ""),
        (NUMBERS[2], "Phường Hòa Thuận", day, "", "", TYPED[7], TYPED[6], "3", ""),
        (NAMES[2], "Phường Hòa Thuận", day, "", "", "5", "5", "5", ""),
        ("", "Phường Hòa Thuận", day, NAMES[1], "", TYPED[7], "5", "5", ""),
    ]  # fmt: skip


def round_of(folder: Path, files: dict[str, str], settings: str = SETTINGS) -> Path:
    parts = {"fields": FIELDS + MORE}
    names = "".join(f'\n[[returns]]\npath = "{name}"\nquestionnaire = "p1"\n' for name in files)
    return trial(folder, {**files, "issued.csv": ISSUED}, names, settings, STRICT, parts)


def scored(folder: Path, out: Path) -> Path:
    sv.load(folder).score().write(out)
    return out


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder, those inside workbooks too."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.name, path.read_bytes()
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                yield from ((f"{path.name}/{part}", book.read(part)) for part in book.namelist())


def csv_rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def found_in(folder: Path) -> set[tuple[str, str]]:
    """(file, text) of everything typed that stands in a file as it is, or as JSON writes it."""
    return {
        (name, text)
        for name, content in contents(folder)
        for text in TYPED
        for written in (text.encode(), json.dumps(text)[1:-1].encode(), text.replace(" ", "").encode())
        if written in content
    }


@pytest.mark.long
def test_nothing_that_was_typed_reaches_the_council_and_the_institute_keeps_the_key(tmp_path):
    recode = f'recode = {{ hl = {{ "{TYPED[7]}" = "5" }} }}\n'
    path = round_of(tmp_path / "study", {"r.csv": table(rows(), COLUMNS)})
    toml = path / "study.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace('questionnaire = "p1"\n', f'questionnaire = "p1"\n{recode}'),
                    encoding="utf-8")  # fmt: skip
    out = scored(path, tmp_path / "out")
    assert found_in(out / "council") == set()
    key = csv_rows(out / "review/form-numbers.csv")
    assert {row["form_code"].removeprefix("'") for row in key} == {"", *NUMBERS, NAMES[0], NAMES[2]}
    assert {row["source_file"] for row in key} == {"r.csv"}
    by_row = {row["source_row"]: row["form_number"] for row in key}
    assert by_row["11"] == by_row["12"], "two forms of one code have one number"
    assert len({*by_row.values()}) == 6
    rejected = csv_rows(out / "council/rejected.csv")
    assert {row["form_code"] for row in rejected} <= {*by_row.values()}
    for folder, file in (
        (out, "council/forms.csv"),
        (out / "council", "forms.csv"),
    ):  # more came than were issued
        assert [(p.code, p.severity, p.file) for p in sv.verify(folder)] == [
            ("verify.more_than_issued", "warning", file)
        ]


@pytest.mark.long
def test_the_order_of_rows_and_files_changes_nothing_for_the_council(tmp_path):
    whole = rows()
    one = scored(round_of(tmp_path / "one", {"a.csv": table(whole, COLUMNS)}), tmp_path / "out-1")
    random.Random(5).shuffle(whole)
    files = {"b.csv": table(whole[:4], COLUMNS), "a.csv": table(whole[4:], COLUMNS)}
    two = scored(round_of(tmp_path / "two", files), tmp_path / "out-2")
    for name in ("rejected.csv", "scores.csv", "units.csv"):
        assert (one / "council" / name).read_bytes() == (two / "council" / name).read_bytes()


def test_codes_of_a_declared_pattern_stay_as_those_that_were_issued(tmp_path):
    rejected = [
        ("Q-17/A", "Xã An Bình", "2025-09-01", "5", "5", "5"),
        ("Q-1/AB", "Xã An Bình", "2025-09-01", "5", "5", "5"),
    ]
    good = [("", "Xã An Bình", "2025-10-01", "5", "5", "5")]
    rules = {**RULES, "outside_fieldwork": "reject"}
    path = trial(tmp_path / "study", {"r.csv": table(rejected + good, HEADINGS)}, rules=rules)
    text = (
        (path / "study.toml")
        .read_text(encoding="utf-8")
        .replace("[minimum]", 'form_codes = ["Q-##/@"]\n\n[minimum]')
    )
    (path / "study.toml").write_text(text, encoding="utf-8")
    codes = [row["form_code"] for row in csv_rows(scored(path, tmp_path / "out") / "council/rejected.csv")]
    assert codes[0] == "Q-17/A"
    assert codes[1].startswith("phiếu-")


@pytest.mark.long
def test_a_changed_key_is_seen(tmp_path):
    out = scored(round_of(tmp_path / "study", {"r.csv": table(rows(), COLUMNS)}), tmp_path / "out")
    key, rejected = out / "review/form-numbers.csv", out / "council/rejected.csv"
    before, listed = key.read_bytes(), rejected.read_bytes()

    def told() -> set[str]:
        return {problem.code for problem in sv.verify(out)}

    key.write_bytes(before.replace(NAMES[0].encode(), NAMES[1].encode()))
    assert {"verify.rejected_extra", "verify.form_number"} <= told(), "a code that is none of the forms'"
    number = {row["form_code"]: row["form_number"] for row in csv_rows(key)}[NAMES[1]].encode()
    for path, content in ((key, before), (rejected, listed)):
        path.write_bytes(content.replace(number, b"P-003"))
    assert "verify.form_number" in told(), "the form of another code"
    other = next(row["form_number"] for row in csv_rows(key) if row["form_number"] != "P-003").encode()
    for path, content in ((key, before), (rejected, listed)):
        path.write_bytes(content.replace(number, other))
    assert "verify.form_number" in told(), "one number for two codes"


@pytest.mark.skipif(os.name != "posix", reason="the system has no such rights")
def test_files_of_decisions_can_be_read_by_their_owner_only(tmp_path):
    path = round_of(tmp_path / "study", {"r.csv": table(rows(), COLUMNS)})
    filled = f"form_code,unit,decision,reviewer,reason\n{NAMES[0]},,rejected,Lê A,mã lạ\n"
    (tmp_path / "forms.csv").write_text(filled, encoding="utf-8")
    sv.load(path).confirm(tmp_path / "forms.csv", path / "d.csv")
    assert stat.S_IMODE((path / "d.csv").stat().st_mode) == 0o600


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="the system has no such rights")
@pytest.mark.parametrize("umask", [0o002, 0o022])
def test_what_may_have_been_typed_can_be_read_by_its_owner_only(tmp_path, umask):
    before = os.umask(umask)
    try:
        path = round_of(tmp_path / "study", {"r.csv": table(rows(), COLUMNS)})
        for _ in range(2):  # also after an earlier folder was replaced
            out = scored(path, tmp_path / "out")
            sv.load(path).screen().write(tmp_path / "screened")
            modes = {p.relative_to(tmp_path).as_posix(): stat.S_IMODE(p.stat().st_mode)
                     for folder in (out, tmp_path / "screened") for p in (folder, *folder.rglob("*"))}  # fmt: skip
            private = {name for name, mode in modes.items() if not mode & 0o077}
            assert {modes[name] for name in private} == {0o600, 0o700}
            held = {name for name in modes if "/review" in name} | {
                f"{f}/forms.csv" for f in ("out", "screened")
            }
            assert private == held | {"out/weights.csv"}
            assert modes["out/council/rejected.csv"] == 0o666 & ~umask
            assert modes["out/council"] == modes["out"] == 0o777 & ~umask
    finally:
        os.umask(before)
