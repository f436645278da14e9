"""Consistent forgeries: whoever makes every file anew deceives plain verification where the numbers agree with each other, and is
found by fingerprint, signature and returns. The list stands in the guide, docs/en/06-handing-over-and-verifying.md.

A forger who knows the program scores other returns with it, and writes the checksums of the true ones into the record.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import surveys
from surveys.definitions.instrument.reading import load_instrument
from surveys.handover.manifest import json_bytes
from surveys.handover.official_columns import SCORES
from surveys.handover.verification import verify_folder
from surveys.handover.words import Words, words_of
from surveys.vocabulary.digests import digest_of
from surveys.vocabulary.remarks import in_words, remark
from tests.surveys.handover.forging import edit, forge, reseal, rows_of

ROUND = Path(__file__).parents[2] / "rounds" / "small"
SECRET = bytes(range(32))
GUIDES = [Path(__file__).parents[3] / "docs" / page for page in (
    "en/06-handing-over-and-verifying.md", "vi/06-giao-va-kiem-tra.md")]  # fmt: skip


@dataclass(frozen=True)
class Truth:
    """A round, its results, their fingerprint and signature, and what its codes are called."""

    study: Path
    results: Path
    fingerprint: str
    signers: Path
    words: Words


def scored(study: Path, out: Path) -> Path:
    surveys.load(study).score().write(out)
    return out


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
    ed25519 = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519")
    folder = tmp_path_factory.mktemp("truth")
    study = shutil.copytree(ROUND, folder / "study")
    results = scored(study, folder / "results")
    secret = ed25519.Ed25519PrivateKey.from_private_bytes(SECRET)
    (folder / "key").write_bytes(
        secret.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
        )
    )
    signed = surveys.sign(results, folder / "key", "vien@example.vn")
    (folder / "signers").write_text(signed.line + "\n", encoding="utf-8")
    instrument = load_instrument(study / "instrument")
    words = {kind: words_of(kind, instrument, "vi") for kind in ("block", "group", "questionnaire")}
    return Truth(study, results, surveys.fingerprint(results), folder / "signers", words)


def found_by(folder: Path, truth: Truth) -> set[str]:
    """The steps that find a forged folder; the forger leaves the true signature where it was."""
    shutil.copy(truth.results / "SHA256SUMS.sig", folder / "SHA256SUMS.sig")
    steps = {
        "plain": [p for p in verify_folder(folder) if p.severity == "error"],
        "fingerprint": [
            p
            for p in surveys.verify(folder, fingerprint=truth.fingerprint)
            if p.code == "fingerprint.differs"
        ],
        "signature": [
            p for p in surveys.verify(folder, signers=truth.signers) if p.code.startswith("signature.")
        ],
        "returns": [
            p
            for p in surveys.verify(folder, study=truth.study)
            if p.code.startswith("again.") and p.severity == "error"
        ],
    }
    return {step for step, problems in steps.items() if problems}


# --- what the forger does ---------------------------------------------------------------------------------------------


def of_other_returns(change: Callable[[Path], object]) -> Callable[[Path, Truth], None]:
    """Score changed returns, and write what the record says of the true ones."""

    def made(folder: Path, truth: Truth) -> None:
        study = shutil.copytree(truth.study, folder.with_name("other-study"))
        change(study)
        shutil.rmtree(folder)
        scored(study, folder)
        _as_if_true(folder, truth)

    return made


def _as_if_true(folder: Path, truth: Truth) -> None:
    true = json.loads((truth.results / "run.json").read_bytes())
    run = json.loads((folder / "run.json").read_bytes())
    run |= {name: true[name] for name in ("inputs", "decisions")}
    (folder / "run.json").write_bytes(json_bytes(run))
    forge(folder, truth.words, counts=False)


def _one_answer(study: Path) -> None:
    path = study / "staff.csv"
    text = path.read_text(encoding="utf-8")
    assert "S03,Phòng Một,3,2" in text
    path.write_text(text.replace("S03,Phòng Một,3,2", "S03,Phòng Một,5,2"), encoding="utf-8")


def _without_a_rejected_form(study: Path) -> None:
    text = (study / "staff.csv").read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    kept = [line for line in lines if not line.lower().startswith("phiếu-03,")]
    (study / "staff.csv").write_text(
        "".join(kept if len(kept) < len(lines) else lines[:-1]), encoding="utf-8"
    )


def _another_definition(study: Path) -> None:
    path = study / "instrument" / "tree.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("staff:1;raters:3", "staff:3;raters:1"), encoding="utf-8")


def swap_units(folder: Path, truth: Truth) -> None:
    """p1 and p2 change places in every table: the numbers of the one are those of the other."""
    names = {"p1": "p2", "p2": "p1", "Phòng Một": "Phòng Hai", "Phòng Hai": "Phòng Một"}

    def swap(records: list[dict[str, str]]) -> None:
        for record in records:
            record.update({key: names.get(cell, cell) for key, cell in record.items()})

    for path in (*folder.glob("*.csv"), *folder.glob("council/*.csv")):
        edit(path, swap)
    forge(folder, truth.words)


def in_league(
    change: Callable[[dict[str, dict[str, str]]], object], *, council: bool = True
) -> Callable[[Path, Truth], None]:
    """A change of units by their codes, in the league table and in the council's copy of it."""

    def made(folder: Path, truth: Truth) -> None:
        for path in (folder / "units.csv", folder / "council" / "units.csv")[: 1 + council]:
            edit(path, lambda records: change({record["unit_code"]: record for record in records}))
        forge(folder, truth.words)

    return made


def _wider(units: dict[str, dict[str, str]]) -> None:
    units["p1"]["rank_low"] = (
        "1"  # p1 and p2 cannot be told apart: the best rank of one, the worst of the other
    )
    units["p2"]["rank_high"] = "3"


def a_cell(file: str, where: dict[str, str], **cells: str) -> Callable[[Path, Truth], None]:
    def made(folder: Path, truth: Truth) -> None:
        def change(records: list[dict[str, str]]) -> None:
            (record,) = (record for record in records if where.items() <= record.items())
            assert record != record | cells
            record.update(cells)

        edit(folder / file, change)
        forge(folder, truth.words)

    return made


def _workbook(folder: Path, _truth: Truth) -> None:
    """Another number in the council's workbook, which stands outside the fingerprint."""
    import zipfile

    path = folder / "council" / "survey-scores.xlsx"
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet2.xml"
    assert b"<v>89.17</v>" in parts[sheet]
    parts[sheet] = parts[sheet].replace(b"<v>89.17</v>", b"<v>98.17</v>")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    reseal(folder, counts=False)


def _shown_fingerprint(folder: Path, truth: Truth) -> None:
    """The true fingerprint on the identity sheet of a forged package."""
    swap_units(folder, truth)
    path = folder / "council" / "survey-scores.xlsx"
    import zipfile

    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    strings = "xl/sharedStrings.xml"
    shown = re.findall(rb"<t>([0-9a-f]{4}(?: [0-9a-f]{4}){15})</t>", parts[strings])
    assert len(shown) == 1
    parts[strings] = parts[strings].replace(shown[0], truth.fingerprint.encode())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    reseal(folder, counts=False)


def of_run(change: Callable[[dict[str, Any]], object]) -> Callable[[Path, Truth], None]:
    def made(folder: Path, truth: Truth) -> None:
        run = json.loads((folder / "run.json").read_bytes())
        change(run)
        (folder / "run.json").write_bytes(json_bytes(run))
        forge(folder, truth.words, counts=False)

    return made


def _decided(run: dict[str, Any]) -> None:
    entry = {"path": "decisions.csv", "bytes": 9, "sha256": digest_of(b"decisions")}
    run["inputs"].append(entry)
    run["decisions"].append({"about": "decisions", **entry, "decisions": 1})


def _replaced_definition(folder: Path, truth: Truth) -> None:
    """Only the copy of the definitions in the folder."""
    path = folder / "instrument" / "tree.csv"
    path.write_bytes(path.read_bytes().replace(b"staff:1;raters:3", b"staff:3;raters:1"))
    forge(folder, truth.words, counts=False)


def _turned_away(folder: Path, truth: Truth) -> None:
    """A valid form becomes a rejected one in every list and count."""
    forms = rows_of(folder / "forms.csv")
    chosen = next(form for form in forms if form["disposition"] == "valid" and form["form_code"] == "S01")
    reason = {"disposition": "rejected", "reasons": "too_few_answers"}

    def turn(records: list[dict[str, str]]) -> None:
        next(record for record in records if record["form_code"] == "S01").update(reason)

    def count(records: list[dict[str, str]]) -> None:
        cell = {name: chosen[name] for name in ("block", "unit_code", "group", "questionnaire")}
        (record,) = (record for record in records if cell.items() <= record.items())
        moved(record)

    def count_twice(records: list[dict[str, str]]) -> None:
        """The evaluation in its cell, and the form among those of its questionnaire."""
        cell = {name: chosen[name] for name in ("block", "unit_code", "questionnaire")}
        of_form = {"questionnaire": chosen["questionnaire"], "unit_code": "", "counted": "forms"}
        for record in records:
            if (
                cell | {"counted": "evaluations"}
            ).items() <= record.items() or of_form.items() <= record.items():
                moved(record)

    def moved(record: dict[str, str]) -> None:
        record.update(valid=str(int(record["valid"]) - 1), rejected=str(int(record["rejected"]) + 1))

    def listed(records: list[dict[str, str]]) -> None:
        new = {name: chosen.get(name, "") for name in records[0]}
        counts = {"evaluations": "1", "of_evaluations": "1"}
        records.append(
            {**new, **counts, "reasons": "too_few_answers", "reasons_vi": "trả lời quá ít câu hỏi"}
        )

    edit(folder / "forms.csv", turn)
    edit(folder / "funnel.csv", count)
    edit(folder / "council" / "forms.csv", count_twice)
    edit(folder / "council" / "rejected.csv", listed)
    forge(folder, truth.words)


def _council_alone(folder: Path, truth: Truth) -> None:
    edit(folder / "council" / "rejected.csv", lambda records: records.clear())
    forge(folder, truth.words)


SUPPRESSED = {"unit_code": "p3", "node_code": "2.1.1", "group": "staff"}
#: A result that is shown, blanked as if that kept another one hidden.
COVERED = dict.fromkeys((column.name for column in SCORES.columns if column.is_number), "") | {
    "n_valid": "5", "status": "suppressed", "note": in_words((remark("score.complementary"),), "vi")
}  # fmt: skip
UNPLAIN = {"fingerprint", "signature", "returns"}
EVERY = {"plain", *UNPLAIN}
#: Number in the list of the guide → what is done, and the steps that find it.
FORGERIES: dict[int, tuple[Callable[[Path, Truth], None], set[str]]] = {
    1: (swap_units, UNPLAIN),
    2: (of_other_returns(_one_answer), UNPLAIN),
    3: (of_other_returns(_without_a_rejected_form), UNPLAIN),
    4: (of_other_returns(_another_definition), UNPLAIN),
    5: (in_league(_wider), UNPLAIN),
    6: (of_run(_decided), UNPLAIN),
    7: (of_run(lambda run: run["study"].update(label_vi="Đợt khác")), EVERY),
    8: (of_run(lambda run: run.update(python="3.99.0")), {"fingerprint", "signature"}),
    9: (in_league(lambda units: units["p1"].update(rank_low="1")), EVERY),
    10: (a_cell("units.csv", {"unit_code": "p1"}, percent="84.92"), EVERY),
    11: (a_cell("scores.csv", {"unit_code": "p3", "node_code": "2", "group": "all"}, note=""), EVERY),
    12: (
        a_cell("scores.csv", SUPPRESSED, score="0.9000000000", status="ok", points="1.8000", note=""),
        EVERY,
    ),
    13: (_turned_away, EVERY),
    14: (_council_alone, EVERY),
    15: (_replaced_definition, EVERY),
    16: (of_run(lambda run: run["settings"]["minimum"].update(forms=5)), EVERY),
    17: (_workbook, {"plain", "signature", "returns"}),
    18: (_shown_fingerprint, EVERY),
    19: (a_cell("scores.csv", {"unit_code": "p1", "node_code": "a", "group": "staff"}, **COVERED), EVERY),
}


@pytest.mark.long
@pytest.mark.parametrize("number", FORGERIES)
def test_each_forgery_is_found_by_the_steps_that_the_guide_names(
    number: int, truth: Truth, tmp_path: Path
) -> None:
    change, expected = FORGERIES[number]
    folder = shutil.copytree(truth.results, tmp_path / "results")
    (folder / "SHA256SUMS.sig").unlink()
    change(folder, truth)
    codes = [(p.code, p.file, p.row, p.column) for p in verify_folder(folder)]
    assert found_by(folder, truth) == expected, codes
    forged_sums = {p.code for p in verify_folder(folder)} & {
        "verify.file_changed",
        "verify.output",
        "verify.descriptor",
    }
    assert not forged_sums  # nothing is found by a checksum: the forgery is a consistent one


def test_the_truth_is_found_by_no_step(truth: Truth, tmp_path: Path) -> None:
    folder = shutil.copytree(truth.results, tmp_path / "results")
    assert found_by(folder, truth) == set()


@pytest.mark.parametrize("guide", GUIDES, ids=["en", "vi"])
def test_the_guide_lists_these_forgeries_with_these_steps(guide: Path) -> None:
    """The table of the guide: number, forgery, and a mark under each step that finds it."""
    lines = [line for line in guide.read_text(encoding="utf-8").splitlines() if re.match(r"\| \d+ \|", line)]
    steps = ("plain", "fingerprint", "signature", "returns")
    table = list(csv.reader(io.StringIO("\n".join(lines)), delimiter="|"))
    listed = {
        int(cells[1]): {step for step, cell in zip(steps, cells[3:7], strict=True) if cell.strip()}
        for cells in table
    }
    assert listed == {number: found for number, (_, found) in FORGERIES.items()}
