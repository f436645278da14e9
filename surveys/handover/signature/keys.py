"""Private keys in OpenSSH's format (PROTOCOL.key), and what the package ``cryptography`` does with Ed25519 keys.

The package is optional (extra ``signature``): it is imported when something is signed or a signature is checked.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from surveys.handover.signature.sshsig import ED25519, SshSignature, WireReader, kind_of
from surveys.problems import fault, shortened

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

#: A private key has some hundred bytes; a passphrase is a line.
MOST_BYTES = 100_000
_BEGIN, _END = b"-----BEGIN OPENSSH PRIVATE KEY-----", b"-----END OPENSSH PRIVATE KEY-----"
_MAGIC = b"openssh-key-v1\0"
_UNENCRYPTED = b"none"


class SigningKey:
    """An Ed25519 key that is ready to sign."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = key.public_key().public_bytes_raw()

    def signature_of(self, content: bytes) -> SshSignature:
        """The signature over the content of a file; the same content gives the same signature (RFC 8032)."""
        value = self._key.sign(SshSignature(self.public).message(content))
        return SshSignature(self.public, value)


def open_key(path: Path, passphrase: bytes | None = None) -> SigningKey:
    """The private key that a file holds; ``passphrase``: of an encrypted one.

    Raises SurveyError when the file holds none or one of another kind, when a passphrase is needed (code
    ``signature.passphrase_needed``) or wrong, and when the package for it is not installed.
    """
    content, shown = _content(path), str(path)
    encrypted = _is_encrypted(content, shown)
    if encrypted and passphrase is None:
        raise fault("signature.passphrase_needed", file=shown)
    with _cryptography():
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_ssh_private_key
    try:
        key = load_ssh_private_key(content, passphrase if encrypted else None)
    except UnsupportedAlgorithm as error:
        raise fault("signature.key_encryption", file=shown, reason=error) from None
    except (ValueError, TypeError):
        code = "signature.wrong_passphrase" if encrypted else "signature.key_damaged"
        raise fault(code, file=shown) from None
    assert isinstance(key, Ed25519PrivateKey)  # its kind stands in front of it
    return SigningKey(key)


def read_passphrase(path: Path) -> bytes:
    """The passphrase in the first line of a file, without the end of the line."""
    return _content(path).removeprefix(b"\xef\xbb\xbf").split(b"\n")[0].rstrip(b"\r")


def fits(signature: SshSignature, content: bytes) -> bool:
    """Whether a signature was made with its key over the content of a file."""
    with _cryptography():
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    try:
        Ed25519PublicKey.from_public_bytes(signature.key).verify(signature.value, signature.message(content))
    except (InvalidSignature, ValueError):  # ValueError: bytes that are no point of the curve
        return False
    return True


def _content(path: Path) -> bytes:
    """The bytes of a small file, which may be a pipe."""
    if not path.exists() or path.is_dir():
        raise fault("file.missing", file=str(path))
    with open(path, "rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise fault("file.too_large", file=str(path), size=path.stat().st_size, limit=MOST_BYTES)
    return content


def _is_encrypted(content: bytes, shown: str) -> bool:
    """Whether a private key is kept under a passphrase; its kind is looked at, which can be seen without one."""
    if content.lstrip().startswith(ED25519.encode()):
        raise fault("signature.public_key", file=shown)
    if not content.lstrip().startswith(_BEGIN):
        raise fault("signature.not_a_key", file=shown, accepted=ED25519)
    try:
        reader = WireReader(b64decode(content.split(_BEGIN)[1].split(_END)[0]))
        if reader.take(len(_MAGIC)) != _MAGIC:
            raise ValueError("not the first version of the format")
        cipher, _, _ = (reader.string() for _ in range(3))
        reader.take(4)  # the number of keys
        kind = kind_of(reader.string())
    except (ValueError, binascii.Error):
        raise fault("signature.key_damaged", file=shown) from None
    if kind != ED25519:
        raise fault("signature.key_of_other_kind", file=shown, kind=shortened(kind), accepted=ED25519)
    return cipher != _UNENCRYPTED


@contextmanager
def _cryptography() -> Iterator[None]:
    """Says what to install where the package is not there."""
    try:
        yield
    except ImportError:
        raise fault("signature.not_installed") from None
