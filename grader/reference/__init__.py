"""A right submission in small functions, for wrong ones to replace."""
