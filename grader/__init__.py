"""Judge a submission: tests, misconceptions, reports, and the sandbox that runs the code."""
