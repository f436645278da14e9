"""A new edition and a new study from what an office fills in, from answers, or from an edition at hand."""
