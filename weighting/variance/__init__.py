"""The linearised variance: from influence values to covariances."""
