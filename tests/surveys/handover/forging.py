"""What a forger does who knows the program: tables changed in their own form, and every checksum made anew."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from surveys.handover.exchange import exchange_files
from surveys.handover.manifest import WORKBOOK, digests_of, is_output, json_bytes, sums_bytes
from surveys.handover.official_kinds import council_tables, kind_of_run
from surveys.handover.read_back import read_printed, settings_of
from surveys.handover.words import Words
from surveys.handover.workbook_comparison import Beside
from surveys.handover.workbook_facts import facts_of_run
from surveys.problems import Problems
from surveys.vocabulary.digests import digest_of
from surveys.vocabulary.statuses import DISPOSITIONS, NO_FORMS

#: What the codes of the small round are called in its workbook.
WORDS: Words = {
    "block": {"so": "Sở"},
    "group": {"heads": "Trưởng phòng", "citizens": "Người dân"},
    "questionnaire": {"so-2": "Mẫu 2", "so-5": "Mẫu 5"},
}


def reseal(folder: Path, *, counts: bool = True) -> None:
    """Make all checksums of a folder of results, and of the council's in it, anew; outermost last, and the record of the run
    first, which has those of the results and (where ``counts``) numbers of forms and results."""
    _describe(folder)
    _record(folder, counts)
    for part in (folder / "council", folder):
        if part.is_dir():
            _describe(part)
            files = {p.relative_to(part).as_posix(): p.read_bytes() for p in part.rglob("*") if p.is_file()}
            files.pop("SHA256SUMS", None)
            (part / "SHA256SUMS").write_bytes(sums_bytes(digests_of(files)))


def forge(folder: Path, words: Words = WORDS, *, counts: bool = True) -> None:
    """:func:`reseal`, after the workbook was made anew too, so that nothing shows that the tables were changed."""
    _describe(folder)
    _record(folder, counts)
    council = folder / "council" if (folder / "council").is_dir() else folder
    _describe(council)
    workbook_anew(council, words)
    reseal(folder, counts=counts)


def _describe(part: Path) -> None:
    """Sizes and checksums of the tables in the descriptor."""
    descriptor = json.loads((part / "datapackage.json").read_bytes())
    for resource in descriptor["resources"]:
        content = (part / resource["path"]).read_bytes()
        resource |= {"bytes": len(content), "hash": f"sha256:{digest_of(content)}"}
    (part / "datapackage.json").write_bytes(json_bytes(descriptor))


def rows_of(path: Path) -> list[dict[str, str]]:
    """The records of a CSV file."""
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def _record(folder: Path, counts: bool) -> None:
    """Checksums of the results in the record of the run, of which the council has a copy, and numbers of forms and results."""
    run = json.loads((folder / "run.json").read_bytes())
    if counts and (folder / "weights.csv").is_file():
        forms = rows_of(folder / "forms.csv")
        of_forms = Counter(form["disposition"] for form in forms)
        met = Counter(rule for form in forms for rule in form["reasons"].split(";") if rule)
        run["counts"] |= {"evaluations": len(forms), "reasons": dict(sorted(met.items()))}
        run["counts"] |= {name: of_forms[name] for name in (*DISPOSITIONS, *NO_FORMS)}
        run["results"] = dict(
            sorted(Counter(row["status"] for row in rows_of(folder / "scores.csv")).items())
        )
    if not (folder / WORKBOOK).is_file() and "outputs" in run:
        present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
        outputs = sorted(path for path in present if is_output(path))
        run["outputs"] = {path: digest_of((folder / path).read_bytes()) for path in outputs}
    for part in (folder, folder / "council"):
        if part.is_dir():
            (part / "run.json").write_bytes(json_bytes(run))


def edit(path: Path, change: Callable[[list[dict[str, str]]], object]) -> None:
    """Change the records of a CSV file and write it back in its own form."""
    text = path.read_bytes().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    records = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    change(records)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerows([rows[0], *(list(record.values()) for record in records)])
    path.write_bytes(buffer.getvalue().encode("utf-8-sig"))


def workbook_anew(council: Path, words: Words) -> None:
    """Make the council's exchange files and workbook anew from its tables with the program's own writer."""
    problems = Problems()
    run = json.loads((council / "run.json").read_bytes())
    settings = settings_of(run, "run.json", problems)
    kind = kind_of_run(run)
    assert settings is not None
    assert kind is not None
    tables = [read_printed(council, table.path, table, problems) for table in council_tables(kind)]
    facts = facts_of_run(run, settings, {})
    printed = [table for table in tables if table is not None]
    for name, content in exchange_files(run, {t.table: t.texts() for t in printed}, settings.council).items():
        (council / name).write_bytes(content)
    covered = (*council.glob("*.csv"), *council.glob("*.json"))
    digests = {path.name: digest_of(path.read_bytes()) for path in covered}
    (council / WORKBOOK).write_bytes(Beside(facts, None, printed, digests).workbook(words))
