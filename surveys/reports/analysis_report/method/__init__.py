"""How a round is made, told from its definitions: the same before the survey and, from the record of its run, after it."""
