"""Mathematical expressions, and how they are written."""
