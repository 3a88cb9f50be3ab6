"""What can be asked of a network at its point: one kind of answer a file, typed. No layout, no options."""
