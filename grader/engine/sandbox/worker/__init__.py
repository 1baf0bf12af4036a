"""The code on the far side of the wall: standard library and numpy, nothing of the grader.

These files are all that the sandbox sees of the grader, with those that a ``WorkerSetup`` names.
They hold no answer and no secret, so a submission that reads them learns nothing.
"""
