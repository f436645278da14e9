"""Text as people and products write it: repair, legacy encodings, names, times."""
