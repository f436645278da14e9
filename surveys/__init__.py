"""The survey-scoring engine: definitions and returns in, official scores out."""
