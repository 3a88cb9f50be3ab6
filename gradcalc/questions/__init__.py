"""What can be asked of a network: one question a file, from a network to a typed result. No layout, no options."""
