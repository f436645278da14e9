"""What collecting tools make of submissions: exports as KoboToolbox and ODK Central write them."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Literal

import xlsxwriter

from tests.surveys.fieldwork.forms.xlsform.form_walk import Asked, Submission, XForm

HERE = timezone(timedelta(hours=7))
Headings = Literal["names", "vi", "en"]
Table = list[list[str]]


@dataclass(frozen=True)
class Sent:
    """A submission with its times (of the device, with its offset) and the account that sent it."""

    answers: Submission
    start: datetime
    end: datetime
    uuid: str
    account: str = ""

    @property
    def received(self) -> datetime:
        return (self.end + timedelta(seconds=20)).astimezone(UTC)


def stamp(time: datetime) -> str:
    """As Collect and Enketo write it: thousandths, and the offset with a colon."""
    return time.isoformat(timespec="milliseconds")


@dataclass(frozen=True)
class Kobo:
    """An export of KoboToolbox. ``headings``: XML names, or labels of a language with labels as values; ``groups``: whether their
    groups stand in the headings; ``several``: chosen options in one column, in a column each, or both."""

    headings: Headings = "names"
    groups: bool = True
    several: Literal["both", "one", "each"] = "both"

    def csv(self, form: XForm, sent: Sequence[Sent], path: Path) -> None:
        """A CSV has no repeated groups."""
        (main,) = [table for _, table in self.tables(form, sent)]
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(main)

    def xlsx(self, form: XForm, sent: Sequence[Sent], path: Path) -> None:
        with xlsxwriter.Workbook(path, {"strings_to_numbers": False, "strings_to_formulas": False}) as book:
            for name, table in self.tables(form, sent):
                sheet = book.add_worksheet(name[:31])
                for k, row in enumerate(table):
                    sheet.write_row(k, 0, row)

    def tables(self, form: XForm, sent: Sequence[Sent]) -> Iterator[tuple[str, Table]]:
        questions = [asked for asked in form.questions if not _is_note(form, asked)]
        columns = [column for asked in questions if not asked.repeat for column in self._columns(form, asked)]
        own = [
            "_id", "_uuid", "_submission_time", "_validation_status", "_notes", "_status", "_submitted_by", "__version__",
            "_tags", "meta/rootUuid", "_index",
        ]  # fmt: skip
        rows = [
            [
                *self._cells(questions, "", one, 0), str(880 + k), one.uuid, one.received.isoformat()[:19], "", "",
                "submitted_via_web", one.account, "v1", "", f"uuid:{one.uuid}", str(k),
            ]
            for k, one in enumerate(sent, 1)
        ]  # fmt: skip
        yield "Phiếu", [[*columns, *own], *rows]
        for repeat in dict.fromkeys(asked.repeat for asked in questions if asked.repeat):
            yield from self._repeated(form, questions, repeat, sent)

    def _repeated(
        self, form: XForm, questions: Sequence[Asked], repeat: str, sent: Sequence[Sent]
    ) -> Iterator[tuple[str, Table]]:
        own = ["_index", "_parent_table_name", "_parent_index", "_submission__id", "_submission__uuid"]
        columns = [c for asked in questions if asked.repeat == repeat for c in self._columns(form, asked)]
        rows: Table = []
        for k, one in enumerate(sent, 1):
            for number in range(1, one.answers.repeated[repeat] + 1):
                cells = self._cells(questions, repeat, one, number)
                rows.append([*cells, str(len(rows) + 1), "Phiếu", str(k), str(880 + k), one.uuid])
        yield repeat.split("/")[-1], [[*columns, *own], *rows]

    def _columns(self, form: XForm, asked: Asked) -> Iterator[str]:
        heading = self._heading(form, asked)
        if asked.kind != "select" or self.several != "each":
            yield heading
        if asked.kind == "select" and self.several != "one":
            for value, labels in asked.options.items():
                yield f"{heading}/{value if self.headings == 'names' else labels[self.headings]}"

    def _heading(self, form: XForm, asked: Asked) -> str:
        groups = [asked.path[: k + 1] for k in range(len(asked.path) - 1)] if self.groups else []
        if self.headings == "names":
            return "/".join([*(group[-1] for group in groups), asked.path[-1]])
        named = [form.groups[group][self.headings] for group in groups if group in form.groups]
        return "/".join([*named, asked.labels.get(self.headings) or asked.path[-1]])

    def _cells(self, questions: Sequence[Asked], repeat: str, one: Sent, number: int) -> list[str]:
        found: list[str] = []
        for asked in questions:
            if asked.repeat == repeat:
                found += self._cell(asked, one, number)
        return found

    def _cell(self, asked: Asked, one: Sent, number: int) -> Iterator[str]:
        value = value_of(asked, one, number)
        chosen = value.split(" ") if asked.kind == "select" and value else []
        if asked.kind != "select" or self.several != "each":
            if self.headings != "names" and asked.options:
                yield " ".join(asked.options[each][self.headings] for each in (chosen or [value]) if each)
            else:
                yield value
        if asked.kind == "select" and self.several != "one":
            yield from (str(int(option in chosen)) if value else "" for option in asked.options)


@dataclass(frozen=True)
class Central:
    """An export of ODK Central. ``split``: with a column for each option beside those that were chosen; ``groups``: whether the
    paths of groups stand in the headings."""

    split: bool = False
    groups: bool = True

    def csv(self, form: XForm, sent: Sequence[Sent], path: Path) -> None:
        ((_, table),) = self.tables(form, sent)
        path.write_text(_csv_text(table), encoding="utf-8")

    def zip(self, form: XForm, sent: Sequence[Sent], path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            for name, table in self.tables(form, sent):
                archive.writestr(name, _csv_text(table))

    def tables(self, form: XForm, sent: Sequence[Sent]) -> Iterator[tuple[str, Table]]:
        own = [
            "meta-instanceID", "meta-instanceName", "KEY", "SubmitterID", "SubmitterName", "AttachmentsPresent",
            "AttachmentsExpected", "Status", "ReviewState", "DeviceID", "Edits", "FormVersion",
        ]  # fmt: skip
        heading = [c for asked in form.questions if not asked.repeat for c in self._columns(asked, 0)]
        rows = [
            [
                one.received.strftime("%Y-%m-%dT%H:%M:%S.123Z"), *self._cells(form, "", one, 0), f"uuid:{one.uuid}", "",
                f"uuid:{one.uuid}", "7" if one.account else "", one.account, "0", "0", "", "", "collect:x", "0", "1",
            ]
            for one in sent
        ]  # fmt: skip
        yield "form.csv", [["SubmissionDate", *heading, *own], *rows]
        for repeat in dict.fromkeys(asked.repeat for asked in form.questions if asked.repeat):
            name, depth = repeat.split("/")[-1], repeat.count("/") - 1
            columns = [c for a in form.questions if a.repeat == repeat for c in self._columns(a, depth)]
            rows = [
                [*self._cells(form, repeat, one, k), f"uuid:{one.uuid}", f"uuid:{one.uuid}/{name}[{k}]"]
                for one in sent
                for k in range(1, one.answers.repeated[repeat] + 1)
            ]
            yield f"form-{name}.csv", [[*columns, "PARENT_KEY", "KEY"], *rows]

    def _columns(self, asked: Asked, depth: int) -> Iterator[str]:
        name = "-".join(asked.path[depth:]) if self.groups else asked.path[-1]
        yield name
        if asked.kind == "select" and self.split:
            yield from (f"{name}/{value}" for value in asked.options)

    def _cells(self, form: XForm, repeat: str, one: Sent, number: int) -> list[str]:
        found = []
        for asked in form.questions:
            if asked.repeat == repeat:
                value = value_of(asked, one, number)
                found.append(value)
                if asked.kind == "select" and self.split:
                    found += [str(int(o in value.split(" "))) if value else "" for o in asked.options]
        return found


def value_of(asked: Asked, one: Sent, number: int) -> str:
    """The stored value of a question; times are those of the submission."""
    if asked.kind == "preload":
        return stamp(one.start if asked.path == ("start",) else one.end)
    return one.answers.values.get((asked.path, number), "")


def _is_note(form: XForm, asked: Asked) -> bool:
    return form.binds.get("/data/" + "/".join(asked.path), {}).get("readonly") == "true()"


def _csv_text(table: Table) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(table)
    return out.getvalue()
