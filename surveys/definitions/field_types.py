"""What a field of a record asks of the TOML key or the CSV column it is read from, beyond its Python type."""

from __future__ import annotations

from typing import Annotated

#: A text that may be left out of a TOML table; a CSV must have the column, whose cells may be empty.
MayBeEmpty = Annotated[str, "may be empty"]
#: The code of an option of a scale: a word that may begin with a minus, as statistical programs write missing answers.
OptionCode = Annotated[str, "option code"]
#: A number of people or forms.
Count = Annotated[float, "count"]
#: An ISO date (``2023-10-01``); in a TOML table also without quotation marks.
Date = Annotated[str, "date"]
#: Groups with their weights; in a CSV ``deputies:2;citizens`` (1 where no weight is given).
Weighted = tuple[tuple[str, float], ...]
#: An item and its levels; in a CSV ``S0=1|2``.
Condition = tuple[str, tuple[str, ...]]
