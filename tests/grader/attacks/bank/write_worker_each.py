"""Rewrites the worker's own files, one by one whatever fails."""

import sys

for name, module in list(sys.modules.items()):
    if name.startswith(("worker", "calls")):
        try:
            open(module.__file__, "r+").write('"""sentinel was here')
        except OSError:
            pass
