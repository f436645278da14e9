"""Review: what people decide, written for them and read back."""
