"""Prints what takes over the reader's terminal."""

print("\x1b]0;owned\a\x1b[2J\x1bP+q544e\x1b\\\x07\r\b\0" * 10)
