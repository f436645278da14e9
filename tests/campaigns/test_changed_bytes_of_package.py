"""A bounded part of the campaign of changed bytes; by hand every byte is changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from surveys.handover.verification import verify_folder
from tests.campaigns.changed_bytes_of_package import run, small_package

pytestmark = pytest.mark.long


def test_a_byte_that_was_changed_anywhere_is_found(tmp_path: Path) -> None:
    results = small_package(tmp_path)
    assert verify_folder(results) == ()
    changed, verified, silent = run(results, every=97, offset=13, whole=101)
    assert (changed > 1000, verified > 10, silent) == (True, True, [])
    assert verify_folder(results) == ()
