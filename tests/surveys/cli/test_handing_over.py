"""Signing from outside: what is asked, what is said, what is written; messages by their code, never by prose."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

import surveys as sv
from surveys.cli import main
from surveys.problems import phrase

Captured = pytest.CaptureFixture[str]
PASSPHRASE = "mật khẩu của Viện"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    for name, lock in (("open", NoEncryption()), ("locked", BestAvailableEncryption(PASSPHRASE.encode()))):
        (folder / name).write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, lock))
    (folder / "passphrase").write_text(f"{PASSPHRASE}\n", encoding="utf-8")
    return folder


@pytest.fixture
def council(scored: Path, tmp_path: Path) -> Path:
    shutil.copytree(scored / "council", tmp_path / "council")
    return tmp_path / "council"


def test_a_folder_is_signed_and_the_signature_is_checked(
    keys: Path, council: Path, tmp_path: Path, capsys: Captured
) -> None:
    folder, listed = str(council), tmp_path / "signers"
    arguments = ["sign", folder, "--key", str(keys / "open"), "--identity", "vien@example.vn"]
    capsys.readouterr()
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert phrase("cli.fingerprint", "vi", fingerprint=sv.fingerprint(council)) in out
    (line,) = (line.strip() for line in out.splitlines() if " ssh-ed25519 " in line)
    listed.write_text(line, encoding="utf-8")
    assert main(["verify", folder, "--signers", str(listed)]) == 0
    said = capsys.readouterr().out
    (signed,) = sv.signed_by(council, listed)
    assert (signed.principals, signed.file) == ("vien@example.vn", "SHA256SUMS.sig")
    assert (
        phrase("cli.verify.signed", "vi", signature=signed.file, signer=signed.principals, key=signed.key)
        in said
    )
    assert main(arguments) == 1  # never over another signature
    listed.write_text("# nobody\n", encoding="utf-8")
    assert main(["verify", folder, "--signers", str(listed)]) == 1
    assert main(["verify", folder, "--signers", str(tmp_path / "none")]) == 1
    assert main(["verify", folder]) == 0
    assert "Traceback" not in capsys.readouterr().err


def test_the_passphrase_comes_from_a_file_or_is_needed(
    keys: Path, council: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    arguments = ["sign", str(council), "--key", str(keys / "locked"), "--identity", "vien"]
    monkeypatch.setattr("sys.stdin", None)
    assert main(arguments) == 1
    assert phrase("signature.passphrase_needed", "vi") in capsys.readouterr().err
    assert main([*arguments, "--passphrase-file", str(keys / "open")]) == 1
    assert phrase("signature.wrong_passphrase", "vi") in capsys.readouterr().err
    assert not (council / "SHA256SUMS.sig").exists()
    assert main([*arguments, "--passphrase-file", str(keys / "passphrase")]) == 0
    assert (council / "SHA256SUMS.sig").exists()


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of POSIX")
def test_the_passphrase_is_asked_for_and_not_shown(keys: Path, council: Path) -> None:
    import pty

    process, terminal = pty.fork()
    if process == 0:  # the command, with a terminal of its own
        command = [sys.executable, "-m", "surveys", "sign", str(council), "--key", str(keys / "locked")]
        os.execv(sys.executable, [*command, "--identity", "vien"])
    shown = b""
    question = phrase("cli.sign.ask", "vi", key=keys / "locked").encode()
    while question not in shown:
        shown += os.read(terminal, 1024)
    os.write(terminal, f"{PASSPHRASE}\n".encode())
    try:
        while part := os.read(terminal, 1024):
            shown += part
    except OSError:  # the other end is closed
        pass
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0, shown.decode()
    assert PASSPHRASE.encode() not in shown
    assert (council / "SHA256SUMS.sig").exists()
