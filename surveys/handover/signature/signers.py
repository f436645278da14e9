"""The file of those who may sign: OpenSSH's allowed signers (ssh-keygen(1), ALLOWED SIGNERS).

A line is ``principals [options] key-kind key [comment]``; the options known are ``namespaces``, ``valid-after`` and
``valid-before``. ``cert-authority`` is not supported: such a line is told and passed over.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from surveys.handover.signature.sshsig import NAMESPACE, key_line, key_of, kind_of
from surveys.problems import Problems, SurveyError, fault, shortened

#: A file of signers is written by hand, a line a person.
MOST_BYTES = 1_000_000
_QUOTED = r'"(?:\\"|[^"])*"'
_PRINCIPALS = re.compile(r'([^ \t"]*)(?:"([^"]*)"[ \t]*|[ \t]+)')
_WORD = re.compile(rf'(?:\\"|{_QUOTED}|[^ \t"])+')
_OPTION = re.compile(rf"([a-zA-Z-]+)(?:=({_QUOTED}))?(?:,|$)")
_ACCEPTED = ("namespaces", "valid-after", "valid-before")
_TIME = re.compile(r"(\d{8})(?:(\d{4})(\d{2})?)?(Z|UTC)?", re.IGNORECASE)
#: Words of letters, digits and ``. _ @ + -``, a blank between two of them.
_NAME = re.compile(r"[\w.@+-]+(?: [\w.@+-]+)*")
_LONGEST_NAME = 100


@dataclass(frozen=True)
class Signer:
    """A line of the file: whom the key belongs to (a list of patterns, as written), and for what and when it counts."""

    principals: str
    key: bytes
    row: int
    namespaces: str = ""
    valid_after: datetime | None = None
    valid_before: datetime | None = None

    def obstacle(self, namespace: str, when: datetime) -> str:
        """Why the key does not count for a namespace at a time, as the code of a fault; empty where it does."""
        if self.namespaces and not matches(self.namespaces, namespace):
            return "signature.other_purpose"
        if self.valid_after is not None and when < self.valid_after:
            return "signature.not_yet_valid"
        if self.valid_before is not None and when > self.valid_before:
            return "signature.expired"
        return ""


def signer_line(identity: str, key: bytes) -> str:
    """The line of a signers file that lets ``identity`` sign packages, and nothing else, with a public key.

    >>> signer_line("vien@example.vn", bytes(32))[:55]
    'vien@example.vn namespaces="survey-scoring" ssh-ed25519'
    >>> signer_line("Viện Nghiên cứu", bytes(32))[:17]
    '"Viện Nghiên cứu"'
    """
    name = f'"{identity}"' if " " in identity else identity
    return f'{name} namespaces="{NAMESPACE}" {key_line(key)}'


def checked_identity(identity: str) -> str:
    """The name of a signer; raises SurveyError where it could be read as a pattern, a list or a comment."""
    if not _NAME.fullmatch(identity) or len(identity) > _LONGEST_NAME:
        raise fault("signature.identity", value=shortened(identity), most=_LONGEST_NAME)
    return identity


def read_signers(path: Path) -> tuple[Sequence[Signer], Problems]:
    """The signers with Ed25519 keys that a file names, and what was noticed about its other lines (warnings).

    Raises SurveyError when there is no such file, or it is too large or no UTF-8.
    """
    shown = str(path)
    if not path.is_file():
        raise fault("file.missing", file=shown)
    if (size := path.stat().st_size) > MOST_BYTES:
        raise fault("file.too_large", file=shown, size=size, limit=MOST_BYTES)
    try:
        lines = path.read_bytes().decode("utf-8-sig").split("\n")
    except UnicodeDecodeError:
        raise fault("signature.signers_unreadable", file=shown) from None
    problems = Problems()
    found = []
    for row, line in enumerate(lines, start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            try:
                signer = _signer(line.strip(), row)
            except SurveyError as error:
                problems.extend(replace(p, severity="warning", file=shown, row=row) for p in error.problems)
                continue
            found += [signer] if signer is not None else []
    return found, problems


def matches(patterns: str, text: str) -> bool:
    """Whether a pattern list of ssh_config(5) holds a text: ``*`` any characters, ``?`` one, ``!`` before what must not match.

    >>> matches("survey-*,file", "survey-scoring"), matches("*,!survey-scoring", "survey-scoring"), matches("?", "ab")
    (True, False, False)
    """
    held = False
    for pattern in patterns.split(","):
        wanted, negated = pattern.removeprefix("!"), pattern.startswith("!")
        parts = {"*": ".*", "?": "."}
        if re.fullmatch("".join(parts.get(c, re.escape(c)) for c in wanted), text, re.DOTALL):
            if negated:
                return False
            held = True
    return held


def _signer(line: str, row: int) -> Signer | None:
    """One line; None for a key of another kind, which signs no packages. Raises SurveyError for what is not understood."""
    principals = _PRINCIPALS.match(line)
    words = [*_WORD.findall(line[principals.end() :] if principals else ""), "", "", ""]
    for options, kind, text in (("", *words[:2]), words[:3]):
        blob = _blob(kind, text)
        if principals and blob is not None:
            settings, key = _settings(options), key_of(blob)
            return Signer("".join(filter(None, principals.groups())), key, row, *settings) if key else None
    raise fault("signature.signer_line")


def _blob(kind: str, text: str) -> bytes | None:
    """A public key from its kind and Base64; None where they are none."""
    try:
        blob = b64decode(text, validate=True)
        return blob if kind_of(blob) == kind else None
    except ValueError:  # binascii.Error and UnicodeDecodeError are among them
        return None


def _settings(options: str) -> tuple[str, datetime | None, datetime | None]:
    """Namespaces, and the times after and before which a key counts."""
    parts = list(_OPTION.finditer(options)) if options else []
    if "".join(part[0] for part in parts) != options or options.endswith(","):
        raise fault("signature.signer_line")
    found: dict[str, str] = {}
    for part in parts:
        name, value = part[1].lower(), (part[2] or "")[1:-1].replace('\\"', '"')
        if name == "cert-authority":
            raise fault("signature.cert_authority")
        if name not in _ACCEPTED or name in found or not value:
            raise fault("signature.signer_option", value=shortened(part[0]), accepted=_ACCEPTED)
        found[name] = value
    after, before = (_time(found[name], name) if name in found else None for name in _ACCEPTED[1:])
    return found.get(_ACCEPTED[0], ""), after, before


def _time(text: str, option: str) -> datetime:
    """``YYYYMMDD[HHMM[SS]]``, with ``Z`` of UTC, otherwise of the time zone of this machine."""
    found = _TIME.fullmatch(text)
    try:
        day, clock, seconds, utc = found.groups() if found else ("", "", "", "")
        time = datetime.strptime(f"{day}{clock or '0000'}{seconds or '00'}", "%Y%m%d%H%M%S")
        return time.replace(tzinfo=UTC) if utc else time.astimezone()
    except (ValueError, OverflowError, OSError):
        raise fault("signature.signer_time", value=shortened(text), option=option) from None
