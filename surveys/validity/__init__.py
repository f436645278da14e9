"""Validity: declared rules, careless and duplicate measures, dispositions, reconciled counts."""
