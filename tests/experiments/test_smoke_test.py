"""The smoke test says in a second whether the student's code runs."""

import random

import numpy as np
import torch

from experiments.training.trainer import smoke_test


def draws() -> tuple:
    return random.random(), np.random.random(), torch.rand(1).item()


def test_it_leaves_the_callers_random_streams_alone(reference):
    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    expected = draws()
    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    assert smoke_test(reference) == "Your model, losses and metric run."
    assert draws() == expected


def test_it_says_what_is_worth_knowing(changed_submission):
    folder = changed_submission("model.py", "def score_all_items", "def other")
    assert "Note: score_all_items (1d) is missing" in smoke_test(folder)
