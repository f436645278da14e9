"""What closes a folder of tables: its Data Package descriptor and the checksums of its files.

The descriptor is that of https://datapackage.org/standard/data-package/, version 2.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from surveys.definitions.study.records import Output
from surveys.handover.manifest import DESCRIPTOR, SUMS, digests_of, json_bytes, sums_bytes
from surveys.handover.official_columns import OfficialColumn, OfficialTable
from surveys.problems import phrase

_STANDARD = "https://datapackage.org/profiles/2.0"
_DIALECT = {"delimiter": ",", "lineTerminator": "\r\n", "quoteChar": '"', "doubleQuote": True, "header": True}


def described(name: str, title: str, csvs: Mapping[OfficialTable, bytes], output: Output) -> dict[str, bytes]:
    """CSV tables by their paths, with the descriptor of the package that they make."""
    files = {table.path: content for table, content in csvs.items()}
    digests = digests_of(files)
    descriptor = {
        "$schema": f"{_STANDARD}/datapackage.json",
        "name": name,
        "title": title,
        "description": _both(phrase("handover.package.about", "vi"), phrase("handover.package.about", "en")),
        "resources": [
            _resource(table, len(content), digests[table.path], output) for table, content in csvs.items()
        ],
    }
    return {**files, DESCRIPTOR: json_bytes(descriptor)}


def sealed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Files (path → bytes) with the checksums of all of them."""
    return {**files, SUMS: sums_bytes(digests_of(files))}


def package_name(code: str) -> str:
    """A study code as a Data Package name: lower-case ASCII letters, digits, ``.``, ``_`` and ``-``.

    >>> package_name("Hà Nội 2023")
    'ha-noi-2023'
    """
    plain = unicodedata.normalize("NFD", code.lower().replace("đ", "d"))
    ascii_only = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9._-]+", "-", ascii_only).strip("-") or "study"


def _resource(table: OfficialTable, size: int, digest: str, output: Output) -> dict[str, object]:
    return {
        "$schema": f"{_STANDARD}/dataresource.json",
        "name": table.name,
        "type": "table",
        "path": table.path,
        "title": table.title(output.language),
        "description": _both(table.vi, table.en),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "byteOrderMark": True,  # which readers of UTF-8 take off, and Excel needs
        "bytes": size,
        "hash": f"sha256:{digest}",
        "dialect": _DIALECT,
        "schema": {
            "$schema": f"{_STANDARD}/tableschema.json",
            "fieldsMatch": "exact",
            "fields": [_field(column, output) for column in table.columns],
            "missingValues": [""],
            **({"primaryKey": list(table.key)} if table.key else {}),
        },
    }


def _field(column: OfficialColumn, output: Output) -> dict[str, object]:
    field: dict[str, object] = {
        "name": column.name,
        "type": {"text": "string", "remarks": "string", "count": "integer"}.get(column.kind, "number"),
        "title": column.heading(output.language),
        "description": _both(column.about_vi, column.about_en),
    }
    decimals = column.decimals(output)
    if decimals:
        field["decimals"] = decimals
    limits = {
        "required": column.required or None,
        "minimum": column.low,
        "maximum": column.high,
        "enum": list(column.accepted) or None,
    }
    constraints = {name: limit for name, limit in limits.items() if limit is not None}
    return {**field, "constraints": constraints} if constraints else field


def _both(vi: str, en: str) -> str:
    return f"{vi} | {en}"
