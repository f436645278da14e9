"""The code book of an instrument: every question, option, code, rule and unit, as a document of its own."""
