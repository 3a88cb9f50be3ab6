"""The chain rule in words and symbols: steps with their rules, from the same steps that the numbers take."""
