"""Tests that students have."""
