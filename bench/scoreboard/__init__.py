"""``make scoreboard``: how well the grader finds and names mistakes in code that others wrote."""
