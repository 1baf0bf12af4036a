"""Complete runs: each once, several at a time, resumed, kept on disk."""
