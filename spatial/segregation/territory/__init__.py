"""Measures of borders, sizes and distance to the centre: how a group uses the land."""
