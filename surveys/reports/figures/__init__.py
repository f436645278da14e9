"""Figures of a round, drawn from what its tables print: one look (``figures.mplstyle``), the same bytes for the same tables."""
