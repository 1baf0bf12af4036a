"""Grade the submissions of a whole course: a table of points, a page a student, all resumable."""
