"""The student's part of the assignment: the model, its losses and the ranking metric."""
