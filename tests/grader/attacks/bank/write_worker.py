"""Rewrites the worker's own files."""

import os
import sys

os.chmod(sys.modules["calls"].__file__, 0o777)
for name, module in list(sys.modules.items()):
    if name.startswith(("worker", "calls")):
        open(module.__file__, "a").write("# sentinel was here\n")
