"""Scoring: answers to values to the tree, with influence carried to every node."""
