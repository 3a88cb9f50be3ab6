"""Sums over all paths, at both grains: by length, weighed, the largest."""
