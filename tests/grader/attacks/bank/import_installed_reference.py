"""Imports a submission that is installed on the machine, or the repository's."""

import sys

sys.path.insert(0, "@REPOSITORY@")
sys.modules.pop("submission", None)
sys.meta_path[:] = [finder for finder in sys.meta_path if "Submission" not in repr(finder)]
from submission.loss import bpr_loss
