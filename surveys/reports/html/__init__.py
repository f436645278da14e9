"""The page that everybody reads: one HTML file with the numbers of the analysis report to sort, search and open."""
