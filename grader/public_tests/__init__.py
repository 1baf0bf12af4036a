"""The tests that students have: shapes, types and cases that can be checked by hand."""
