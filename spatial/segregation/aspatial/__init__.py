"""Measures of counts alone: where on the map an area lies does not matter."""
