"""The paths that a gradient is the sum of, counted and listed: over layers or over units."""
