"""An instrument: its records, how they are read from its folder, and what its parts owe each other."""
