"""Is a file that no parser should be given: null bytes, depth, long lines."""

x = 1
