"""The catalogue: mistakes that students of this assignment make, each one runnable.

It explains failures to students, and it tests the tests: each entry must lose points on its own
question and be named by its own id.
"""
