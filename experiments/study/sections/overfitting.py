"""The answer to: what do minibatches do?"""

from experiments.study.claims import run_label
from experiments.study.figures.overfitting import draw_overfitting
from experiments.study.measurements import Measurements
from experiments.study.overfitting import overfit_table, overfitting
from experiments.study.sections.section import Question, Section, Table
from experiments.study.wording import with_interval, with_seeds

QUESTION = Question("overfitting", "What do minibatches do?", ("minibatch",))


def answer(measurements: Measurements) -> Section | None:
    found = overfitting(measurements)
    if not found:
        return None
    size = found[0].batch_size
    findings = [
        f"{run_label(o.run)}: test MSE is lowest at epoch {with_interval(o.lowest_epoch)} and "
        f"ends {with_interval(o.rise)} above that, at {with_interval(o.last_test)}, while the "
        f"training MSE ends at {with_interval(o.last_train)}; N = {len(o.test)}."
        for o in found
    ]
    if len(found) > 1:
        least = min(found, key=lambda o: o.rise.value)
        most = max(found, key=lambda o: o.rise.value)
        findings.append(
            f"After its lowest value, the test MSE of {run_label(most.run)} rises most, by "
            f"{with_seeds(most.rise)}, and that of {run_label(least.run)} least, by "
            f"{with_seeds(least.rise)}."
        )
    return Section(
        QUESTION.key,
        f"What do minibatches of {size} do?",
        f"Steps on {size} pairs instead of all of them: hundreds of steps an epoch, enough to "
        "learn the training ratings by heart. A test MSE that rises while the training MSE falls "
        "is overfitting.",
        tuple(findings),
        draw_overfitting(found),
        "Training and test MSE along training. Lines are means, bands go from the lowest to the "
        "highest seed.",
        (
            Table(
                "Test MSE in minibatches [95 % interval]",
                (
                    "run",
                    "epoch of the lowest",
                    "rise after it",
                    "at the end",
                    "training, at the end",
                    "N",
                ),
                tuple(
                    (
                        run_label(o.run),
                        with_interval(o.lowest_epoch),
                        with_interval(o.rise),
                        with_interval(o.last_test),
                        with_interval(o.last_train),
                        str(len(o.test)),
                    )
                    for o in found
                ),
            ),
        ),
        {"overfitting": overfit_table(found)},
    )
