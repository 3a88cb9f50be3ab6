"""What is known beforehand of gradients: bounds, mean fields, the binomial picture of paths."""
