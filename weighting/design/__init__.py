"""The record of a sample and how it was drawn: weights, strata, clusters, finite populations."""
