"""Hand-over: the official package, its verification, the workbook, audits of tables."""
