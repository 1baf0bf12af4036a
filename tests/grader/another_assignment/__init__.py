"""Another assignment for the same engine: a line through points, in numpy, in one file."""
