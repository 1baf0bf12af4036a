"""Brings files that Python runs by itself when it starts."""

import site
