"""Files of returns as sheets of cells: one opener per format."""
