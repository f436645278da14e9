"""The folder of the sheets that units get: one document a unit, and the table in which their explanations are written down.

It is no part of a package: it lies outside the results, and its record lists the checksum of every document, so that it can be
verified and replaced as results are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from surveys.handover.manifest import MANIFEST, UNIT_SHEETS, digests_of, plain_manifest
from surveys.handover.official_columns import REVIEWED, UNIT_EXPLANATIONS
from surveys.handover.result_frames import printed, table_bytes
from surveys.handover.round_results import RoundResults
from surveys.handover.seal import described, package_name, sealed
from surveys.problems import Language, phrase
from surveys.review.review_workbook import Choice, WorkbookTexts, review_workbook

_WORKBOOK = UNIT_EXPLANATIONS.path.replace(".csv", ".xlsx")
#: Rows below those of the units in which words are offered too.
_SPARE = 200


def sheets_folder(
    results: RoundResults, sheets: Mapping[tuple[str, str], bytes], title: str, **facts: object
) -> dict[str, bytes]:
    """Every file of the folder: path → bytes. ``sheets``: (block, unit) → document, in the order of the units; ``title`` of the
    study; ``facts``: what the record says beside the results that the sheets are made from."""
    files = {f"{block}/{unit}.docx": content for (block, unit), content in sheets.items()}
    files |= _explanations(results, list(sheets), title)
    about = {
        "study": results.run["study"],
        "instrument": results.run["instrument"],
        "results": results.fingerprint,
        **facts,
        "outputs": digests_of({path: files[path] for path in sorted(files)}),
    }
    return sealed({**files, MANIFEST: plain_manifest(UNIT_SHEETS, **about)})


def _explanations(results: RoundResults, units: Sequence[tuple[str, str]], title: str) -> dict[str, bytes]:
    """The table to be filled in, a row a unit, as CSV with its descriptor and as a workbook."""
    league, output = results.units.frame, results.settings.output
    names = dict(
        zip(zip(league["block"], league["unit_code"], strict=True), league["unit_name"], strict=True)
    )
    table = REVIEWED[UNIT_EXPLANATIONS.name]
    rows = [{"block": block, "unit": unit, "unit_name": names[block, unit]} for block, unit in units]
    frame = pd.DataFrame(rows, columns=list(table.columns), dtype=object).fillna("")
    texts = printed(UNIT_EXPLANATIONS, frame, output)
    csvs = {UNIT_EXPLANATIONS: table_bytes(UNIT_EXPLANATIONS, texts)}
    name = f"{package_name(str(results.run['study']['code']))}-explanations"
    cells = list(zip(*(texts[column] for column in table.columns), strict=True))
    book = review_workbook(table, cells, _texts(len(cells), output.language))
    return {**described(name, title, csvs, output), _WORKBOOK: book}


def _texts(rows: int, language: Language) -> WorkbookTexts:
    """What is to be done, what each column means, and the words that are offered."""
    table = REVIEWED[UNIT_EXPLANATIONS.name]
    about = {c.name: c.about_vi if language == "vi" else c.about_en for c in UNIT_EXPLANATIONS.columns}
    choices: dict[str, list[Choice]] = {
        name: [tuple(words.offered(language) for words in table.words_of(name).values())] * (rows + _SPARE)
        for name in table.filled
        if table.words_of(name)
    }
    return WorkbookTexts(language, phrase("review.howto.unit-explanations", language), about, choices)
