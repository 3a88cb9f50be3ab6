"""Pictures of a network: what is drawn, where everything stands, and a file for each form that it is written in."""
