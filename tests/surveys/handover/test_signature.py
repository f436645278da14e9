"""Signatures: ours are those of ssh-keygen byte for byte, each accepts what the other made, and nothing else is accepted."""

from __future__ import annotations

import shutil
import subprocess
import sys
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from surveys.handover.manifest import COUNCIL, SIGNATURE, SUMS
from surveys.handover.package import deliver
from surveys.handover.signature.checks import check_signatures, sign_folder, signatures_in
from surveys.handover.signature.keys import SigningKey, open_key, read_passphrase
from surveys.handover.signature.signers import checked_identity, matches, read_signers, signer_line
from surveys.handover.signature.sshsig import (
    NAMESPACE,
    key_blob,
    key_fingerprint,
    read_signature,
    string,
)
from surveys.handover.verification import verify_folder
from surveys.problems import SurveyError
from surveys.scoring.scored_round import ScoredRound

SSH_KEYGEN = shutil.which("ssh-keygen")
needs_ssh_keygen = pytest.mark.skipif(SSH_KEYGEN is None, reason="ssh-keygen is not installed")
WHO, PASSPHRASE = "vien@example.vn", "mật khẩu của Viện"
#: Public keys, fingerprint and signatures that ssh-keygen (OpenSSH 9.2) made from the private keys below.
HERE = Path(__file__).parent / "signatures"
#: The secret of each Ed25519 key, and that of the ECDSA key.
SECRETS = {"key": bytes(range(32)), "other": bytes(range(1, 33))}
ECDSA_SECRET = int("7" * 70)
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


def ssh_keygen(*arguments: str | Path, content: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    assert SSH_KEYGEN is not None
    return subprocess.run([SSH_KEYGEN, *map(str, arguments)], input=content, capture_output=True, check=False)


def codes(error: pytest.ExceptionInfo[SurveyError]) -> list[str]:
    return [problem.code for problem in error.value.problems]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of private keys in OpenSSH's format, readable by their owner only, as ssh-keygen wants them."""
    folder = tmp_path_factory.mktemp("keys")
    secrets = {name: Ed25519PrivateKey.from_private_bytes(secret) for name, secret in SECRETS.items()}
    lock = BestAvailableEncryption(PASSPHRASE.encode())
    for name, key, encryption in (
        ("key", secrets["key"], NoEncryption()),
        ("other", secrets["other"], NoEncryption()),
        ("locked", secrets["other"], lock),
        ("ecdsa", ec.derive_private_key(ECDSA_SECRET, ec.SECP256R1()), NoEncryption()),
    ):
        path = folder / name
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, encryption))
        path.chmod(0o600)
    return folder


@pytest.fixture
def key(keys: Path) -> SigningKey:
    return open_key(keys / "key")


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    """A folder with checksums and a signature over them, which is all that the check of a signature looks at."""
    folder = tmp_path / "folder"
    folder.mkdir()
    shutil.copy(HERE / SUMS, folder / SUMS)
    shutil.copy(HERE / SIGNATURE, folder / SIGNATURE)
    return folder


def signers(tmp_path: Path, text: str | None = None) -> Path:
    path = tmp_path / "signers"
    path.write_text(public('namespaces="survey-scoring"') if text is None else text, encoding="utf-8")
    return path


def public(options: str = "", who: str = WHO) -> str:
    """A line of a signers file with the key of the tests, as its ``.pub`` file has it."""
    return " ".join(filter(None, (who, options, (HERE / "key.pub").read_text())))


def found_in(folder: Path, file: Path, when: datetime = NOW) -> list[str]:
    """Codes of what is wrong."""
    return [problem.code for problem in check_signatures(folder, file, when)[1]]


def test_the_signature_is_that_of_ssh_keygen_byte_for_byte(keys: Path, key: SigningKey) -> None:
    content = (HERE / SUMS).read_bytes()
    assert key.signature_of(content).armoured() == (HERE / SIGNATURE).read_bytes()
    other = open_key(keys / "locked", PASSPHRASE.encode())
    assert other.signature_of(content).armoured() == (HERE / "other-key.sig").read_bytes()


def test_a_signature_says_who_signed(signed: Path, tmp_path: Path) -> None:
    (found,), problems = check_signatures(signed, signers(tmp_path))
    assert (found.file, found.principals) == (SIGNATURE, WHO)
    assert found.key == (HERE / "key.fingerprint").read_text().strip()  # ssh-keygen -l
    assert not list(problems)


@needs_ssh_keygen
def test_ssh_keygen_accepts_what_is_signed_here(
    small_round: ScoredRound, key: SigningKey, tmp_path: Path
) -> None:
    folder, listed = tmp_path / "results", signers(tmp_path)
    deliver(small_round, folder)
    for part in (folder / COUNCIL, folder):
        sign_folder(part, key)
        done = ssh_keygen(
            "-Y", "verify", "-f", listed, "-I", WHO, "-n", NAMESPACE, "-s", part / SIGNATURE,
            content=(part / SUMS).read_bytes(),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert verify_folder(folder) == verify_folder(folder / COUNCIL) == ()  # signatures belong to the package
    assert signatures_in(folder) == (SIGNATURE, f"{COUNCIL}/{SIGNATURE}")
    found, problems = check_signatures(folder, listed)
    assert [one.file for one in found] == [*signatures_in(folder)]
    assert not list(problems)
    with pytest.raises(SurveyError) as error:
        sign_folder(folder, key)
    assert codes(error) == ["signature.exists"]


@needs_ssh_keygen
def test_a_signature_of_ssh_keygen_is_accepted(
    small_round: ScoredRound, keys: Path, key: SigningKey, tmp_path: Path
) -> None:
    folder = tmp_path / "results"
    deliver(small_round, folder)
    done = ssh_keygen("-Y", "sign", "-f", keys / "key", "-n", NAMESPACE, folder / SUMS)
    assert done.returncode == 0, done.stderr
    assert found_in(folder, signers(tmp_path)) == []
    made = key.signature_of((folder / SUMS).read_bytes()).armoured()
    assert (folder / SIGNATURE).read_bytes() == made
    (folder / SIGNATURE).unlink()
    assert ssh_keygen(
        "-Y", "sign", "-O", "hashalg=sha256", "-f", keys / "key", "-n", NAMESPACE, folder / SUMS
    ).returncode == 0  # fmt: skip
    assert found_in(folder, signers(tmp_path)) == []


@needs_ssh_keygen
@pytest.mark.parametrize("who", [WHO, "Viện Nghiên cứu", "a-b_c+d"])
def test_the_line_of_a_signer_is_read_by_ssh_keygen(
    who: str, signed: Path, key: SigningKey, tmp_path: Path
) -> None:
    listed = signers(tmp_path, signer_line(who, key.public))
    done = ssh_keygen(
        "-Y", "verify", "-f", listed, "-I", who, "-n", NAMESPACE, "-s", signed / SIGNATURE,
        content=(signed / SUMS).read_bytes(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert check_signatures(signed, listed)[0][0].principals == who
    assert checked_identity(who) == who


@pytest.mark.parametrize(
    "who", ["", " a", "a  b", "a,b", "*", "a?", "!a", 'a"b', "#a", "a\tb", "a\nb", "x" * 101]
)
def test_a_name_that_would_be_read_otherwise_is_refused(who: str) -> None:
    with pytest.raises(SurveyError) as error:
        checked_identity(who)
    assert codes(error) == ["signature.identity"]


@pytest.mark.parametrize(
    "bits", [(1,), pytest.param([1 << k for k in range(8)], marks=pytest.mark.long)], ids=["one", "all"]
)
def test_every_byte_of_a_signature_counts(bits: list[int], signed: Path, tmp_path: Path) -> None:
    right, listed = (signed / SIGNATURE).read_bytes(), signers(tmp_path)
    assert found_in(signed, listed) == []
    accepted = []
    for place in range(len(right)):
        changed = [right[:place] + bytes([right[place] ^ bit]) + right[place + 1 :] for bit in bits]
        changed += [
            right[:place] + right[place + 1 :],
            right[:place] + right[place : place + 1] + right[place:],
        ]
        for content in changed:
            (signed / SIGNATURE).write_bytes(content)
            if content != right and not found_in(signed, listed):
                accepted.append(place)
    assert accepted == []


def test_every_byte_of_what_is_packed_counts(signed: Path, tmp_path: Path) -> None:
    """Changed before it is put into Base64, so that the text itself is without a flaw."""
    begin, *lines, end, _ = (signed / SIGNATURE).read_text().split("\n")
    blob, listed = b64decode("".join(lines)), signers(tmp_path)
    found = set()
    for place in range(len(blob)):
        for bit in (1,):
            text = b64encode(blob[:place] + bytes([blob[place] ^ bit]) + blob[place + 1 :]).decode()
            parts = [text[start : start + 70] for start in range(0, len(text), 70)]
            (signed / SIGNATURE).write_text("\n".join([begin, *parts, end, ""]))
            told = found_in(signed, listed)
            assert told, place
            found |= set(told)
    assert found == {
        "signature.damaged", "signature.does_not_fit", "signature.of_other_key", "signature.of_other_namespace",
    }  # fmt: skip


def _half(content: bytes) -> bytes:
    return content[: len(content) // 2]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_half, "signature.cut_short"),
        (lambda content: content[:-2], "signature.cut_short"),
        (lambda content: content[:-1], "signature.damaged"),
        (lambda content: content.replace(b"\n", b"\r\n"), "signature.damaged"),
        (lambda content: content + b"\n", "signature.damaged"),
        (lambda content: b"", "signature.not_a_signature"),
        (lambda content: b"-----BEGIN PGP SIGNATURE-----\n", "signature.not_a_signature"),
        (lambda content: content + bytes(100_000), "signature.damaged"),
        (lambda content: (HERE / "other-namespace.sig").read_bytes(), "signature.of_other_namespace"),
        (lambda content: (HERE / "other-file.sig").read_bytes(), "signature.does_not_fit"),
        (lambda content: (HERE / "other-key.sig").read_bytes(), "signature.unknown_signer"),
        (lambda content: (HERE / "ecdsa.sig").read_bytes(), "signature.of_other_key"),
    ],
)
def test_what_is_wrong_with_a_signature_is_told(change, code: str, signed: Path, tmp_path: Path) -> None:
    (signed / SIGNATURE).write_bytes(change((signed / SIGNATURE).read_bytes()))
    assert found_in(signed, signers(tmp_path)) == [code]


def test_changed_checksums_are_told(signed: Path, tmp_path: Path) -> None:
    (signed / SUMS).write_bytes((signed / SUMS).read_bytes()[:-1])
    assert found_in(signed, signers(tmp_path)) == ["signature.does_not_fit"]
    (signed / SUMS).unlink()
    assert found_in(signed, signers(tmp_path)) == ["signature.does_not_fit"]
    (signed / SIGNATURE).unlink()
    assert found_in(signed, signers(tmp_path)) == ["signature.none"]
    (signed / SIGNATURE).mkdir()
    assert found_in(signed, signers(tmp_path)) == ["signature.not_a_signature"]


def test_the_reserved_part_is_empty(signed: Path, tmp_path: Path) -> None:
    """ssh-keygen passes over what stands there; here a signature has one spelling."""
    right = read_signature((signed / SIGNATURE).read_bytes(), SIGNATURE)
    parts = (
        key_blob(right.key),
        NAMESPACE.encode(),
        b"x",
        b"sha512",
        string(b"ssh-ed25519") + string(right.value),
    )
    text = b64encode(b"SSHSIG" + bytes([0, 0, 0, 1]) + b"".join(map(string, parts)))
    lines = [text[start : start + 70] for start in range(0, len(text), 70)]
    armour = b"\n".join([b"-----BEGIN SSH SIGNATURE-----", *lines, b"-----END SSH SIGNATURE-----", b""])
    (signed / SIGNATURE).write_bytes(armour)
    assert found_in(signed, signers(tmp_path)) == ["signature.damaged"]


#: Lines of a file of signers (``{}``: kind and key), what is said of the signature, and whether ssh-keygen accepts it.
LINES = {
    "plain": ("vien {}", []),
    "comment behind": ("vien {} của Viện \"2026", []),
    "tabs": ("vien\t{}", []),
    "quoted": ('"vien, vien khac" {}', []),
    "list": ("khac,vien {}", []),
    "wildcard": ("*@example.vn,v?en {}", []),
    "namespace": ('vien namespaces="survey-scoring" {}', []),
    "namespace list": ('vien NAMESPACES="file,survey-*" {}', []),
    "namespace of others": ('vien namespaces="file" {}', ["signature.other_purpose"]),
    "namespace excluded": ('vien namespaces="*,!survey-scoring" {}', ["signature.other_purpose"]),
    "valid": ('vien valid-after="20260101",valid-before="20270101Z" {}', []),
    "valid to the minute": ('vien valid-after="202601011200",valid-before="20270101120030Z" {}', []),
    "expired": ('vien valid-before="20260110Z" {}', ["signature.expired"]),
    "not yet": ('vien namespaces="survey-scoring",valid-after="20260120Z" {}', ["signature.not_yet_valid"]),
    "second line": ('vien valid-before="20200101" {0}\nvien {0}', []),
    "no time": ('vien valid-before="20261301" {}', ["signature.signer_time", "signature.unknown_signer"]),
    "half a time": ('vien valid-before="2026" {}', ["signature.signer_time", "signature.unknown_signer"]),
    "unknown option": ('vien no-touch-required {}', ["signature.signer_option", "signature.unknown_signer"]),
    "no value": ("vien namespaces {}", ["signature.signer_option", "signature.unknown_signer"]),
    "twice": (
        'vien namespaces="a",namespaces="survey-scoring" {}', ["signature.signer_option", "signature.unknown_signer"],
    ),
    "authority": ("vien cert-authority {}", ["signature.cert_authority", "signature.unknown_signer"]),
    "no name": ("{}", ["signature.signer_line", "signature.unknown_signer"]),
    "open quotes": ('"vien {}', ["signature.signer_line", "signature.unknown_signer"]),
    "comma at the end": ('vien namespaces="survey-scoring", {}', ["signature.signer_line", "signature.unknown_signer"]),
    "commented out": ("# vien {}", ["signature.unknown_signer"]),
    "nothing": ("", ["signature.unknown_signer"]),
}  # fmt: skip


@pytest.mark.parametrize("name", LINES)
def test_lines_of_signers(name: str, signed: Path, tmp_path: Path) -> None:
    line, expected = LINES[name]
    kind_and_key = " ".join((HERE / "key.pub").read_text().split()[:2])
    ecdsa = " ".join((HERE / "ecdsa.pub").read_text().split()[:2])
    around = f"# những người ký\r\n\r\nkhac {ecdsa}\r\n{{}}\n"
    listed = signers(tmp_path, around.format(line.format(kind_and_key)))
    assert found_in(signed, listed) == expected
    if SSH_KEYGEN:
        done = ssh_keygen(
            "-Y", "verify", "-f", listed, "-I", "vien", "-n", NAMESPACE, "-O", "verify-time=20260115120000Z",
            "-s", signed / SIGNATURE, content=(signed / SUMS).read_bytes(),
        )  # fmt: skip
        assert (done.returncode == 0) == (not expected), done.stderr


def test_a_file_of_signers_that_cannot_be_read_is_told(signed: Path, tmp_path: Path) -> None:
    for content, code in (
        (b"\xff\xfe\x00", "signature.signers_unreadable"),
        (b"#" * 1_000_001, "file.too_large"),
        (None, "file.missing"),
    ):
        path = tmp_path / "signers"
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(SurveyError) as error:
            check_signatures(signed, path)
        assert codes(error) == [code]


def test_a_key_counts_from_one_moment_to_another(signed: Path, tmp_path: Path) -> None:
    listed = signers(tmp_path, public('valid-after="20260115120000Z",valid-before="20260115120001Z"'))
    moments = [NOW + timedelta(seconds=k) for k in (-1, 0, 1, 2)]
    assert [found_in(signed, listed, moment) for moment in moments] == [
        ["signature.not_yet_valid"], [], [], ["signature.expired"],
    ]  # fmt: skip


def test_the_signers_are_read_with_their_rows(key: SigningKey, tmp_path: Path) -> None:
    text = f"﻿# a\n{public(who='a')}\nhỏng\n{public(who='b')}"
    found, problems = read_signers(signers(tmp_path, text))
    assert [(signer.principals, signer.row) for signer in found] == [("a", 2), ("b", 5)]
    assert [(p.code, p.severity, p.row) for p in problems] == [("signature.signer_line", "warning", 4)]
    assert {signer.key for signer in found} == {key.public}


def test_pattern_lists() -> None:
    assert matches("a.b", "a.b")
    assert not matches("a.b", "axb")
    assert not matches("!a", "b")
    assert not matches("", "a")


@pytest.mark.parametrize(
    ("name", "passphrase", "code"),
    [
        ("locked", None, "signature.passphrase_needed"),
        ("locked", b"sai", "signature.wrong_passphrase"),
        ("locked", b"", "signature.wrong_passphrase"),
        ("ecdsa", None, "signature.key_of_other_kind"),
        (HERE / "key.pub", None, "signature.public_key"),
        (HERE / SUMS, None, "signature.not_a_key"),
        ("no-such-file", None, "file.missing"),
        (".", None, "file.missing"),
    ],
)
def test_a_key_that_cannot_sign_is_told(
    name: str | Path, passphrase: bytes | None, code: str, keys: Path
) -> None:
    with pytest.raises(SurveyError) as error:
        open_key(keys / name, passphrase)
    assert codes(error) == [code]


def test_damaged_keys_are_told(keys: Path, tmp_path: Path) -> None:
    content = (keys / "key").read_bytes()
    told = set()
    for place in range(0, len(content), 12):
        path = tmp_path / "key"
        path.write_bytes(content[:place] + bytes([content[place] ^ 2]) + content[place + 1 :])
        try:
            open_key(path)
        except SurveyError as error:
            told |= {problem.code for problem in error.problems}
        path.write_bytes(content[:place])
        with pytest.raises(SurveyError):
            open_key(path)
    assert told <= {
        "signature.not_a_key", "signature.key_damaged", "signature.key_of_other_kind", "signature.passphrase_needed",
        "signature.key_encryption",
    }  # fmt: skip
    path.write_bytes(bytes(100_001))
    with pytest.raises(SurveyError) as found:
        open_key(path)
    assert codes(found) == ["file.too_large"]


def test_a_passphrase_stands_in_the_first_line(keys: Path, tmp_path: Path) -> None:
    path = tmp_path / "passphrase"
    for content in (f"{PASSPHRASE}\n", f"{PASSPHRASE}\r\n# ghi chú", f"﻿{PASSPHRASE}"):
        path.write_text(content, encoding="utf-8", newline="")
        open_key(keys / "locked", read_passphrase(path))


def test_a_folder_that_does_not_verify_is_not_signed(
    small_round: ScoredRound, key: SigningKey, tmp_path: Path
) -> None:
    folder = tmp_path / "results"
    deliver(small_round, folder)
    (folder / "units.csv").write_bytes((folder / "units.csv").read_bytes() + b"\r\n")
    before = {path.relative_to(folder) for path in folder.rglob("*")}
    with pytest.raises(SurveyError) as error:
        sign_folder(folder, key)
    assert "verify.file_changed" in codes(error)
    assert {path.relative_to(folder) for path in folder.rglob("*")} == before


def test_without_the_package_it_is_said_what_to_install(
    monkeypatch: pytest.MonkeyPatch, keys: Path, signed: Path, tmp_path: Path
) -> None:
    listed = signers(tmp_path)
    for name in [name for name in sys.modules if name.split(".")[0] == "cryptography"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(SurveyError) as error:
        open_key(keys / "key")
    assert codes(error) == ["signature.not_installed"]
    assert found_in(signed, listed) == ["signature.not_installed"]


def test_the_fingerprint_of_a_key_is_that_of_ssh_keygen(key: SigningKey) -> None:
    assert key_fingerprint(key.public) == (HERE / "key.fingerprint").read_text().strip()
    assert key.public == b64decode((HERE / "key.pub").read_text().split()[1])[-32:]
