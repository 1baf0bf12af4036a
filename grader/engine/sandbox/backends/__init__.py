"""The ways to run a worker: in bubblewrap, in the fallback, or unsandboxed."""
