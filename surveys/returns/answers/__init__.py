"""Cells → answers: options, scales, codings, questions with several answers, what was not shown."""
