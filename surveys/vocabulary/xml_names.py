"""What questions are called in XLSForms and in the exports that come back: ASCII letters, digits and single ``_``.

``-`` and ``/`` stand between the groups of a path (ODK, KoboToolbox), dots are not allowed in keys of KoboToolbox,
and no name begins with a digit. So ``2.4.1a`` is called ``_2_4_1a``, and what is said of a unit ``_2_4_1a__noi_vu``. Who writes a
form and who reads what comes back work the names out of the same codes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_OTHER = re.compile("[^A-Za-z0-9]+")
#: Between an item and a unit; no name of either has it.
_OF_UNIT = "__"
#: The question which units are rated, and the group that is repeated for each of them.
RATED_UNITS, RATING = "rated_units", "rating"
#: The value in which every submission says which questionnaire it answers.
OF_QUESTIONNAIRE = "of_questionnaire"
#: Names (in lower case) that forms, collecting tools and their exports have for themselves.
TAKEN = frozenset(
    {
        "attachmentsexpected", "attachmentspresent", "audit", "background_audio", "deprecatedid", "deviceid", "edits", "end",
        "entity", "formdef_version", "formhub", "formversion", "instanceid", "instancename", "key", "meta", "parent_key",
        "phonenumber", "reviewstate", "rootuuid", "simserial", "start", "status", "submissiondate", "submitterid",
        "submittername", "subscriberid", "today", "username", OF_QUESTIONNAIRE, RATED_UNITS, RATING,
    }
)  # fmt: skip


def xml_name(code: str) -> str:
    """A code as a name of XML forms.

    >>> xml_name("2.4.1a"), xml_name("noi-vu"), xml_name("S0")
    ('_2_4_1a', 'noi_vu', 'S0')
    """
    plain = _OTHER.sub("_", code).strip("_")
    return plain if plain[:1].isalpha() else f"_{plain}"


def xml_names(codes: Iterable[str], taken: Iterable[str] = ()) -> Iterator[str]:
    """The name of each code, in their order; a number tells those apart that would be called alike, or as what is ``taken``. No
    number makes a name that is another code's own.

    >>> list(xml_names(["a.1", "A-1", "a.1.2", "end"], TAKEN))
    ['a_1', 'A_1_3', 'a_1_2', 'end_2']
    """
    codes, used = list(codes), {name.casefold() for name in taken}
    own = {xml_name(code).casefold() for code in codes}
    for code in codes:
        name = free = xml_name(code)
        number = 1
        while free.casefold() in used or (number > 1 and free.casefold() in own):
            number += 1
            free = f"{name}_{number}"
        used.add(free.casefold())
        yield free


def cell_name(item: str, unit: str) -> str:
    """What is said of a unit, by the names of item and unit.

    >>> cell_name("_2_4_1a", "noi_vu")
    '_2_4_1a__noi_vu'
    """
    return f"{item}{_OF_UNIT}{unit}"
