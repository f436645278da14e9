"""Fieldwork: what happens before returns exist: form codes, sample sizes, simulation with a known truth."""
