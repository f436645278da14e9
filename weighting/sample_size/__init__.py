"""How many to ask: sizes for a wanted margin of error or a wanted difference, what given sizes reach, and allocations of a total.

Sources: Cochran, *Sampling Techniques*, 3rd ed., Wiley (1977), chapters 4 and 5; Fleiss, Levin & Paik, *Statistical Methods for
Rates and Proportions*, 3rd ed., Wiley (2003), chapter 4.
"""
