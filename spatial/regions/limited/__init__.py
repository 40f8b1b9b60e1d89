"""Search within limits: least and most residents, budget, number of regions, and how good it can get."""
