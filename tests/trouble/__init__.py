"""Kinds of trouble that real tools cause: each is read as a careful person would read it, or told with its place."""
