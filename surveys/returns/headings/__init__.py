"""Headings of returned files: columns become fields, items, and items of a unit."""
