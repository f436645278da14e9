"""Returns: one reader per source, and the one tidy record set they all become."""
