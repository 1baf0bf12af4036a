"""The example that a reader follows by hand is right, by the code that it explains."""

import re
from fractions import Fraction

import torch

from experiments.run import COURSE_RUNS
from submission.mrr import mrr_score, reciprocal_ranks
from tests.handout.conftest import PROJECT


def test_the_mean_reciprocal_rank_of_the_example() -> None:
    text = (PROJECT / "handout" / "sections" / "ranking.tex").read_text()
    row = re.search(r"score of user 1 &(.*)\\\\", text).group(1)
    user_1 = [float(score.strip().strip("$")) for score in row.split("&")]
    # User 2 has a held-out movie that is ranked first, user 3 has none.
    scores = torch.tensor([user_1, [9.0, 1, 2, 3, 4, 5], user_1])
    heldout, seen = torch.zeros(3, 6, dtype=torch.bool), torch.zeros(3, 6, dtype=torch.bool)
    seen[0, 0] = True
    heldout[0, 2] = heldout[0, 3] = heldout[1, 0] = True
    values = reciprocal_ranks(scores, heldout, seen)
    assert abs(values[0].item() - Fraction(11, 28)) < 1e-12
    assert values[1].item() == 1
    assert values[2].isnan()
    assert abs(mrr_score(scores, heldout, seen) - Fraction(39, 56)) < 1e-12
    assert r"\tfrac{11}{28} \approx 0.393" in text
    assert r"\tfrac{39}{56} \approx 0.696" in text


def test_the_legend_has_the_colors_of_the_pictures() -> None:
    text = (PROJECT / "handout" / "psetresults.sty").read_text()
    colors = dict(re.findall(r"\\definecolor\{([\w.-]+)\}\{HTML\}\{(\w+)\}", text))
    for run in COURSE_RUNS:
        _, color, dashes = re.search(
            rf"\\definerunline\{{({run.slug})\}}\{{(.*?)\}}\{{(.*?)\}}", text
        ).groups()
        assert f"#{colors[color]}".lower() == run.colour
        assert bool(dashes) == (run.line_style != "-")
