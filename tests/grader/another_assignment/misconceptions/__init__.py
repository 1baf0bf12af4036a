"""Mistakes that students make."""
