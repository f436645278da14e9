"""Published tables and their audit."""
