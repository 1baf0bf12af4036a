"""Brings a configuration and tests for pytest."""

x = 1
