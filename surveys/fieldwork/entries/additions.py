"""What a study gains by files that come in: lines of its ``study.toml`` and files of its folder. Nothing is written here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from surveys.definitions.study.records import ReturnFile, StudyDefinition
from surveys.definitions.text_files import is_file, on_disk
from surveys.fieldwork.entries.file_kinds import MAPPED, REGISTER, RETURNS, REVIEW, KnownFile, review_of
from surveys.fieldwork.entries.study_text import StudyText
from surveys.fieldwork.entries.which_questionnaire import questionnaire_of
from surveys.problems import Problems, SurveyError, fault, phrase
from surveys.returns.files.filled_tables import filled_tables
from surveys.returns.files.opening import read_sheets
from surveys.returns.headings.form_table import FormTable
from surveys.returns.mapping.mapping_file import Decided, read_mapping
from surveys.returns.readers.registry import choose
from surveys.returns.study_reading import StudyReading
from surveys.review.decisions import decisions_file
from surveys.review.review_file import FilledTable
from surveys.vocabulary.check_characters import are_checked
from surveys.vocabulary.composition import composed
from surveys.vocabulary.csv import csv_bytes

#: Folder of a study in which files of returns and their mappings lie.
RETURNS_FOLDER = "returns"
_MIDNIGHT = " 00:00:00"
_ENTRIES = ("first", "second")
State = Literal["entered", "replaced", "extended", "completed", "known"]


@dataclass(frozen=True, slots=True)
class WhatWasSaid:
    """What the user says of the files: ``questionnaire`` and ``mode`` of returns (empty: told by their content), which ``entry``
    of the same paper forms they are (first or second); ``replace``: they go in the place of files of the same name, or of
    tables that are named already."""

    questionnaire: str = ""
    mode: str = ""
    entry: str = ""
    replace: bool = False


@dataclass(frozen=True, slots=True)
class EnteredFile:
    """A file that was given, what it is, as what file of the study, and what became of it: entered, put in place of an earlier
    one, added to earlier decisions, told more of, or known already. ``about``: the questionnaire of returns, or the returns of a
    mapping."""

    given: str
    kind: str
    path: str
    state: State
    about: str = ""
    mode: str = ""
    decisions: int = 0


@dataclass
class Additions:
    """``files``: path in the study's folder → content of files that are not there yet; ``replaced``: of those that are;
    ``guessed``: file as it was given → the kind of table that most of its headings are of."""

    study: StudyDefinition
    text: StudyText
    said: WhatWasSaid
    files: dict[str, bytes] = field(default_factory=dict)
    replaced: dict[str, bytes] = field(default_factory=dict)
    entered: list[EnteredFile] = field(default_factory=list)
    guessed: dict[str, str] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        """Whether anything is to be written."""
        return bool(self.files or self.replaced) or self.text.is_changed

    def take(self, files: Sequence[KnownFile]) -> None:
        """Take in files. Raises SurveyError with what keeps any of them from being entered."""
        if self.said.entry not in ("", *_ENTRIES):
            raise fault("add.unknown_entry", value=self.said.entry, accepted=_ENTRIES)
        problems = Problems()
        mapped: dict[Path, KnownFile] = {}
        returned = [file for file in files if file.kind == RETURNS]
        steps: list[tuple[Any, tuple[object, ...]]] = [
            (self._pair, (file, returned, mapped)) for file in files if file.kind == MAPPED
        ]
        steps += [(self._take_returns, (file, mapped)) for file in returned]
        steps += [(self._take_table, (file,)) for file in files if file.kind not in (RETURNS, MAPPED, REVIEW)]
        steps += [(self._take_decisions, (alike,)) for alike in _by_review(files)]
        for step, arguments in steps:
            try:
                step(*arguments)
            except SurveyError as error:
                problems.extend(error.problems)
        problems.raise_errors()

    def _take_returns(self, file: KnownFile, mapped: Mapping[Path, KnownFile]) -> None:
        content, target = self._content(file), self._returns_place(file)
        named = [str(entry.get("path")) for entry in self._entries()]
        same = [path for path in named if self._holds(path, content)]
        if same and target not in same:
            self._tell(file, RETURNS, same[0], self._say_more(file, same[0]))
        elif target in named:
            state = self._put(file, target, content, is_named=True)
            said = self._say_more(file, target)
            self._tell(file, RETURNS, target, said if state == "known" else state)
        else:
            decided = self._decided(mapped.get(file.path))
            try:
                entry = {"path": target, **self._about(file, decided)}
            except SurveyError as error:
                if file.alike and [p.code for p in error.problems] == ["add.no_questions"]:
                    self._take_table(KnownFile(file.path, file.alike, file.table))
                    self.guessed[str(file.path)] = file.alike
                    return
                raise
            state = self._put(file, target, content)
            if file.path in mapped:
                entry["mapping"] = self._take_mapping(mapped[file.path], target)
            self.text.add_entry("returns", entry, phrase("study_toml.returns", "vi"))
            about = entry.get("questionnaire", ""), entry.get("mode", "")
            self.entered.append(EnteredFile(str(file.path), RETURNS, target, state, *about))

    def _say_more(self, file: KnownFile, target: str) -> State:
        """Write what is said of returns that are entered already, where their entry does not say it yet. Raises SurveyError where
        it says otherwise."""
        position = next(k for k, entry in enumerate(self._entries()) if str(entry.get("path")) == target)
        state: State = "known"
        for key in ("questionnaire", "mode", "entry"):
            said, named = getattr(self.said, key), self._entries()[position].get(key, "")
            if said and named and said != named:
                raise fault("add.said_otherwise", file=str(file.path), key=key, value=said, named=named)
            if said and not named:
                self.text.set_key_of_entry("returns", position, key, said)
                state = "completed"
        return state

    def _is_entered(self, file: KnownFile) -> bool:
        """Whether a file of returns, or an earlier one of its name, is entered already."""
        named = [str(entry.get("path")) for entry in self._entries()]
        content = self._content(file)
        return self._returns_place(file) in named or any(self._holds(path, content) for path in named)

    def _returns_place(self, file: KnownFile) -> str:
        return self._place(file, f"{RETURNS_FOLDER}/{composed(file.path.name)}")

    def _about(self, file: KnownFile, decided: Decided | None) -> dict[str, str]:
        """Questionnaire, mode and data entry of a file of returns, as its entry says them."""
        instrument, plain = self.study.instrument, ReturnFile(str(file.path))
        code, entry = self.said.questionnaire, self.said.entry
        if code and code not in instrument.questionnaire:
            known = ", ".join(instrument.questionnaire)
            raise fault("add.unknown_questionnaire", file=plain.path, value=code, accepted=known)
        if not code:
            reading = StudyReading(self.study)
            code = questionnaire_of(self._tables(file.path, plain, reading, decided), plain, reading, decided)
        modes = instrument.questionnaire[code].modes if code else ()
        mode = self.said.mode or (modes[0] if len(modes) == 1 else "")
        said = (("questionnaire", code), ("mode", mode), ("entry", entry))
        return {key: value for key, value in said if value}

    def _tables(
        self, path: Path, file: ReturnFile, reading: StudyReading, decided: Decided | None
    ) -> list[FormTable]:
        asked = {"sheet": file.sheet, "encoding": file.encoding, "delimiter": file.delimiter}
        sheets = read_sheets(path, file.path, **asked, limits=self.study.limits)
        shown = [sheet for sheet in sheets if not sheet.hidden or file.sheet]
        anyone = reading.vocabulary(file, file.questionnaire, decided)
        tables = choose(shown, anyone, file.reader, file.path).read(shown, anyone)
        if not tables:
            raise fault("returns.no_rows", file=file.path)
        return tables

    def _pair(self, file: KnownFile, returned: Sequence[KnownFile], mapped: dict[Path, KnownFile]) -> None:
        """Find the file of returns that a mapping is of: one that comes with it, or one of the study's, which is entered then."""
        decided = self._decided(file)
        assert decided is not None
        new = {one.path.name: one.path for one in returned if not self._is_entered(one)}
        own = {str(entry.get("path")): k for k, entry in enumerate(self._entries())}
        free = [
            path
            for path, k in own.items()
            if self._entries()[k].get("mapping", "") in ("", self._mapping_place(file, path))
        ]
        candidates = [*new, *free]
        named = [one for one in candidates if file.path.name.startswith(f"{Path(one).stem}.")]
        fitting = named if len(named) == 1 else [one for one in candidates if self._fits(decided, one, new)]
        if len(fitting) != 1:
            accepted = ", ".join(fitting or [*new, *own])
            raise fault("add.mapping_of", file=str(file.path), accepted=accepted)
        if fitting[0] in new:
            mapped[new[fitting[0]]] = file
            return
        position = own[fitting[0]]
        place = self._take_mapping(file, fitting[0])
        if not self._entries()[position].get("mapping"):
            self.text.set_key_of_entry("returns", position, "mapping", place)

    def _fits(self, decided: Decided, candidate: str, new: Mapping[str, Path]) -> bool:
        """Whether a file of returns has all the columns that a mapping decides about."""
        entry = next((file for file in self.study.returns if file.path == candidate), ReturnFile(candidate))
        missing = Problems()
        try:
            path = new.get(candidate, on_disk(self.study.folder / candidate))
            decided.note_missing(self._tables(path, entry, StudyReading(self.study), decided), missing)
        except SurveyError:
            return False
        return not missing.errors

    def _decided(self, file: KnownFile | None) -> Decided | None:
        return read_mapping(file.path, str(file.path), self.study.instrument) if file else None

    def _mapping_place(self, file: KnownFile, returns: str) -> str:
        folder = Path(returns).parent.as_posix()
        return self._place(file, f"{folder}/{composed(file.path.name)}".removeprefix("./"))

    def _take_mapping(self, file: KnownFile, returns: str) -> str:
        target = self._mapping_place(file, returns)
        is_named = any(entry.get("mapping") == target for entry in self._entries())
        state = self._put(file, target, self._content(file), is_named)
        self.entered.append(EnteredFile(str(file.path), MAPPED, target, state, returns))
        return target

    def _take_table(self, file: KnownFile) -> None:
        """A table of ``[files]``, or the register of units; a workbook becomes CSV, which studies read."""
        content, usual = self._content(file), f"{file.kind.replace('_', '-')}.csv"
        place = self._place(file, usual)
        if file.table is not None and not _is_text(content):
            content, place = _as_csv(file.table), usual
        section, key = ("units", "file") if file.kind == REGISTER else ("files", file.kind)
        named = str(self.text.document.get(section, {}).get(key, ""))
        target = named or place
        state = self._put(file, target, content, bool(named))
        if not named:
            self.text.set_key(section, key, target, phrase(f"study_toml.{section}", "vi"))
        if file.kind == "issued" and file.table and file.table.lines:
            self._say_whether_checked(file.table)
        self._tell(file, file.kind, target, state)

    def _say_whether_checked(self, issued: FilledTable) -> None:
        """Declare that form codes have a check character, where those of a plan come in and nothing is said of it yet."""
        said = self.text.document.get("fieldwork", {})
        headings = issued.lines[0][1]
        column = headings.index("form_code") if "form_code" in headings else None
        if column is None or "check_character" in said:
            return
        if are_checked([cells[column] for _, cells in issued.lines[1:] if len(cells) > column]):
            self.text.set_key("fieldwork", "check_character", True, phrase("study_toml.fieldwork", "vi"))

    def _take_decisions(self, files: Sequence[KnownFile]) -> None:
        """Review files of one kind: their decisions, with those made before."""
        problems, found = Problems(), list[FilledTable]()
        for path in dict.fromkeys(file.path for file in files):
            found += filled_tables(path, problems)
        made = decisions_file(found, self.study, problems)
        named = self.study.file_of(made.key)
        target = named or f"{made.key.replace('_', '-')}.csv"
        is_there = bool(named) and is_file(on_disk(self.study.folder / named))
        if not is_there or self._holds(target, made.content):
            state = self._put(files[0], target, made.content, bool(named))
        elif made.changed and not self.said.replace:
            raise fault("add.decided_otherwise", file=str(files[0].path), number=made.changed, named=named)
        else:
            self.replaced[target], state = made.content, "extended"
        if not named:
            self.text.set_key("files", made.key, target, phrase("study_toml.files", "vi"))
        self.entered += [
            EnteredFile(str(file.path), made.key, target, state, decisions=made.decisions) for file in files
        ]

    def _put(self, file: KnownFile, target: str, content: bytes, is_named: bool = False) -> State:
        """Have a file at its place in the study; what became of it. Raises SurveyError where another one stands there."""
        if self.files.get(target, content) != content:
            raise fault("add.same_name", file=str(file.path), target=target)
        if self._holds(target, content):
            return "known" if is_named else "entered"
        if not is_file(on_disk(self.study.folder / target)):
            self.files[target] = content
            return "entered"
        if not is_named:
            raise fault("add.in_the_way", file=str(file.path), target=target)
        if not self.said.replace:
            code = "add.newer" if file.kind == RETURNS else "add.newer_table"
            raise fault(code, file=str(file.path), target=target)
        self.replaced[target] = content
        return "replaced"

    def _place(self, file: KnownFile, usual: str) -> str:
        """Where a file belongs in the study's folder: where it lies, if it lies within."""
        place, home = file.path.resolve(), self.study.folder.resolve()
        return composed(place.relative_to(home).as_posix()) if place.is_relative_to(home) else usual

    def _holds(self, target: str, content: bytes) -> bool:
        path = on_disk(self.study.folder / target)
        return is_file(path) and path.stat().st_size == len(content) and path.read_bytes() == content

    def _content(self, file: KnownFile) -> bytes:
        size, limit = file.path.stat().st_size, self.study.limits.file_bytes
        if size > limit:
            raise fault("file.too_large", file=str(file.path), size=size, limit=limit)
        return file.path.read_bytes()

    def _entries(self) -> Sequence[Mapping[str, object]]:
        found = self.text.document.get("returns", [])
        return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []

    def _tell(self, file: KnownFile, kind: str, path: str, state: State) -> None:
        self.entered.append(EnteredFile(str(file.path), kind, path, state))


def _by_review(files: Sequence[KnownFile]) -> list[list[KnownFile]]:
    """The review files, those of one kind together."""
    alike: dict[str, list[KnownFile]] = {}
    for file in files:
        if file.kind == REVIEW:
            review = review_of(file.table) if file.table else None
            alike.setdefault(" ".join(review.columns) if review else str(file.path), []).append(file)
    return list(alike.values())


def _is_text(content: bytes) -> bool:
    return not content.startswith((b"PK", b"\xd0\xcf\x11\xe0"))


def _as_csv(table: FilledTable) -> bytes:
    """The cells of a workbook as CSV, days without the midnight that spreadsheet programs give them."""
    lines = [[cell.removesuffix(_MIDNIGHT) for cell in cells] for _, cells in table.lines]
    return csv_bytes(lines[0], lines[1:], guard=False) if lines else b""
