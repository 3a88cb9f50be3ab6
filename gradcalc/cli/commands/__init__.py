"""The commands, one file each: a function `command`, and EXAMPLES of command lines that work."""
