"""What the scores say: points lost, what it takes, what drives satisfaction, cross-tables."""
