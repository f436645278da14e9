"""Simulation: rounds of any instrument with a known truth and known defects."""
