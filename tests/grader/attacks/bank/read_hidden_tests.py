"""Reads the hidden tests, at a path that it knows exactly."""

print(open("@HIDDEN@").read())
