"""What becomes of the map in force, over time and at which price."""
