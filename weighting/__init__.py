"""Design-based survey statistics on arrays and frames."""
