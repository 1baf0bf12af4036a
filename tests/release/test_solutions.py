"""What is left of files when their solutions are taken out."""

import json

import pytest

from release.files import ReleaseError
from release.solutions import without_solutions

SOLVED = '''\
"""Losses."""


def loss(observed, predicted):
    """Return the loss."""
    # Question 2b: the mean of the squared difference,
    # over the batch.
    ### BEGIN SOLUTION
    error = observed - predicted
    value, other = (error**2).mean(), 0
    ### END SOLUTION
    return value + other
'''
HELPERS = SOLVED + "\n\n### BEGIN SOLUTION\ndef helper():\n    return 1\n\n### END SOLUTION\n"


def test_a_gap_keeps_the_question_and_says_what_to_set():
    gap = without_solutions("loss.py", SOLVED)
    assert gap == SOLVED.replace(
        "    error = observed - predicted\n    value, other = (error**2).mean(), 0\n",
        "    # Your code goes here, in place of the next line. It sets value and other.\n"
        '    raise NotImplementedError("Question 2b is not written yet")\n',
    )


def test_a_gap_raises_the_questions_number_at_its_own_line():
    module = {}
    exec(compile(without_solutions("loss.py", SOLVED), "loss.py", "exec"), module)
    with pytest.raises(NotImplementedError, match="Question 2b is not written yet") as raised:
        module["loss"](1, 2)
    assert raised.traceback[-1].lineno + 1 == 10


def test_helpers_outside_of_functions_vanish_whole():
    assert without_solutions("loss.py", HELPERS) == without_solutions("loss.py", SOLVED)
    method = (
        "class Net:\n    x = 1\n\n    # BEGIN SOLUTION\n    def f(self): ...\n    # END SOLUTION\n"
    )
    assert without_solutions("net.py", method) == "class Net:\n    x = 1\n"


def test_an_answer_in_latex_leaves_the_comments_above_it():
    text = "% Type below.\n%%% BEGIN SOLUTION\nNo, \\emph{neither}.\n%%% END SOLUTION\n"
    assert without_solutions("3a.tex", text) == "% Type below.\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x\n# BEGIN SOLUTION\ny\n", "line 2: BEGIN SOLUTION has no END SOLUTION"),
        ("x\n# END SOLUTION\n", "line 2: END SOLUTION ends no region"),
        ("# BEGIN SOLUTION\n\n# begin solution\n", "line 3: BEGIN SOLUTION stands inside"),
    ],
)
def test_markers_that_do_not_pair_are_refused_with_their_line(text, says):
    with pytest.raises(ReleaseError, match=f"answer.tex, {says}"):
        without_solutions("answer.tex", text)


def test_a_solution_that_answers_no_question_is_refused():
    unasked = SOLVED.replace("# Question 2b: the", "# The")
    with pytest.raises(ReleaseError, match=r"line 8: the solution in loss answers no question"):
        without_solutions("loss.py", unasked)


def test_a_region_that_cuts_a_statement_is_refused():
    halved = SOLVED.replace("    error = observed", "    if other:\n        error = observed")
    halved = halved.replace("    value, other", "        value, other")
    halved = halved.replace("    return", "    else:\n        value = other = 0\n    return")
    with pytest.raises(ReleaseError, match="not Python any more"):
        without_solutions("loss.py", halved)


def code(*lines: str, **more) -> dict:
    return {"cell_type": "code", "source": list(lines), "metadata": {}, "id": "a", **more}


def stripped(*cells: dict) -> list[dict]:
    metadata = {
        "kernelspec": {"display_name": "P", "language": "python", "name": "python3", "path": "/x"},
        "language_info": {"name": "python", "version": "3.11.2"},
        "solution": "torch.cat",
    }
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    left = json.loads(without_solutions("a.ipynb", json.dumps(notebook)))
    assert left["metadata"] == {
        "kernelspec": {"display_name": "P", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return left["cells"]


def test_a_notebook_comes_not_run_and_with_no_metadata_of_an_editor():
    (cell,) = stripped(
        code(
            "1 + 1",
            outputs=[{"output_type": "stream", "name": "stdout", "text": "0.0471"}],
            execution_count=7,
            attachments={"a.png": {}},
        )
        | {"metadata": {"tags": ["t"], "execution": {"started": "now"}}}
    )
    assert "".join(cell["source"]) == "1 + 1"
    assert cell["outputs"] == [] and cell["execution_count"] is None
    assert cell["metadata"] == {"tags": ["t"]} and "attachments" not in cell


def test_a_file_that_is_no_notebook_is_refused_by_name():
    with pytest.raises(ReleaseError, match=r"a\.ipynb is not a notebook"):
        without_solutions("a.ipynb", "{}")
