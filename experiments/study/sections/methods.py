"""The answer to: can a method find the balance by itself?"""

from experiments.study.balance import METHOD_NAMES, balances, beaten_by, differences_from
from experiments.study.claims import SHARED_50
from experiments.study.measurements import Measurements
from experiments.study.sections.section import Question, Section, Table
from experiments.study.wording import listed, with_interval, with_seeds

QUESTION = Question("methods", "Can a method find the balance by itself?", ("methods", "balance"))
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


def answer(measurements: Measurements) -> Section | None:
    points = balances(measurements)
    methods = [point for point in points if point.method != "fixed"]
    if not methods:
        return None
    fixed_weights = [p for p in points if p.method == "fixed" and p.sharing]
    usual = next((p for p in fixed_weights if p.weight == SHARED_50.factorization_weight), None)
    findings, rows = [], []
    for method in methods:
        name = METHOD_NAMES.get(method.method, method.method)
        beating = [f"{point.weight:g}" for point in beaten_by(method, fixed_weights)]
        ending = f"{name} ends at test MSE {with_interval(method.mse)} and MRR "
        ending += f"{with_interval(method.mrr)}, N = {method.mse.count}: "
        ending += (
            f"fixed weights of lambda_F = {listed(beating)} are better in both."
            if beating
            else "no fixed weight of the shared sweep is better in both."
        )
        findings.append(ending)
        cells = ["–", "–"]
        if usual:
            cells = [with_seeds(estimate) for estimate in differences_from(method, usual)]
        rows.append(
            (
                name,
                with_interval(method.mse),
                with_interval(method.mrr),
                str(method.mse.count),
                *cells,
                listed(beating) or "none",
            )
        )
    return Section(
        QUESTION.key,
        QUESTION.title,
        "Methods that set the balance in every step, with shared tables and as many steps as the "
        "fixed weights have. "
        + " ".join(
            METHOD_SENTENCES[method.method]
            for method in methods
            if method.method in METHOD_SENTENCES
        ),
        tuple(findings),
        tables=(
            Table(
                "Methods against fixed weights, at the end [95 % interval]; differences from "
                "shared 0.5 are paired by seed",
                (
                    "method",
                    "test MSE",
                    "test MRR",
                    "N",
                    "MSE − that of shared 0.5",
                    "MRR − that of shared 0.5",
                    "better in both: lambda_F",
                ),
                tuple(rows),
            ),
        ),
    )
