"""The units of a block: the register of their names, and forms whose unit a person assigned."""
