"""Packages that are handed over: who gives them, is every file the one that was delivered, is it the package that was made?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from surveys.between_rounds import compare, unless_not_comparable
from surveys.definitions.study.index_kind import refuse_unscored
from surveys.handover.earlier_results import HANDOVER
from surveys.handover.fingerprint import fingerprint as fingerprint_of_folder
from surveys.handover.fingerprint import typed_fingerprint
from surveys.handover.folder import ready, write_folder
from surveys.handover.handing_over import deliver_handover, read_results, refuse_within
from surveys.handover.manifest import MANIFEST, UNIT_SHEETS, read_manifest
from surveys.handover.official_columns import CHANGES
from surveys.handover.package import package, screening
from surveys.handover.round_results import RoundResults, read_results_of_round
from surveys.handover.scored_again import differences
from surveys.handover.scored_from_copy import differences_from_copy
from surveys.handover.sheets_folder import sheets_folder
from surveys.handover.signature.checks import SignedBy, check_signatures, refuse_signed, sign_folder
from surveys.handover.signature.keys import open_key, read_passphrase
from surveys.handover.signature.signers import checked_identity, signer_line
from surveys.handover.signature.sshsig import key_fingerprint
from surveys.handover.verification import verify_folder
from surveys.problems import Problem, SurveyError
from surveys.reports.analysis_report.quoting import Quoted
from surveys.reports.analysis_report.reported_round import as_printed
from surveys.reports.unit_changes import UnitChanges, unit_changes
from surveys.reports.unit_figures import Key, UnitFigures, unit_figures
from surveys.reports.word.handover_record import handover_record
from surveys.reports.word.unit_sheet import sheet_facts, unit_sheet
from surveys.study import Study, load
from surveys.vocabulary.folder_content import unreplaced
from surveys.vocabulary.progress import Stages, unheard


@dataclass(frozen=True)
class Signed:
    """What the receivers of a signed folder are told on another way: who signed, the ``line`` for their file of signers, and the
    fingerprints of the key in it and of the folder."""

    identity: str
    line: str
    key: str
    fingerprint: str


def verify(
    folder: str | Path,
    *,
    fingerprint: str | None = None,
    signers: str | Path | None = None,
    study: Study | str | Path | None = None,
    progress: Stages = unheard,
) -> tuple[Problem, ...]:
    """Everything that is wrong with a folder of results, a screening, or a council folder on its own; () when all is well.

    ``fingerprint``: the one that was told on another way; spaces, dashes and case do not matter. ``signers``: the
    file of those who may sign (OpenSSH's allowed signers); then there must be a signature of one of them. ``study``:
    one's own copy of the round, which is scored again in memory and compared with every file; when it cannot be
    scored, its errors are told.
    """
    place = Path(folder)

    def found() -> tuple[Problem, ...]:
        told = [*verify_folder(place)]
        if fingerprint is not None:
            told += _against_fingerprint(place, fingerprint)
        if signers is not None:
            told += _against_signers(place, Path(signers))
        if study is not None:
            told += _against_study(place, study, progress)
        return tuple(dict.fromkeys(told))

    return unreplaced(place, found)


def hand_over(results: str | Path, out: str | Path, *, record: bool = False) -> str:
    """Write the council's folder of results at ``out``, byte for byte, and tell its fingerprint.

    ``record``: with a Word document beside it for the signatures of giver and receiver, which shows the fingerprint. Raises
    SurveyError when the results do not verify, when ``out`` must not be replaced, or when the packages for the record are not
    installed; then nothing is written.
    """
    source, place = Path(results), Path(out)
    refuse_within(source, place)
    ready(place, HANDOVER)
    handed = unreplaced(source, lambda: read_results(source))
    deliver_handover(handed, place, handover_record(handed) if record else None)
    return handed.fingerprint


def unit_sheets(results: str | Path, out: str | Path, previous: str | Path | None = None) -> int:
    """Write the draft results of every unit at ``out``, a Word document each, and the table for their explanations; tell how many
    documents there are.

    ``results``: a folder of results; ``previous``: that of the earlier round, with which the units are compared. Raises
    SurveyError when one of them does not verify, when ``out`` lies in it or must not be replaced, or when the package for Word
    documents is not installed; then nothing is written.
    """
    source, place = Path(results), Path(out)
    earlier = None if previous is None else Path(previous)
    for folder in filter(None, (source, earlier)):
        refuse_within(folder, place)
    ready(place, UNIT_SHEETS)
    found = unreplaced(source, lambda: read_results_of_round(source))
    refuse_unscored(found.instrument)
    facts, figures, since = sheet_facts(found), unit_figures(found), {}
    if earlier is not None:
        before = unreplaced(earlier, lambda: read_results_of_round(earlier))
        since, figures = {"previous": before.fingerprint}, _since(earlier, source, figures, found)
    sheets = {unit: unit_sheet(of_unit, facts) for unit, of_unit in figures.items()}
    write_folder(place, sheets_folder(found, sheets, facts.label, **since))
    return len(sheets)


def signed_by(folder: str | Path, signers: str | Path) -> tuple[SignedBy, ...]:
    """Whose signatures of a folder hold, as the file of signers names them; :func:`verify` says what is wrong with the others.

    Raises SurveyError when the file of signers cannot be read.
    """
    return tuple(check_signatures(Path(folder), Path(signers))[0])


def sign(
    folder: str | Path, key: str | Path, identity: str, *, passphrase: str | Path | None = None
) -> Signed:
    """Sign a folder of results, a council folder or a hand-over with a private Ed25519 key in OpenSSH's format: write
    ``SHA256SUMS.sig``, which ``ssh-keygen -Y verify`` checks as well as :func:`verify` does.

    ``identity``: whom the key belongs to, as receivers will know it; ``passphrase``: of the key, or the file that has it in its
    first line. Raises SurveyError when the folder has a signature or does not verify, or the key cannot be used (code
    ``signature.passphrase_needed``: it wants a passphrase); then nothing is written.
    """
    place = Path(folder)
    checked_identity(identity)
    refuse_signed(place)
    secret = read_passphrase(passphrase) if isinstance(passphrase, Path) else passphrase
    opened = open_key(Path(key), secret.encode() if isinstance(secret, str) else secret)
    sign_folder(place, opened)
    line, named = signer_line(identity, opened.public), key_fingerprint(opened.public)
    return Signed(identity, line, named, fingerprint_of_folder(place))


def _since(
    earlier: Path, results: Path, figures: Mapping[Key, UnitFigures], found: RoundResults
) -> dict[Key, UnitFigures]:
    """The figures of each unit with what changed since the earlier round, or why the rounds cannot be compared."""
    output = found.settings.output
    changes = unless_not_comparable(lambda: compare(earlier, results).changes, output.language)
    if isinstance(changes, str):
        return {unit: replace(own, changes=UnitChanges(refused=changes)) for unit, own in figures.items()}
    of_units = unit_changes(
        Quoted(as_printed(CHANGES, changes, output)),
        found.instrument,
        output.percent_decimals,
        output.language,
    )
    return {unit: replace(own, changes=of_units.get(unit, UnitChanges())) for unit, own in figures.items()}


def _against_signers(folder: Path, signers: Path) -> tuple[Problem, ...]:
    try:
        return tuple(check_signatures(folder, signers)[1])
    except SurveyError as error:
        return error.problems


def _against_fingerprint(folder: Path, told: str) -> Iterator[Problem]:
    """The fingerprint that was told against that of the folder; nothing where the folder has none."""
    try:
        expected = typed_fingerprint(told)
        found = fingerprint_of_folder(folder)
    except SurveyError as error:
        yield from error.problems
        return
    if expected != found:
        params = (("expected", expected), ("found", found))
        yield Problem("fingerprint.differs", file=str(folder), params=params)


def _against_study(folder: Path, study: Study | str | Path, progress: Stages) -> Iterator[Problem]:
    """The folder against the study scored, or where it is a screening screened, again; nothing where it has no manifest."""
    manifest = read_manifest(folder / MANIFEST)
    if manifest is None:
        return
    if manifest.get("content") not in ("scores", "screening"):
        yield Problem("again.no_round", file=str(folder))
        return
    try:
        loaded = study if isinstance(study, Study) else load(study)
        if manifest["content"] == "scores":
            again = package(loaded.score(progress).round)
        else:
            again = screening(loaded.screen(progress).screened)
    except SurveyError as error:
        yield Problem("again.not_scored", file=str(study.path if isinstance(study, Study) else study))
        yield from error.problems
        return
    compared = differences_from_copy if loaded.definition.is_pseudonymised else differences
    yield from compared(folder, again)
