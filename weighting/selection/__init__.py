"""Samples drawn from lists: without replacement, with equal probabilities or in proportion to size, and who comes next.

Every draw takes a seed or a numpy Generator and works within strata; several stages are composed by the caller, list after list.
Source: Tillé, *Sampling Algorithms*, Springer (2006).
"""
