"""Cross-tables with their shares and tests of independence."""
