"""A study: its records, how they are read from its folder, and what they owe the instrument."""
