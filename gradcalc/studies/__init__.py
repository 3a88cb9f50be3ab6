"""Questions asked many times over: of several networks, at many points, in several processes, across interruptions."""
