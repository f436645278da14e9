"""Ranks with what is not known about them.

Source: Mogstad, Romano, Shaikh & Wilhelm, "Inference for ranks with applications to mobility across neighbourhoods
and academic achievement across countries", Review of Economic Studies 91 (2024): tests of all pairwise differences
give, for every unit at once, the ranks that cannot be excluded.
"""
