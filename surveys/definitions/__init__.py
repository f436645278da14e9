"""Definitions: the frozen records of instruments and studies, and the files they come from."""
