"""Judge and explain submissions; nothing here knows what a particular assignment asks."""
