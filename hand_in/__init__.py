"""``make submission``: look at the work, say what is unfinished, pack what a student uploads."""
