"""Weights that meet known totals, answer nonresponse or are trimmed, and what they cost."""
