"""Reports: results in words for people."""
