"""Declares an encoding in which the file means something else."""

x = 1
