"""Forward pass, linear graph and range checks, over single units in plain numbers and over whole layers in arrays."""
