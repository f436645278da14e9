"""Tests of hypotheses: about means, about ranks, and the record every test answers with."""
