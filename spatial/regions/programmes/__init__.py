"""Choices of areas as programmes: areas wholly or partly in, with conditions on single regions as they are broken."""
