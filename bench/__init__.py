"""Speed and memory, measured against the plain baseline in one run."""
