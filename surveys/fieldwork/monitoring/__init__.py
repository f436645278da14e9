"""A round watched while its forms come in: what has come, how precise it is, what will be reached."""
