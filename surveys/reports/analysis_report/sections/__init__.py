"""The sections of the analysis report: a function each, from the round to its blocks."""
