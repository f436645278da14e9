"""Which rows are one submission, one person or two data entries of one form."""
