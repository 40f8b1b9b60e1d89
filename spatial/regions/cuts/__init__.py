"""The exact choice: what areas cost and save, minimum cuts, and the nested family over all thresholds."""
