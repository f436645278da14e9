"""The analysis report of a round as content: sections of text, tables and figures, whatever they are written as."""
