"""Can a method find the balance by itself? Gradient balancing against fixed weights."""

from collections.abc import Sequence

from experiments.run import METHOD_NAMES, SHARED_50
from experiments.study.measurements import Measurements
from experiments.study.questions.balance import Balance, balances
from experiments.study.section import Question, Section, Table, listed, with_interval
from experiments.study.statistics import MIN_SEEDS, mean_interval

QUESTION = Question(
    "methods",
    "Can a method find the balance by itself?",
    ("methods", "balance"),
    f"a method and fixed weights at the same {MIN_SEEDS} seeds or more",
)
METHOD_SENTENCES = {
    "uncertainty": "Uncertainty weighting learns how noisy each task is and weighs it by that "
    "(Kendall, Gal and Cipolla 2018, arXiv 1705.07115).",
    "pcgrad": "PCGrad takes out of each task's gradient what opposes the other one, and adds them "
    "(Yu et al. 2020, arXiv 2001.06782).",
    "cagrad": "CAGrad stays near the mean gradient and serves the task that is worse off "
    "(Liu et al. 2021, arXiv 2110.14048).",
    "mgda": "MGDA takes the shortest mixture of the gradients, which harms neither task "
    "(Désidéri 2012; Sener and Koltun 2018, arXiv 1810.04650).",
    "upgrad": "UPGrad projects each gradient onto what harms neither task, and takes the mean: "
    "with two tasks half of PCGrad's step, which Adam hardly tells from it (Quinton and Rey 2024, "
    "arXiv 2406.16232).",
    "imtlg": "IMTL-G takes the direction that goes equally far along both gradients "
    "(Liu et al. 2021).",
}


def beaten_by(method: Balance, fixed: Sequence[Balance]) -> list[Balance]:
    """Return the fixed weights whose means are better than a method's in MSE and in MRR."""
    return [
        point
        for point in fixed
        if point.mse.value < method.mse.value and point.mrr.value > method.mrr.value
    ]


def answer(measurements: Measurements) -> Section | None:
    points = balances(measurements)
    methods = [point for point in points if not point.is_fixed]
    fixed = [point for point in points if point.is_fixed and point.run.embedding_sharing]
    if not methods or not fixed:
        return None
    usual = next((point for point in fixed if point.run.name == SHARED_50.name), None)
    findings, rows = [], []
    for method in methods:
        name = METHOD_NAMES[method.run.balancing]
        better = [f"{b.run.factorization_weight:g}" for b in beaten_by(method, fixed)]
        findings.append(
            f"{name} ends at test MSE {with_interval(method.mse)} and MRR "
            f"{with_interval(method.mrr)}, N = {method.mse.count}: "
            + (
                f"fixed weights of lambda_F = {listed(better)} are better in both."
                if better
                else "no fixed weight of the shared sweep is better in both."
            )
        )
        minus_usual: dict[str, object] = {"mse": "–", "mrr": "–"}
        if usual:
            paired = (method.by_seed - usual.by_seed).dropna()
            minus_usual = {metric: mean_interval(paired[metric]) for metric in paired}
        rows.append(
            {
                "method": name,
                "test MSE": method.mse,
                "test MRR": method.mrr,
                "N": method.mse.count,
                f"MSE − that of {SHARED_50.label}": minus_usual["mse"],
                f"MRR − that of {SHARED_50.label}": minus_usual["mrr"],
                "better in both: lambda_F": listed(better) or "none",
            }
        )
    return Section(
        QUESTION,
        "Methods that set the balance in every step, with shared tables and as many steps as the "
        "fixed weights have. "
        + " ".join(METHOD_SENTENCES[method.run.balancing] for method in methods),
        tuple(findings),
        tables=(
            Table(
                "Methods against fixed weights, at the end [95 % interval]; differences from "
                f"{SHARED_50.label} are paired by seed",
                rows,
            ),
        ),
    )
