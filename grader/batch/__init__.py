"""Grade a folder of submissions in one go: a table of points, a page a student, all resumable."""
