"""Turn this repository into what students, Gradescope and nbgrader receive."""
