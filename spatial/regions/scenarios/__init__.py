"""Named parameters, side by side, and what stays under other sensible choices."""
