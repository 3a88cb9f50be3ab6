"""Networks that differ in a few values, read at one choice after another."""
