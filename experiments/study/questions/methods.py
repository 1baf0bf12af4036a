"""Can a method find the balance by itself? Gradient balancing against fixed weights."""

from collections.abc import Sequence

import pandas as pd

from experiments.run import SHARED_50
from experiments.study.measurements import Measurements
from experiments.study.questions.balance import METHOD_NAMES, Balance, balances
from experiments.study.section import Question, Section, Table, listed, with_interval, with_seeds
from experiments.study.statistics import Estimate, mean_interval

QUESTION = Question(
    "methods",
    "Can a method find the balance by itself?",
    ("methods", "balance"),
    "a method and fixed weights at the same 2 seeds or more",
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


def differences_from(point: Balance, other: Balance) -> tuple[Estimate, Estimate]:
    """Return MSE and MRR minus the other's, paired by the seeds that both have."""
    paired = (point.by_seed - other.by_seed).dropna()
    return mean_interval(paired["mse"]), mean_interval(paired["mrr"])


def answer(measurements: Measurements) -> Section | None:
    points = balances(measurements)
    methods = [point for point in points if point.method != "fixed"]
    if not methods:
        return None
    fixed = [p for p in points if p.method == "fixed" and p.sharing]
    usual = next((p for p in fixed if p.weight == SHARED_50.factorization_weight), None)
    findings, rows, data = [], [], []
    for method in methods:
        name = METHOD_NAMES.get(method.method, method.method)
        better = [f"{point.weight:g}" for point in beaten_by(method, fixed)]
        findings.append(
            f"{name} ends at test MSE {with_interval(method.mse)} and MRR "
            f"{with_interval(method.mrr)}, N = {method.mse.count}: "
            + (
                f"fixed weights of lambda_F = {listed(better)} are better in both."
                if better
                else "no fixed weight of the shared sweep is better in both."
            )
        )
        row = {"method": method.method}
        row |= method.mse.columns("test_mse") | method.mrr.columns("test_mrr")
        cells = ["–", "–"]
        if usual:
            differences = differences_from(method, usual)
            cells = [with_seeds(estimate) for estimate in differences]
            for name_of, estimate in zip(("mse_minus_usual", "mrr_minus_usual"), differences):
                row |= estimate.columns(name_of)
        data.append(row | {"better_in_both": " ".join(better)})
        rows.append(
            (
                *(name, with_interval(method.mse), with_interval(method.mrr)),
                *(str(method.mse.count), *cells, listed(better) or "none"),
            )
        )
    return Section(
        QUESTION,
        "Methods that set the balance in every step, with shared tables and as many steps as the "
        "fixed weights have. "
        + " ".join(METHOD_SENTENCES[m.method] for m in methods if m.method in METHOD_SENTENCES),
        tuple(findings),
        tables=(
            Table(
                "Methods against fixed weights, at the end [95 % interval]; differences from "
                f"{SHARED_50.label} are paired by seed",
                (
                    *("method", "test MSE", "test MRR", "N"),
                    f"MSE − that of {SHARED_50.label}",
                    f"MRR − that of {SHARED_50.label}",
                    "better in both: lambda_F",
                ),
                tuple(rows),
            ),
        ),
        data=pd.DataFrame(data),
    )
