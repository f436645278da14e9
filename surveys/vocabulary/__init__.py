"""Vocabulary: each word of the house once, and how texts are compared, guarded and written."""
