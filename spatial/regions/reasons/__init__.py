"""Why an area is in or out, why a region is here, and who is in none."""
