"""The small round of the hand-over as a fixture."""

from tests.surveys.handover.small_round import small_round

__all__ = ["small_round"]
