"""The format of a signature: OpenSSH's SSHSIG (PROTOCOL.sshsig), as text between two lines of dashes.

Binary values are those of RFC 4251, section 5: a ``string`` is its length in four bytes, then its bytes. One signature has one
spelling: what differs in a single byte from what ``ssh-keygen -Y sign`` writes is no signature.
"""

from __future__ import annotations

import binascii
import hashlib
from base64 import b64decode, b64encode
from dataclasses import dataclass

from surveys.problems import fault, shortened

NAMESPACE = "survey-scoring"
ED25519 = "ssh-ed25519"
#: The hash of ``ssh-keygen`` unless it is told otherwise, and the other one that the format knows.
HASHES = ("sha512", "sha256")
#: No signature of an Ed25519 key is half as long.
MOST_BYTES = 4096
_MAGIC = b"SSHSIG"
_VERSION = (1).to_bytes(4, "big")
_BEGIN, _END = b"-----BEGIN SSH SIGNATURE-----", b"-----END SSH SIGNATURE-----"
_WIDTH = 70
_KEY_BYTES, _SIGNATURE_BYTES = 32, 64  # RFC 8032, 5.1


@dataclass(frozen=True)
class SshSignature:
    """A signature of an Ed25519 key: the public ``key`` (32 bytes) and the ``value`` (64 bytes) over :meth:`message`."""

    key: bytes
    value: bytes = b""
    namespace: str = NAMESPACE
    hash: str = HASHES[0]

    def message(self, content: bytes) -> bytes:
        """The bytes that the key signs: those of a file only through their hash."""
        digest = hashlib.new(self.hash, content).digest()
        return _MAGIC + b"".join(map(string, (self.namespace.encode(), b"", self.hash.encode(), digest)))

    def armoured(self) -> bytes:
        """The signature as the text of a ``.sig`` file.

        >>> print(SshSignature(bytes(32), bytes(64)).armoured().decode()[:74])
        -----BEGIN SSH SIGNATURE-----
        U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAg
        """
        value = string(ED25519.encode()) + string(self.value)
        parts = (key_blob(self.key), self.namespace.encode(), b"", self.hash.encode(), value)
        text = b64encode(_MAGIC + _VERSION + b"".join(map(string, parts)))
        lines = [text[start : start + _WIDTH] for start in range(0, len(text), _WIDTH)]
        return b"\n".join([_BEGIN, *lines, _END, b""])


class WireReader:
    """Takes values from the front of binary data; raises ValueError where they end too early."""

    def __init__(self, content: bytes) -> None:
        self._left = content

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes."""
        if size > len(self._left):
            raise ValueError("the data end too early")
        taken, self._left = self._left[:size], self._left[size:]
        return taken

    def string(self) -> bytes:
        """The next ``string`` of RFC 4251."""
        return self.take(int.from_bytes(self.take(4), "big"))


def string(content: bytes) -> bytes:
    """Bytes as a ``string`` of RFC 4251.

    >>> string(b"abc")
    b'\\x00\\x00\\x00\\x03abc'
    """
    return len(content).to_bytes(4, "big") + content


def key_blob(key: bytes) -> bytes:
    """The 32 bytes of a public Ed25519 key as SSH writes keys (RFC 8709, section 4)."""
    return string(ED25519.encode()) + string(key)


def key_line(key: bytes) -> str:
    """A public key as it stands in files: its kind and its Base64.

    >>> key_line(bytes(32))[:40]
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAA'
    """
    return f"{ED25519} {b64encode(key_blob(key)).decode()}"


def key_fingerprint(key: bytes) -> str:
    """What ``ssh-keygen -l`` shows of a public key.

    >>> key_fingerprint(bytes(32))[:16]
    'SHA256:kmYcvdi2G'
    """
    return f"SHA256:{b64encode(hashlib.sha256(key_blob(key)).digest()).decode().rstrip('=')}"


def key_of(blob: bytes) -> bytes | None:
    """The 32 bytes of a public Ed25519 key from how SSH writes it; None for keys of other kinds and for what is no key."""
    return blob[-_KEY_BYTES:] if blob == key_blob(blob[-_KEY_BYTES:]) else None


def kind_of(blob: bytes) -> str:
    """The kind of a public key as SSH writes it, such as ``ssh-rsa``; raises ValueError for what is no key."""
    return _word(WireReader(blob).string())


def read_signature(content: bytes, shown: str) -> SshSignature:
    """The signature that a ``.sig`` file holds; ``shown``: the name of the file in messages.

    Raises SurveyError for what is none, was cut short or changed, and for keys of other kinds than Ed25519.
    """
    if not content.startswith(_BEGIN):
        raise fault("signature.not_a_signature", file=shown)
    if _END not in content:
        raise fault("signature.cut_short", file=shown)
    try:
        blob = b64decode(content[len(_BEGIN) : content.index(_END)])
        found = _unpacked(blob, shown)
    except (binascii.Error, ValueError):  # UnicodeDecodeError is one
        raise fault("signature.damaged", file=shown) from None
    if found.armoured() != content:
        raise fault("signature.damaged", file=shown)
    return found


def _unpacked(blob: bytes, shown: str) -> SshSignature:
    """A signature from its binary form; what stands where no value is read is compared by writing it again."""
    reader = WireReader(blob)
    reader.take(len(_MAGIC) + len(_VERSION))
    key, namespace, _, hash_name, value = (reader.string() for _ in range(5))
    if key_of(key) is None:
        raise fault("signature.of_other_key", file=shown, kind=shortened(kind_of(key)), accepted=ED25519)
    if _word(hash_name) not in HASHES:
        raise ValueError("a hash that the format does not know")
    return SshSignature(key[-_KEY_BYTES:], value[-_SIGNATURE_BYTES:], _word(namespace), _word(hash_name))


def _word(name: bytes) -> str:
    """A name as text that can be shown."""
    word = name.decode("ascii")
    if not word.isprintable():
        raise ValueError("control characters in a name")
    return word
