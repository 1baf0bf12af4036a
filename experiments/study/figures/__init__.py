"""The study's figures, one file a figure; each takes values and returns a figure."""
