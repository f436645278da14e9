"""Means, totals, ratios, shares and quantiles by domain, with their errors and intervals."""
