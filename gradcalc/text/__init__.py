"""How things are written for eyes and scripts: widths, numbers, tables as rows of text, JSON's notation, phrases."""
