"""A study from nothing: from an office workbook, an XLSForm, answers, or an edition at hand."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from surveys.definitions.check import examined
from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.instrument.records import Group, Identity, Instrument, Unit
from surveys.definitions.instrument.shelf import INSTRUMENT_FILE, is_on_shelf, shipped
from surveys.definitions.instrument.writing import COLUMNS, differences_text, instrument_files
from surveys.definitions.record_writing import table_bytes
from surveys.definitions.study.reading import STUDY_FILE, load_study
from surveys.definitions.text_files import is_file
from surveys.fieldwork.new_edition.edition import code_of_survey, edition_of, with_starting_rules
from surveys.fieldwork.new_edition.filled_sheets import (
    OfficeRows,
    filled_rows,
    given_rows,
    is_office_workbook,
)
from surveys.fieldwork.new_edition.general_facts import facts_of, with_facts
from surveys.fieldwork.new_edition.office_sheets import GENERAL, SHEET
from surveys.fieldwork.new_edition.office_workbook import office_workbook
from surveys.fieldwork.new_edition.registers import first_column, register_of, register_rows, units_for
from surveys.fieldwork.new_edition.study_tables import new_study_text
from surveys.fieldwork.xlsform_import.form_sheets import is_xlsform
from surveys.fieldwork.xlsform_import.importing import imported
from surveys.handover.words import rule_words
from surveys.problems import (
    LANGUAGES,
    Language,
    Problem,
    Problems,
    SurveyError,
    fault,
    language_named,
    nearest,
)
from surveys.returns.files.opening import read_sheets
from surveys.returns.files.sheets import Sheet
from surveys.vocabulary.new_file import write_new
from surveys.vocabulary.new_folder import refuse_filled, write_new_folder
from surveys.vocabulary.notebook_display import Shown
from surveys.vocabulary.temporary_folder import temporary_folder

REGISTER, OWN, BASE = "units.csv", "./instrument", "goc"
#: What a study has of an edition it begins from: its name, a copy of its own, or an edition of its own that states differences.
Taken = Literal["", "copy", "differences"]

#: General facts that a study has beside its instrument.
_OF_STUDY = frozenset({
    "name", "name_en", "code", "edition", "start", "end", "period_start", "period_end", "publisher", "publisher_en",
})  # fmt: skip


@dataclass(frozen=True, repr=False)
class Founded(Shown):
    """A study that was written: its ``folder``, its ``instrument``, and ``told``: what was taken from the starting set because
    nobody said otherwise; ``warnings``: what reading the origin noticed."""

    folder: Path
    instrument: Instrument
    told: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()

    def told_in(self, language: Language) -> list[str]:
        """What was told, each in words."""
        found = []
        for one in self.told:
            rules = dict(one.params).get("rules", "")
            words = rule_words(rules.replace(", ", ";"), language)
            found.append(one.text(language, {"rules": {rules: words}}))
        return found

    def facts(self) -> Mapping[str, object]:
        return {"folder": str(self.folder), "instrument": self.instrument.name, "told": len(self.told)}


@dataclass(frozen=True)
class _Begun:
    """A study that is not written yet: its instrument, how it names that, its own files, and the facts of ``study.toml``."""

    instrument: Instrument
    named: str
    files: Mapping[str, bytes]
    facts: Mapping[str, str]


@dataclass(frozen=True)
class _Beginning:
    """What is said beside the origin, and where faults and what was taken over are noted."""

    facts: Mapping[str, str]
    lists: Mapping[str, Sequence[str]]
    units: Path | None
    taken: Taken
    language: Language
    problems: Problems
    told: Problems


def new(
    folder: str | Path,
    origin: str | Path | None = None,
    *,
    answers: Mapping[str, str | Sequence[str]] | None = None,
    units: str | Path | None = None,
    taken: Taken = "",
    language: str | None = None,
) -> Founded:
    """Write a new study at ``folder``, which is not there yet or empty, so that it can be checked without a fault.

    * ``origin``: a filled office workbook, an XLSForm, a shipped edition or the folder of one.
    * ``answers``: general facts by their keys (``name``, ``start``, ``end``, ``points``, ``unit_heading``, …), and the lists
      ``units``, ``groups`` and ``questions``, in which a file stands for the entries of its first column; they stand before what
      a workbook says.
    * ``units``: a file whose units take the place of the register.
    * ``taken``: how much of an edition becomes the study's own.
    * ``language``: of comments (``vi`` or ``en``, by default the first).

    Raises SurveyError with every fault at once; then nothing is written.

    >>> import tempfile
    >>> answers = {"name": "Khảo sát 2026", "units": ["Xã A", "Xã B"], "questions": ["Đúng hẹn", "Dễ hiểu"]}
    >>> made = new(Path(tempfile.mkdtemp()) / "khao-sat", answers=answers)
    >>> made.instrument.name, [unit.code for unit in made.instrument.units]
    ('khao-sat/2026', ['xa-a', 'xa-b'])
    """
    target, problems, told, comments = (
        Path(folder),
        Problems(),
        Problems(),
        language_named(language) or LANGUAGES[0],
    )
    refuse_filled(target)
    facts = {key: said for key, said in (answers or {}).items() if isinstance(said, str)}
    lists = {key: _entries(said) for key, said in (answers or {}).items() if not isinstance(said, str)}
    register = None if units is None else Path(units)
    begun = _begun(origin, _Beginning(facts, lists, register, taken, comments, problems, told))
    problems.raise_errors()
    assert begun is not None
    own_units = REGISTER if REGISTER in begun.files else ""
    text = new_study_text(begun.instrument, begun.named, begun.facts, own_units, comments)
    files = {STUDY_FILE: text.encode(), **begun.files}
    _check(files)
    write_new_folder(target, files)
    return Founded(target, begun.instrument, tuple(told), tuple(problems))


def blank(out: str | Path, language: str | None = None) -> None:
    """Write the empty office workbook at ``out``, to be filled in and read by :func:`new`; ``language``: ``vi`` (by default) or
    ``en``.

    Raises SurveyError when something stands there already.
    """
    write_new(Path(out), office_workbook({}, language_named(language) or LANGUAGES[0]))


def _entries(said: Sequence[str]) -> list[str]:
    """The entries of a list, those of files in their place."""
    return [one for entry in said for one in (first_column(Path(entry)) if is_file(Path(entry)) else [entry])]


def _begun(origin: str | Path | None, wanted: _Beginning) -> _Begun | None:
    """The study from where it begins; None with the faults noted."""
    if origin is None:
        return _of_office({}, wanted)
    path = Path(origin)
    if str(origin) in shipped() or path.is_dir() or path.name in (INSTRUMENT_FILE, STUDY_FILE):
        _refuse_unused(wanted, {"units"}, _OF_STUDY)
        return _of_edition(_edition(origin, path), wanted)
    if not path.exists():
        near = nearest(str(origin), shipped())
        raise fault("new.no_origin", file=str(origin), accepted=shipped(), nearest=near)
    sheets = read_sheets(path)
    if wanted.taken:
        raise fault("new.no_edition", option=f"--{wanted.taken}", file=str(origin))
    if is_office_workbook(sheets):
        return _of_office(filled_rows(sheets, wanted.problems, wanted.language), wanted)
    if is_xlsform(sheets):
        _refuse_unused(wanted, {"units", "groups"}, {*_OF_STUDY, "unit_heading"})
        return _of_xlsform(sheets, wanted)
    raise fault("new.unknown_origin", file=str(origin), accepted=shipped())


def _refuse_unused(wanted: _Beginning, lists: Collection[str], facts: Collection[str]) -> None:
    """Raise SurveyError where something was answered that is settled by the origin."""
    given = [key for key, said in (*wanted.lists.items(), *wanted.facts.items()) if said]
    unused = [key for key in given if key not in (*lists, *facts)]
    if unused:
        options = [key.removesuffix("s") if key in wanted.lists else key.replace("_", "-") for key in unused]
        raise fault("new.settled", options=[f"--{option}" for option in options])


def _edition(origin: str | Path, path: Path) -> Instrument:
    """The instrument that is named, or that of a study, with the units of that study."""
    if str(origin) in shipped() or not (path.name == STUDY_FILE or is_file(path / STUDY_FILE)):
        return load_instrument(origin)
    study = load_study(path)
    return replace(study.instrument, units=study.units)


def _of_office(filled: OfficeRows, wanted: _Beginning) -> _Begun | None:
    """From a filled workbook, under what was answered beside it."""
    columns = {"units": "name", "groups": "name", "questions": "text"}
    listed = {key: [{columns[key]: said} for said in lines] for key, lines in wanted.lists.items() if lines}
    rows = {**filled, **given_rows(listed, wanted.problems)}
    if wanted.units is not None:
        rows |= register_rows(wanted.units, wanted.problems)
    rows = dict(with_facts(rows, wanted.facts, wanted.problems))
    general = next(iter(rows.get(GENERAL, ())), None)
    facts = {} if general is None else facts_of(general)
    instrument = edition_of(rows, facts, wanted.problems, wanted.told)
    wanted.problems.raise_errors()
    return None if instrument is None else _with_own(instrument, facts)


def _of_xlsform(sheets: Sequence[Sheet], wanted: _Beginning) -> _Begun | None:
    """From an XLSForm, whose units may stand beside it, with the rules of the starting set."""
    facts = _facts(wanted)
    code = facts["code"] or code_of_survey(facts["name"] or Path(sheets[0].file).stem)
    name = "/".join(filter(None, (code, facts["edition"] or facts["end"][:4])))
    instrument = imported(sheets, name, wanted.problems, facts["unit_heading"])
    if instrument is None:
        return None
    named = replace(
        instrument, label_vi=facts["name"] or instrument.label_vi, groups=_one_group(instrument, wanted)
    )
    instrument = with_starting_rules(named, wanted.told)
    units = _units(instrument, wanted)
    wanted.problems.raise_errors()
    if not units:
        wanted.told.add("new.told.no_units", severity="warning")
    return _with_own(replace(instrument, units=units), facts)


def _one_group(instrument: Instrument, wanted: _Beginning) -> tuple[Group, ...]:
    """The one group of a form under the name that was answered; more than one name is a fault."""
    names = wanted.lists.get("groups", ())
    if len(names) > 1:
        wanted.problems.add("new.one_group", names=", ".join(names))
    (group,) = instrument.groups
    return (replace(group, label_vi=names[0], label_en="") if names else group,)


def _of_edition(instrument: Instrument, wanted: _Beginning) -> _Begun:
    """From an edition: named where it is shipped, else copied; or one of its own that states only its differences."""
    facts, units = _facts(wanted), _units(instrument, wanted)
    wanted.problems.raise_errors()
    if wanted.taken == "differences":
        return _differences(instrument, facts, wanted)
    if wanted.taken != "copy" and is_on_shelf(instrument):
        own_units = units != load_instrument(instrument.name).units
        files = {REGISTER: table_bytes(Unit, units, COLUMNS[REGISTER])} if own_units else {}
        return _Begun(replace(instrument, units=units), instrument.name, files, facts)
    code, edition = facts["code"] or instrument.code, facts["edition"] or instrument.edition
    return _with_own(replace(instrument, code=code, edition=edition, units=units, based_on=""), facts)


def _differences(instrument: Instrument, facts: Mapping[str, str], wanted: _Beginning) -> _Begun:
    """An edition of its own that takes everything over; one that is not shipped stands within it."""
    is_shipped = is_on_shelf(instrument)
    edition = facts["edition"] or facts["end"][:4] or f"{instrument.edition}-1"
    base = instrument.name if is_shipped else f"./{BASE}"
    label = facts["name"] or instrument.label_vi
    identity = Identity(
        facts["code"] or instrument.code, edition, base, label, facts["name_en"] or instrument.label_en
    )
    files = {INSTRUMENT_FILE: differences_text(identity, wanted.language).encode()}
    if not is_shipped:
        files |= {f"{BASE}/{name}": content for name, content in instrument_files(instrument).items()}
    own = {f"{OWN}/{name}".removeprefix("./"): content for name, content in files.items()}
    units = _units(instrument, wanted)
    if units != (load_instrument(instrument.name) if is_shipped else instrument).units:
        own[REGISTER] = table_bytes(Unit, units, COLUMNS[REGISTER])
    made = replace(
        instrument, code=identity.code, edition=edition, label_vi=label, based_on=base, units=units
    )
    return _Begun(made, OWN, own, facts)


def _with_own(instrument: Instrument, facts: Mapping[str, str]) -> _Begun:
    """A study with its instrument in its folder."""
    files = instrument_files(instrument)
    return _Begun(instrument, OWN, {f"{OWN}/{name}".removeprefix("./"): files[name] for name in files}, facts)


def _facts(wanted: _Beginning) -> dict[str, str]:
    """The facts that were answered, for a study that begins from something else than a workbook."""
    blank_row = dict.fromkeys((column.key for column in SHEET[GENERAL].columns), "")
    rows = with_facts({}, wanted.facts, wanted.problems)
    return facts_of(rows[GENERAL][0]) if rows else blank_row


def _units(instrument: Instrument, wanted: _Beginning) -> tuple[Unit, ...]:
    """The units of an instrument, or those that were answered or stand in a file in their place."""
    if wanted.units is not None:
        return register_of(wanted.units, instrument.blocks, wanted.problems)
    named = given_rows({"units": [{"name": name} for name in wanted.lists.get("units", ())]}, wanted.problems)
    if named["units"]:
        return units_for(named["units"], instrument.blocks)
    return instrument.units


def _check(files: Mapping[str, bytes]) -> None:
    """Raise SurveyError with everything that is wrong with the study, before it is written where it is wanted."""
    with temporary_folder() as draft:
        for name, content in files.items():
            path = draft / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        found, _ = examined(draft)
    if found.errors:
        raise SurveyError(found.errors)
