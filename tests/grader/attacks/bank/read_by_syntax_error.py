"""Raises a syntax error that claims to be in the hidden tests."""

raise SyntaxError("look", ("@HIDDEN@", 1, 1, None))
