"""Signing a package, and checking who signed it: the signature is over the bytes of ``SHA256SUMS``, which covers every file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from surveys.handover.manifest import COUNCIL, SIGNATURE, SUMS
from surveys.handover.signature.keys import SigningKey, fits
from surveys.handover.signature.signers import Signer, read_signers
from surveys.handover.signature.sshsig import (
    MOST_BYTES,
    NAMESPACE,
    SshSignature,
    key_fingerprint,
    read_signature,
)
from surveys.handover.verification import verify_folder
from surveys.problems import Problems, SurveyError, fault, shortened
from surveys.vocabulary.new_file import write_new
from surveys.vocabulary.output_draft import clear_leftovers


@dataclass(frozen=True)
class SignedBy:
    """A signature that holds: its file, and whom the file of signers says its key belongs to (as written there)."""

    file: str
    principals: str
    key: str


def refuse_signed(folder: Path) -> None:
    """Raise SurveyError when a folder has a signature already: none is ever overwritten. What a run that was killed left of one
    is cleared."""
    clear_leftovers(folder / SIGNATURE)
    if os.path.lexists(folder / SIGNATURE):
        raise fault("signature.exists", file=str(folder / SIGNATURE))


def sign_folder(folder: Path, key: SigningKey) -> None:
    """Write ``SHA256SUMS.sig`` into a folder of results that verifies.

    Raises SurveyError when the folder has a signature or does not verify; then nothing is written.
    """
    refuse_signed(folder)
    problems = Problems()
    problems.extend(verify_folder(folder))
    problems.raise_errors()
    write_new(folder / SIGNATURE, key.signature_of((folder / SUMS).read_bytes()).armoured())


def signatures_in(folder: Path) -> tuple[str, ...]:
    """Relative paths of the signatures of a folder and of the council's folder in it."""
    paths = (SIGNATURE, f"{COUNCIL}/{SIGNATURE}")
    return tuple(path for path in paths if os.path.lexists(folder / path))


def check_signatures(
    folder: Path, signers: Path, when: datetime | None = None
) -> tuple[Sequence[SignedBy], Problems]:
    """Who signed a folder of results, by the keys of a file of signers, and what is wrong with its signatures.

    There must be one, and each must hold; ``when``: the time for which a key must be valid (now, if not given).
    """
    listed, problems = read_signers(signers)
    when = when or datetime.now(UTC)
    found = []
    for path in signatures_in(folder):
        try:
            signature = _fitting(folder / path, path)
            signer = _signer_of(signature, listed, path, when)
        except SurveyError as error:
            problems.extend(error.problems)
            continue
        found.append(SignedBy(path, signer.principals, key_fingerprint(signature.key)))
    if not signatures_in(folder):
        problems.add("signature.none", file=str(folder), signature=SIGNATURE)
    return found, problems


def _fitting(path: Path, shown: str) -> SshSignature:
    """The signature in a file, which was made for packages and over the ``SHA256SUMS`` beside it."""
    if not path.is_file():
        raise fault("signature.not_a_signature", file=shown)
    with open(path, "rb") as file:
        signature = read_signature(file.read(MOST_BYTES + 1), shown)
    if signature.namespace != NAMESPACE:
        raise fault(
            "signature.of_other_namespace",
            file=shown,
            found=shortened(signature.namespace),
            expected=NAMESPACE,
        )
    sums = path.parent / SUMS
    if not sums.is_file() or not fits(signature, sums.read_bytes()):
        raise fault("signature.does_not_fit", file=shown, sums=SUMS)
    return signature


def _signer_of(signature: SshSignature, signers: Sequence[Signer], shown: str, when: datetime) -> Signer:
    """The first signer with the key of a signature whose line counts; the first obstacle where none does."""
    with_key = [signer for signer in signers if signer.key == signature.key]
    obstacles = {signer.row: signer.obstacle(signature.namespace, when) for signer in with_key}
    for signer in with_key:
        if not obstacles[signer.row]:
            return signer
    key = key_fingerprint(signature.key)
    if not with_key:
        raise fault("signature.unknown_signer", file=shown, key=key)
    first = with_key[0]
    raise fault(obstacles[first.row], file=shown, signer=shortened(first.principals), key=key, line=first.row)
