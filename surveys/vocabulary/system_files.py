"""SPSS system files out: the same bytes whenever they are written."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_TIMESTAMP = slice(92, 109)  # creation date and time in the header record
_FIXED = b"01 Jan 0000:00:00"


def sav_bytes(table: pd.DataFrame, **about: Any) -> bytes:
    """A table as a SAV file; ``about``: labels, missing values and measures, as ``pyreadstat.write_sav`` takes them.

    >>> import pandas as pd
    >>> sav_bytes(pd.DataFrame({"a": [1.0]}), column_labels=["Tuổi"])[:4]
    b'$FL2'
    """
    import pyreadstat

    with tempfile.TemporaryDirectory() as folder:  # the library writes into named files only
        path = Path(folder) / "table.sav"
        pyreadstat.write_sav(table, str(path), **about)
        content = bytearray(path.read_bytes())
    content[_TIMESTAMP] = _FIXED
    return bytes(content)
