"""Reference: every key, column, rule and status, generated from the records that the engine reads and writes."""
