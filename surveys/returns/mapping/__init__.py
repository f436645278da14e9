"""What the columns of a file hold: proposed from their headings and cells, decided by a person."""
