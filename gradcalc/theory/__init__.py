"""What theory says of gradients before they are computed: bounds, mean field, the binomial law of path lengths."""
