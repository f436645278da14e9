"""For judging a questionnaire: whether items that are meant to measure one thing do so together."""
