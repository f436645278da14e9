"""Linear and logistic regression under a sampling design."""
