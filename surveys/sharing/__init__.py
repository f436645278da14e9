"""Copies of a study that can be shared: running numbers in place of whatever tells who answered."""
