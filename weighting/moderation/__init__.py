"""Cells that inform each other's variance."""
