"""Questionnaires as people meet them: on paper, on a telephone, in a browser."""
