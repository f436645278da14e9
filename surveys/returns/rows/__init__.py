"""Which rows of a table are forms, and what the collecting tool says of them."""
