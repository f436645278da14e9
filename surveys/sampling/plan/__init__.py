"""The plan of a round: how many forms each cell needs, and who is drawn from lists for them."""
