"""How the weights of thecal's networks were made, from simulated spines alone. Not imported by the package."""
