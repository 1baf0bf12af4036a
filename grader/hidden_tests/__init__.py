"""The tests that decide correctness; a student's copy does not have this folder."""
