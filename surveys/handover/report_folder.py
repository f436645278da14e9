"""The folder of an analysis report: its documents and figures, and where each of its numbers comes from.

It lies outside the results; its record lists the checksum of every file, so that it can be verified and replaced as results are.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from surveys.handover.manifest import MANIFEST, REPORT, digests_of, plain_manifest
from surveys.handover.official_columns import TABLES
from surveys.handover.result_frames import printed, table_bytes
from surveys.handover.round_results import RoundResults
from surveys.handover.seal import described, package_name, sealed

NUMBERS = TABLES["report-numbers"]


def report_folder(
    results: RoundResults, documents: Mapping[str, bytes], numbers: pd.DataFrame, title: str, **facts: object
) -> dict[str, bytes]:
    """Every file of the folder: path → bytes. ``documents``: documents and pictures by their paths; ``numbers``: the rows of
    ``report-numbers.csv``; ``title`` of the study; ``facts``: what the record says beside the results that it is made from."""
    output = results.settings.output
    csvs = {NUMBERS: table_bytes(NUMBERS, printed(NUMBERS, numbers, output))}
    name = f"{package_name(str(results.run['study']['code']))}-{REPORT}"
    files = {**documents, **described(name, title, csvs, output)}
    about = {
        "study": results.run["study"],
        "instrument": results.run["instrument"],
        "results": results.fingerprint,
        **facts,
        "outputs": digests_of({path: files[path] for path in sorted(files)}),
    }
    return sealed({**files, MANIFEST: plain_manifest(REPORT, **about)})
