"""The claims as a table that the handout can take."""

from collections.abc import Sequence

from experiments.study.verdicts import Judgement
from experiments.study.wording import MINUS, with_interval

ESCAPES = {
    "L_F": r"$\mathcal{L}_F$",
    "%": r"\%",
    "&": r"\&",
    MINUS: "$-$",
    "–": "--",
}


def in_latex(text: str) -> str:
    for plain, latex in ESCAPES.items():
        text = text.replace(plain, latex)
    return text


def claims_latex(judgements: Sequence[Judgement]) -> str:
    r"""Return a ``tabular`` as wide as the handout's line, for ``\input`` in a ``table``.

    It needs the packages array and booktabs, which the handout's class loads.
    """
    lines = [
        "% Written by `python -m experiments study`. Packages: array, booktabs.",
        r"\begingroup\footnotesize\setlength{\tabcolsep}{4pt}%",
        r"\begin{tabular}{@{}l>{\raggedright\arraybackslash}p{0.42\textwidth}lr"
        r"@{\hspace{3pt}}r>{\raggedright\arraybackslash}p{0.12\textwidth}@{}}",
        r"\toprule",
        r"& Claim & Said by & Mean [95\,\% interval] & $N$ & Verdict\\",
        r"\midrule",
    ]
    question = judgements[0].claim.question if judgements else ""
    for judgement in judgements:
        claim = judgement.claim
        if claim.question != question:
            lines.append(r"\addlinespace")
        cells = (
            claim.question,
            claim.text,
            claim.said_by.replace(" and ", ", "),
            with_interval(judgement.estimate),
            str(judgement.estimate.count),
            judgement.verdict_at,
        )
        question = claim.question
        lines.append(" & ".join(in_latex(cell) for cell in cells) + r"\\")
    lines += [r"\bottomrule", r"\end{tabular}\endgroup"]
    return "\n".join(lines) + "\n"
