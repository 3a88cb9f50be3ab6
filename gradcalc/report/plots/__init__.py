"""Plots by matplotlib, one file a kind: imported only when something is drawn."""
