"""Questions asked many times over: several networks, many points, several processes, across interruptions."""
