"""Reports of commands, and how numbers, text, tables and plots are written for people and scripts."""
