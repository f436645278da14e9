"""Replicate weights: jackknife, half samples, bootstrap."""
