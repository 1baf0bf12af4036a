"""Run the student's code: data, training, evaluation, runs, figures."""
