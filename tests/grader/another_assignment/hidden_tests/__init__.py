"""Tests that students do not have."""
