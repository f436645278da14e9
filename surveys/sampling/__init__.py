"""Sampling: frames and valid forms become a design per block and group."""
