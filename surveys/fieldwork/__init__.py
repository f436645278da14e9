"""Before and during the survey: a new edition, the plan, form codes, questionnaires to print or load, what came in so far."""
