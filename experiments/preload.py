"""What every run needs and is slow to import: done once, by the process that runs are forked from.

It imports nothing of this project, so that a run always has the code that is there when it starts.
"""

import signal

signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started us

import pandas  # noqa: E402, F401
import torch._dynamo  # noqa: E402, F401  (the first optimizer would import it)
