"""Checksums, by which files are known again."""

from __future__ import annotations

import hashlib


def digest_of(content: bytes) -> str:
    """SHA-256 of bytes as 64 hexadecimal digits (FIPS 180-4).

    >>> digest_of(b"abc")[:16]
    'ba7816bf8f01cfea'
    """
    return hashlib.sha256(content).hexdigest()
