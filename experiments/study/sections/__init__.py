"""The sections of the study's page, one file a question."""
