"""A value and what rounding may have done to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Amount:
    """A value and the most that rounding moved it, both in points or both in percent."""

    value: Decimal
    error: Decimal
    points: bool

    def scaled(self, maximum: Decimal | None, to_points: bool) -> Amount | None:
        """The same in points or in percent; None when there is no maximum to turn one into the other."""
        if self.points == to_points:
            return self
        if not maximum:
            return None
        factor = maximum / HUNDRED if to_points else HUNDRED / maximum
        return Amount(self.value * factor, self.error * factor, to_points)

    def explains(self, other: Amount) -> bool:
        """Whether rounding alone can part this amount from another, both in points or both in percent."""
        return abs(other.value - self.value) < other.error + self.error


def added(parts: Iterable[Amount]) -> Amount:
    """The sum of amounts in points."""
    parts = tuple(parts)
    value, error = (sum(each, Decimal(0)) for each in ((p.value for p in parts), (p.error for p in parts)))
    return Amount(value, error, points=True)


def short(value: Decimal) -> str:
    """At most six digits after the point, without closing zeros.

    >>> short(Decimal("3.240700")), short(Decimal(80)), short(Decimal("83.4663636"))
    ('3.2407', '80', '83.466364')
    """
    text = f"{value:.6f}" if value.is_finite() else str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text
