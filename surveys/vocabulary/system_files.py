"""Files of SPSS and Stata out: the same bytes whenever they are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from surveys.vocabulary.temporary_folder import temporary_folder

if TYPE_CHECKING:
    import pandas as pd

_TIMESTAMP = slice(92, 109)  # creation date and time in the header record
_FIXED = b"01 Jan 0000:00:00"
#: Before creation date and time in the header of a Stata file, and what stands in their place.
_STAMP_OF_STATA, _FIXED_IN_STATA = b"<timestamp>\x11", b"01 Jan 1960 00:00"
#: The format of Stata 14 and later, with text in UTF-8. That of 15 is for more variables than most editions can hold.
_STATA = 14


def sav_bytes(table: pd.DataFrame, **about: Any) -> bytes:
    """A table as a SAV file; ``about``: labels, missing values and measures, as ``pyreadstat.write_sav`` takes them.

    >>> import pandas as pd
    >>> sav_bytes(pd.DataFrame({"a": [1.0]}), column_labels=["Tuổi"])[:4]
    b'$FL2'
    """
    import pyreadstat

    content = bytearray(_written(pyreadstat.write_sav, table, about))
    content[_TIMESTAMP] = _FIXED
    return bytes(content)


def dta_bytes(table: pd.DataFrame, **about: Any) -> bytes:
    """A table as a DTA file; ``about``: labels and missing values, as ``pyreadstat.write_dta`` takes them.

    >>> import pandas as pd
    >>> dta_bytes(pd.DataFrame({"a": [1.0]}), column_labels=["Tuổi"])[:11]
    b'<stata_dta>'
    """
    import pyreadstat

    content = _written(pyreadstat.write_dta, table, {**about, "version": _STATA})
    start = content.index(_STAMP_OF_STATA) + len(_STAMP_OF_STATA)
    return content[:start] + _FIXED_IN_STATA + content[start + len(_FIXED_IN_STATA) :]


def _written(write: Callable[..., None], table: pd.DataFrame, about: Mapping[str, Any]) -> bytes:
    with temporary_folder() as folder:  # the library writes into named files only
        path = folder / "table"
        write(table, str(path), **about)
        return path.read_bytes()
