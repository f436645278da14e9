"""Proof: the tests mirror the packages; beside them the references and the published tables they are held to."""
