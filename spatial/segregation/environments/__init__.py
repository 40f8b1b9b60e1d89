"""Measures of local environments: the people around each area, over any distance."""
