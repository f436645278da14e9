"""Comparison of two rounds."""
