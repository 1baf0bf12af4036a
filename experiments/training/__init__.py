"""Train a student's network by the assignment's protocol, and evaluate it."""
