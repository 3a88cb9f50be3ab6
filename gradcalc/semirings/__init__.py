"""Ways to combine the local derivatives along paths and across them, and the one reverse sweep that runs them all."""
