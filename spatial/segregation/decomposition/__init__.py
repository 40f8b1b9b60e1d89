"""Where segregation comes from: levels, areas, groups, periods, space and composition."""
