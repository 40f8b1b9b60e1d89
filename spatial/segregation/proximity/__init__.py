"""Measures of all pairs of people: how near groups live to each other."""
