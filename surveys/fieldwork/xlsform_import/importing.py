"""An XLSForm as an instrument: one block, one group of respondents, one questionnaire.

What is scored: a question with one answer whose list is a ladder, by its column ``points`` or by words whose good end is known
(:mod:`surveys.fieldwork.xlsform_import.ladders`). What describes respondents by its words is an attribute; every other question
with options stands beside the index; everything else is a column whose content never enters the tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from surveys.definitions.instrument.records import (
    Block,
    Field,
    Group,
    Instrument,
    Item,
    Questionnaire,
    Source,
    Unit,
)
from surveys.fieldwork.xlsform_import.choice_lists import (
    OTHER,
    OTHER_TEXTS,
    ChoiceList,
    read_lists,
    says_yes,
    with_other,
)
from surveys.fieldwork.xlsform_import.conditions import Conditions
from surveys.fieldwork.xlsform_import.form_sheets import Xlsform, read_form
from surveys.fieldwork.xlsform_import.form_structure import AskedQuestion, read_questions
from surveys.fieldwork.xlsform_import.languages import (
    TwoTexts,
    XlsformLanguages,
    languages_of,
    unformatted,
)
from surveys.fieldwork.xlsform_import.left_out import note_left_out, note_references
from surveys.fieldwork.xlsform_import.purposes import Purposes, find_purposes
from surveys.fieldwork.xlsform_import.scales import (
    CHOSEN,
    code_of,
    labels_of,
    options_of,
    other_names,
)
from surveys.fieldwork.xlsform_import.tree import ROOT, Tree
from surveys.fieldwork.xlsform_import.type_words import METADATA, WITHOUT_DATA
from surveys.fieldwork.xlsform_import.unit_cells import folded
from surveys.problems import Problems, the_first
from surveys.returns.files.sheets import Sheet
from surveys.vocabulary.columns import LINE_COLUMNS, TAKEN_BY_ROWS
from surveys.vocabulary.folding import fold
from surveys.vocabulary.roles import FIELD_ROLES, KEPT_ROLES, PERSON_ROLES, FieldRole
from surveys.vocabulary.xml_names import TAKEN

BLOCK = Block("don-vi", "Đơn vị được đánh giá", "Units assessed")
GROUP = Group("nguoi-tra-loi", "Người trả lời", "Respondents")
#: What the unit is called, and the headings under which a column of it is read, where no question of the form asks for it.
UNIT = TwoTexts("Đơn vị được đánh giá", "Unit assessed")
_UNIT_HEADINGS = (UNIT.vi, "Đơn vị", "don_vi", "unit")
#: Codes of the one questionnaire and of the one source.
FORM, SOURCE = "phieu", "xlsform"


def imported(
    sheets: Sequence[Sheet], name: str, problems: Problems, unit_question: str = ""
) -> Instrument | None:
    """The instrument of an XLSForm; None where it has faults, all of which are noted. What an instrument has no place for is
    noted as warnings.

    ``name``: ``code/edition`` of the instrument, or its code alone; ``unit_question``: the name of the question that says which
    unit is assessed (empty: the one whose name, label or column ``role`` tells it).

    >>> import numpy as np
    >>> survey = [["type", "name", "label"], ["select_one h", "q1", "Thái độ phục vụ"], ["text", "don_vi", "Đơn vị"]]
    >>> choices = [["list_name", "name", "label"], ["h", "1", "Không hài lòng"], ["h", "2", "Hài lòng"]]
    >>> tables = {"survey": survey, "choices": choices}
    >>> sheets = [Sheet("f.xlsx", name, "xlsx", np.array(rows, dtype=object)) for name, rows in tables.items()]
    >>> made = imported(sheets, "khao-sat/2025", Problems())
    >>> made.name, [item.code for item in made.items], made.scale["h"].values(), made.fields[0].role
    ('khao-sat/2025', ['q1'], (0.0, 1.0), 'unit')
    """
    before = len(problems.errors)
    form = read_form(sheets, problems)
    survey = form["survey"]
    for column in ("type", "name"):
        if not any(heading.name == column for heading in survey.headings):
            survey.place.note("xlsform_import.column_missing", column)
    if len(problems.errors) > before:
        return None
    languages = languages_of(form)
    lists = read_lists(form, languages)
    questions = read_questions(form, languages, lists)
    for asked in (question.type for question in questions if question.type.or_other):
        if asked.list_name in lists:
            lists[asked.list_name] = with_other(lists[asked.list_name])
    note_references(form, questions)
    once = folded(questions, lists)
    purposes = find_purposes(once, lists, unit_question, problems)
    made = _Importing(form, languages, purposes, once.units)
    made.read()
    note_left_out(form, purposes)
    if not made.items and len(problems.errors) == before:
        asking = [question.name for question in questions if question.type.has_options]
        code = "xlsform_import.none_kept" if asking else "xlsform_import.no_questions"
        survey.place.note(code, names=the_first(asking, 12))
    return made.instrument(name) if len(problems.errors) == before else None


@dataclass
class _Importing:
    """The parts of the instrument while the questions are read."""

    form: Xlsform
    languages: XlsformLanguages
    purposes: Purposes
    listed: ChoiceList | None
    items: list[Item] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.codes = _codes(self.purposes.questions)
        options = {
            k: self._option_codes(k) for k, purpose in self.purposes.of.items() if purpose == "several"
        }
        items = {k: code for k, code in self.codes.items() if self.purposes.of[k] in ("scored", "beside")}
        self.options = options
        self.conditions = Conditions(self.purposes, items, options)
        self.tree = Tree(self._title(), SOURCE)

    def _title(self) -> TwoTexts:
        row = next(iter(self.form["settings"].rows), None)
        title = row.get("form_title") if row else ""
        return TwoTexts(title or "Khảo sát", "" if title else "Survey")

    def _option_codes(self, k: int) -> dict[str, str]:
        """Name of an option → the code of its item: numbered, because the name of the option behind that of the question is the
        text that is written beside the option."""
        names = [choice.name for choice in self.purposes.list_of(k).choices]
        taken = set(self.codes.values())
        return {name: code_of(f"{self.codes[k]}.{n}", taken) for n, name in enumerate(names, 1)}

    def read(self) -> None:
        """Every question, as its purpose says."""
        for k, question in enumerate(self.purposes.questions):
            purpose = self.purposes.of[k]
            if purpose in ("scored", "beside"):
                self._keep_item(k, question, purpose == "scored")
            elif purpose == "several":
                self._keep_options(k, question)
            elif purpose in FIELD_ROLES and question.type.kind not in WITHOUT_DATA:
                self._keep_field(k, question, purpose)
            if question.type.or_other and purpose not in ("left", "ignore"):
                self._keep_other(question)
        self._note_scales()
        if self.listed is not None:
            self._keep_units(self.listed)
        elif self.purposes.unit is None:
            self._add_unit()
        elif not self.units:
            question = self.purposes.questions[self.purposes.unit]
            question.note("xlsform_import.units_elsewhere", "type", name=question.name)

    def _keep_item(self, k: int, question: AskedQuestion, scored: bool) -> None:
        code, row = self.codes[k], question.row
        condition = self.conditions.of(k)
        self.conditions.when[code] = condition
        text = self._label(question)
        self.items.append(
            Item(
                code, "", self.purposes.scale[k].code, (FORM,), text.vi, text.en,
                reverse=bool(says_yes(row.get("reverse"))), asked_when=condition,
                required=bool(says_yes(row.get("required"))), source=SOURCE,
                aliases=(*_aliases(question, code), *self._formatted(question)),
            )
        )  # fmt: skip
        if scored:
            self.tree.place(code, question)

    def _formatted(self, question: AskedQuestion) -> tuple[str, ...]:
        """The labels with their formatting, as exports with labels have them."""
        written = (
            [] if question.local else [question.row.said("label", code or "") for code in self.languages]
        )
        texts = dict.fromkeys(text for text in written if unformatted(text) != text and ";" not in text)
        return tuple(texts)

    def _label(self, question: AskedQuestion) -> TwoTexts:
        if question.label.first:
            return question.label
        question.note("xlsform_import.label_missing", "label", name=question.name)
        return TwoTexts(question.name, "")

    def _keep_options(self, k: int, question: AskedQuestion) -> None:
        """One item for each option of a question with several answers."""
        condition, text = self.conditions.of(k), self._label(question)
        known = self.purposes.list_of(k)
        choices = {choice.name: choice for choice in known.choices}
        for name, code in self.options[k].items():
            label = choices[name].label
            if " " in name:
                question.row.place.note(
                    "xlsform_import.choice_spaced", question.row.written("type"), list=known.name, value=name
                )
            vi, en = (
                f"{asked} [{_unbracketed(option)}]" if asked and option else ""
                for asked, option in zip(text, (label.vi or name, label.en), strict=True)
            )
            aliases = [f"{question.name} [{_unbracketed(name)}]"]
            if choices[name].added:  # tools show it in English, whatever the language
                aliases.append(f"{text.vi} [{OTHER_TEXTS.en}]")
            self.conditions.when[code] = condition
            self.items.append(
                Item(
                    code, "", CHOSEN.code, (FORM,), vi, en, asked_when=condition,
                    required=bool(says_yes(question.row.get("required"))),
                    aliases=tuple(alias for alias in aliases if ";" not in alias), source=SOURCE,
                )
            )  # fmt: skip

    def _keep_field(self, k: int, question: AskedQuestion, role: FieldRole) -> None:
        """A column that is no item; the choices of a question about the unit are the units, those of another its categories."""
        if question.type.kind in METADATA and fold(question.name) in TAKEN and not question.groups:
            return  # readers know it by that name
        if question.type.kind == "start" and role == "personal":
            role = "started"
        is_shown = question.type.kind not in (*METADATA, "calculate", "hidden")
        vi, en = self._label(question) if is_shown else question.label
        header = self._header(question)
        taken = TAKEN_BY_ROWS if role in KEPT_ROLES else LINE_COLUMNS if role in PERSON_ROLES else ()
        made = Field(
            code_of(self.codes[k], taken), role, (header,), label_vi=vi or question.name, label_en=en
        )
        known = self.purposes.lists.get(question.type.list_name)
        if role == "unit" and known and question.type.kind.startswith("select_one"):
            self._keep_units(known)
        elif (
            known
            and role in ("attribute", "stratum", "cluster")
            and question.type.kind.startswith("select_one")
        ):
            made = _with_categories(made, known)
        self.fields.append(made)

    def _add_unit(self) -> None:
        """A column for the unit, which no question of the form asks for: it may be added to the returns."""
        taken = {*self.codes.values(), *(made.code for made in self.fields)}
        names = [
            name for item in self.items for name in (item.code, item.text_vi, item.text_en, *item.aliases)
        ]
        used = {fold(name) for name in (*names, *(h for made in self.fields for h in made.headers))}
        headings = tuple(heading for heading in _UNIT_HEADINGS if fold(heading) not in used)
        named = the_first(headings, len(headings))
        self.form["survey"].place.note("xlsform_import.no_unit", severity="warning", headings=named)
        if headings:
            field_ = Field(code_of("don_vi", taken), "unit", headings, label_vi=UNIT.vi, label_en=UNIT.en)
            self.fields.insert(0, field_)

    def _keep_other(self, question: AskedQuestion) -> None:
        """The text that ``or_other`` lets people write beside the last option."""
        name = f"{question.name}_{OTHER}"
        if all(asked.name != name for asked in self.purposes.questions):
            vi, en = (
                f"{said} ({o})" if said else "" for said, o in zip(question.label, OTHER_TEXTS, strict=True)
            )
            taken = {*self.codes.values(), *(made.code for made in self.fields)}
            header = self._header(question)
            self.fields.append(
                Field(
                    code_of(name, taken), "personal", (f"{header}_{OTHER}",), label_vi=vi or name, label_en=en
                )
            )

    def _header(self, question: AskedQuestion) -> str:
        """What exports call a question: its name, with those of its groups where others have the name too."""
        alike = sum(fold(asked.name) == fold(question.name) for asked in self.purposes.questions)
        return question.name if alike == 1 else "/".join(question.path)

    def _keep_units(self, known: ChoiceList) -> None:
        if known.repeated:
            known.place.note("xlsform_import.units_repeated", "name", value=known.repeated, list=known.name)
        options, taken = options_of(known), set[str]()
        for choice in (choice for choice in options.answers if not choice.added):
            code = code_of(choice.name.removeprefix("-"), taken)
            taken.add(code)
            names = other_names(choice.name, code)
            self.units.append(
                Unit(code, BLOCK.code, choice.label.vi or choice.name, choice.label.en, aliases=names)
            )
        for choice, _ in options.others:
            choice.row.place.note(
                "xlsform_import.no_such_unit", "label", severity="warning", name=choice.called
            )

    def _note_scales(self) -> None:
        """Tell which end of each ladder is the best, and which lists have no points."""
        by_scale: dict[str, list[int]] = {}
        for k in (k for k, purpose in self.purposes.of.items() if purpose in ("scored", "beside")):
            by_scale.setdefault(self.purposes.scale[k].code, []).append(k)
        for places in by_scale.values():
            scale, first = self.purposes.scale[places[0]], self.purposes.questions[places[0]]
            known = self.purposes.lists.get(first.type.list_name)
            names = the_first((self.purposes.questions[k].name for k in places), 12)
            if known is None:
                continue
            if scale.kind == "ordinal":
                ranked = sorted(zip(scale.values(), labels_of(scale), strict=True))
                points = ", ".join(f"{label} = {value:.4g}" for value, label in ranked)
                known.note(
                    "xlsform_import.scale_taken", "points", list=known.name, points=points, names=names
                )
            else:
                known.note("xlsform_import.list_without_points", "points", list=known.name, names=names)

    def instrument(self, name: str) -> Instrument:
        """The parts together."""
        nodes, places = self.tree.finished()
        used = {item.scale for item in self.items}
        scales = {
            scale.code: scale for scale in (*self.purposes.scales.values(), CHOSEN) if scale.code in used
        }
        row = next(iter(self.form["settings"].rows), None)
        version = code_of(row.get("version") if row else "") if row and row.get("version") else "1"
        code, _, edition = name.partition("/")
        title = self._title()
        if not nodes:
            self.form["survey"].place.note("xlsform_import.nothing_scored", severity="warning")
            nodes, places = (
                (self.tree.only_shares(),),
                dict.fromkeys((item.code for item in self.items), ROOT),
            )
        items = tuple(_placed(item, places) for item in self.items)
        matrix = self.purposes.matrix is not None
        own = next((made.code for made in self.fields if made.role == "own_unit"), "") if matrix else ""
        form = Questionnaire(FORM, BLOCK.code, GROUP.code, title.vi, title.en, matrix=matrix, own_unit=own)
        document = f"XLSForm {self.form.file}"
        identifier = row.get("form_id") if row else ""
        source = Source(SOURCE, document, note="; ".join(filter(None, (title.vi, identifier, version))))
        return Instrument(
            code_of(code), edition or version, title.vi, title.en, (BLOCK,), (GROUP,), (form,),
            tuple(scales.values()), nodes, items, tuple(self.units), tuple(self.fields), (), (source,),
        )  # fmt: skip


def _placed(item: Item, places: dict[str, str]) -> Item:
    return replace(item, node=places.get(item.code, ""))


def _codes(questions: Sequence[AskedQuestion]) -> dict[int, str]:
    """The code of each question: its name, with those of its groups where several questions have the name."""
    times: dict[str, int] = {}
    for question in questions:
        times[fold(question.name)] = times.get(fold(question.name), 0) + 1
    codes: dict[int, str] = {}
    taken: set[str] = set()
    for k, question in enumerate(questions):
        whole = ".".join(question.path) if times[fold(question.name)] > 1 else question.name
        codes[k] = code_of(whole, taken)
        taken.add(codes[k])
    return codes


def _aliases(question: AskedQuestion, code: str) -> tuple[str, ...]:
    """Other names of an item in exports: its own name, or its path where the code is one."""
    if code == question.name:
        return ()
    is_path = code == code_of(".".join(question.path)) and len(question.path) > 1
    return ("/".join(question.path),) if is_path else other_names(question.name, code)


def _unbracketed(text: str) -> str:
    return text.replace("[", "(").replace("]", ")")


def _with_categories(made: Field, known: ChoiceList) -> Field:
    """A field with the options of a list as its categories."""
    categories: dict[str, tuple[str, ...]] = {}
    english: dict[str, str] = {}
    for choice in known.choices:
        code = code_of(choice.name.removeprefix("-"), categories)
        texts = {fold(text): text for text in (choice.name, choice.label.en, choice.called) if text}
        texts = {fold(choice.called): choice.called} | texts
        categories[code] = tuple(texts.values())
        english |= {code: choice.label.en} if choice.label.en else {}
    return replace(made, categories=tuple(categories.items()), names_en=tuple(english.items()))
