"""Has an __init__.py that replaces the modules beside it."""

x = 1
