"""A round for other programs: one row for each evaluation as SPSS, Stata, R and pandas read it, with what is needed to work out a
score again."""
