"""Plants itself in torch, in site-packages and in the standard library."""

import os
import sys

import numpy
import torch

folders = [os.path.dirname(module.__file__) for module in (torch, numpy, os)]
for folder in [*folders, *sys.path, sys.prefix]:
    for name in ("__init__.py", "sitecustomize.py", "sentinel.pth"):
        try:
            open(f"{folder}/{name}", "a").write("# sentinel was here\n")
        except OSError:
            pass
