"""The commands, one file each: a function named after its file, and EXAMPLES of command lines that work."""
