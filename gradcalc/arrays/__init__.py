"""Wide networks, layer by layer: every node one NumPy array [examples][units], of doubles or of any other numbers."""
