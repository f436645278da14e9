"""Area-level models: direct estimates beside what a model of all areas makes of them."""
