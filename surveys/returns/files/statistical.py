"""SPSS (.sav, .zsav, .por) and Stata (.dta) files through pyreadstat, with user-declared missing values kept apart."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from surveys.problems import Problem, fault, the_first
from surveys.returns.files.file_content import FileContent
from surveys.returns.files.portable import Ranges, flaw_of, without_declarations
from surveys.returns.files.sheets import Page, ResponseSet, Variable
from surveys.returns.files.stated_sizes import flaw_of_labels, stated_cases, stated_size

_PACKED = b"$FL3"  # how a ZSAV file begins
_BYTES = "ISO-8859-1"  # every byte is a letter


def read(source: FileContent) -> list[Page]:
    """The one sheet of a statistical file. Row numbers are case numbers: the first case is row 1."""
    if source.wanted.encoding and source.kind == "por":
        raise fault("returns.encoding_unused", file=source.file, encoding=source.wanted.encoding)
    if source.kind == "por" and (flaw := flaw_of(source.raw)):
        raise source.damaged(flaw)
    if source.kind == "dta":
        _check_size(source)
    meant = _meaning(source)
    about = _load(source, source.raw, {"metadataonly": True})[1]
    most = _most_rows(about, source)
    content, declared = without_declarations(source.raw) if source.kind == "por" else (source.raw, {})
    options = {"row_limit": most + 1} | ({} if source.kind == "por" else {"user_missing": True})
    data, about = _load(source, content, options)
    cells = _rows(data, meant)
    if len(data) != about.number_columns:
        raise source.damaged("two variables have one name")
    if len(cells) - 1 > most:
        raise source.too_large(len(cells) - 1, len(data))
    if source.kind == "sav" and _goes_on(source.raw, len(cells) - 1, about.column_names):
        raise source.damaged("it holds more cases than it declares")
    variables = tuple(_variable(about, j, declared, meant) for j in range(len(data)))
    notes = _held_against(source, about, len(cells) - 1)
    return [Page("", cells, first_row=0, variables=variables, sets=_sets(about, meant), notes=notes)]


def _check_size(source: FileContent) -> None:
    """Raise the fault that a .dta file is not as long as it states."""
    stated = stated_size(source.raw)
    if len(source.raw) < stated:
        raise fault("returns.file_shorter", file=source.file, stated=stated, size=len(source.raw))
    if flaw := flaw_of_labels(source.raw):
        raise source.damaged(flaw)


def _most_rows(about: Any, source: FileContent) -> int:
    """How many cases a file of these variables may hold; a fault when it declares more, or variables without names."""
    if not all(about.column_names):
        raise source.damaged("a variable has no name")
    limits, columns, declared = source.limits, len(about.column_names), about.number_rows or 0
    width = sum(about.variable_storage_width.get(column) or 8 for column in about.column_names)
    most = min(limits.rows, limits.cells // max(columns, 1), limits.expanded // max(width, 1))
    if columns > limits.columns or declared > most:
        raise source.too_large(declared, columns)
    return most


def _goes_on(raw: bytes, cases: int, names: Sequence[str]) -> bool:
    """Whether cases follow those that the header of a .sav file (bytes 80 to 83) declares: it is read once more, from there on
    and without its declaration."""
    import pyreadstat

    undeclared = io.BytesIO(raw[:80] + b"\xff\xff\xff\xff" + raw[84:])
    options: dict[str, Any] = {"row_offset": cases, "row_limit": 1, "usecols": list(names[:1])}
    try:
        further, _ = pyreadstat.read_sav(undeclared, output_format="dict", **options)
    except Exception:  # what follows is no case
        return False
    return any(len(values) for values in further.values())


def _held_against(source: FileContent, about: Any, rows: int) -> tuple[Problem, ...]:
    """What of a file that was read may be missing without its library saying so. A .sav file that states no number of cases in
    its header is taken to end where it ends, even within a case; one of kind ZSAV has the sizes of its blocks at its end. A
    .dta file before release 117 ends with its tables of value labels, and nothing says how many there are. Raises the fault
    that another number of cases is stated."""
    if source.kind == "sav" and not source.raw.startswith(_PACKED):
        stated = stated_cases(source.raw)
        if stated is None:
            return (source.note("returns.rows_unstated", rows=rows),)
        if stated != rows:
            raise fault("returns.rows_differ", file=source.file, stated=stated, rows=rows)
    if source.kind == "dta" and not source.raw.startswith(b"<"):
        lost = [name for name, labels in about.variable_to_label.items() if labels not in about.value_labels]
        if lost:
            return (source.note("returns.labels_lost", variables=the_first(lost, 10)),)
    return ()


def _rows(data: Mapping[str, Sequence[object]], meant: Callable[[str], str]) -> list[Sequence[object]]:
    """Variable names in the first row, cases below."""
    columns = (
        values if meant is str else [meant(v) if isinstance(v, str) else v for v in values]
        for values in data.values()
    )
    return [[meant(heading) for heading in data], *zip(*columns, strict=True)]


def _load(source: FileContent, raw: bytes, options: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    import pyreadstat

    reading: Any = getattr(pyreadstat, f"read_{source.kind}")
    if source.wanted.encoding:
        options = {**options, "encoding": _BYTES}
    with source.reading():
        data, about = reading(io.BytesIO(raw), output_format="dict", **options)
    return data, about


def _meaning(source: FileContent) -> Callable[[str], str]:
    """Bytes read one for one as letters → the text they are under the declared encoding. The C library's own conversion keeps
    letters back where an encoding writes tones apart (cp1258)."""
    encoding = source.wanted.encoding

    def meant(text: str) -> str:
        try:
            return text.encode(_BYTES).decode(encoding)
        except LookupError:
            raise fault("returns.encoding_unknown", file=source.file, encoding=encoding) from None
        except UnicodeError:
            raise fault("returns.encoding_wrong", file=source.file, encoding=encoding) from None

    return meant if encoding else str


def _variable(about: Any, position: int, declared: Ranges, meant: Callable[[str], str]) -> Variable:
    column, label = about.column_names[position], about.column_labels[position]
    value_labels = about.variable_value_labels.get(column, {})
    ranges = [(r["lo"], r["hi"]) for r in about.missing_ranges.get(column, [])]
    tagged = [(value, value) for value in about.missing_user_values.get(column, [])]
    return Variable(
        meant(column),
        meant(label or ""),
        {value: meant(said) for value, said in value_labels.items()},
        (*declared.get(column, ()), *ranges, *tagged),
    )


def _sets(about: Any, meant: Callable[[str], str]) -> tuple[ResponseSet, ...]:
    """Multiple-response sets; their variables are written in small letters, whatever their names are."""
    names = {column.casefold(): column for column in about.column_names}
    return tuple(
        ResponseSet(
            meant(found["label"] or name),
            tuple(meant(names.get(variable.casefold(), variable)) for variable in found["variable_list"]),
            found["counted_value"] if found["is_dichotomy"] else None,
        )
        for name, found in about.mr_sets.items()
    )
