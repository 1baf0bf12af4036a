"""The answer to: when does sharing help?"""

from collections.abc import Sequence

from experiments.study.figures.sharing import draw_sharing
from experiments.study.measurements import FULL_BATCH, Measurements
from experiments.study.sections.section import Question, Section, Table
from experiments.study.sharing import (
    CONDITIONS,
    TASKS,
    SharingEffect,
    effects_table,
    sharing_effects,
)
from experiments.study.wording import listed, with_interval

QUESTION = Question("sharing", "When does sharing help?", ("fraction", "width", "minibatch"))


def answer(measurements: Measurements) -> Section | None:
    effects = sharing_effects(measurements)
    if not effects:
        return None
    findings = []
    for condition in CONDITIONS:
        for metric, name in TASKS.items():
            chosen = [e for e in effects if (e.condition, e.metric) == (condition, metric)]
            for weight in dict.fromkeys(e.weight for e in chosen):
                findings.append(
                    f"{name} by {CONDITIONS[condition]}, lambda_F = {weight:g}: "
                    + "; ".join(
                        f"{winner} at {listed(values)}"
                        for winner, values in winners([e for e in chosen if e.weight == weight])
                    )
                    + "."
                )
    rows = tuple(
        (
            f"{CONDITIONS[e.condition]}: {value_label(e)}",
            f"{e.weight:g}",
            TASKS[e.metric],
            with_interval(e.shared),
            with_interval(e.separate),
            with_interval(e.difference),
            str(e.difference.count),
            e.winner,
        )
        for e in effects
    )
    return Section(
        QUESTION.key,
        QUESTION.title,
        "Shared minus separate tables, paired by seed, with fewer ratings to train on, narrower "
        "and wider tables, and small batches instead of one step an epoch. Below, “better” means "
        "that the interval of the difference leaves zero out.",
        tuple(findings),
        draw_sharing(effects),
        "Shared minus separate with 95 % intervals. Above: test MSE, where less is better. Below: "
        "test MRR, where more is better.",
        (
            Table(
                "Shared against separate tables, at the end [95 % interval]",
                (
                    "condition",
                    "lambda_F",
                    "metric",
                    "shared",
                    "separate",
                    "difference",
                    "N",
                    "better",
                ),
                rows,
            ),
        ),
        {"sharing": effects_table(effects)},
    )


def value_label(effect: SharingEffect) -> str:
    if effect.condition == "batch_size" and effect.value == FULL_BATCH:
        return "the full batch"
    if effect.condition == "training_fraction":
        return f"{effect.value:.0%}".replace("%", " %")
    return f"{effect.value:g}"


def winners(effects: Sequence[SharingEffect]) -> list[tuple[str, list[str]]]:
    """Return the conditions' values by who is better there."""
    found: dict[str, list[str]] = {}
    for effect in effects:
        words = effect.winner if effect.winner == "undecided" else f"{effect.winner} is better"
        found.setdefault(words, []).append(value_label(effect))
    return list(found.items())
