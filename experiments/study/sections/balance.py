"""The answer to: what is the best balance?"""

from collections.abc import Sequence

from experiments.run import COURSE_RUNS
from experiments.study.balance import Balance, Choice, balance_table, balances, best_balance, front
from experiments.study.figures.balance import draw_balance
from experiments.study.measurements import Measurements
from experiments.study.sections.section import Question, Section, Table
from experiments.study.wording import listed, with_interval

QUESTION = Question("balance", "What is the best balance?", ("balance",))
PREFERENCES = (0.0, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)


def answer(measurements: Measurements) -> Section | None:
    points = balances(measurements)
    tried = {(point.sharing, point.weight) for point in points if point.method == "fixed"}
    if len(tried) <= len(COURSE_RUNS):
        return None
    shared = [point for point in points if point.sharing]
    findings = [
        "Better in MSE or in MRR than every other balance, on average: "
        f"{listed([point.label for point in front(points)])}.",
    ]
    if shared and len(shared) < len(points):
        findings.append(
            f"Among shared tables only: {listed([point.label for point in front(shared)])}."
        )
    choices = {
        preference: (best_balance(points, preference), best_balance(shared or points, preference))
        for preference in PREFERENCES
    }
    findings += [
        f"To someone who gives {preference:g} % of MRR for 1 % of MSE, the best balance is "
        f"{describe_choice(overall)}; with shared tables, {describe_choice(of_shared)}."
        for preference, (overall, of_shared) in choices.items()
        if preference in (1.0, 10.0)
    ]
    preference_rows = tuple(
        (f"{preference:g} %", *choice_cells(overall), *choice_cells(of_shared))
        for preference, (overall, of_shared) in choices.items()
    )
    return Section(
        QUESTION.key,
        QUESTION.title,
        "The weights go from almost all regression to almost all factorization, with "
        "lambda_R = 1 − lambda_F, all over the same seeds. Bars are for new seeds; they are wide "
        "because a split moves all balances together, so that differences between balances are "
        "surer than the bars look. "
        "Which balance is best depends on what one is worth: how many percent of MRR you would "
        "give for one percent of MSE, both measured from the best of the balances.",
        tuple(findings),
        draw_balance(points),
        "Test MSE against test MRR of every balance, means with 95 % intervals, which may reach "
        "beyond the picture; up and left is better. Circles: the course's four runs.",
        (
            Table(
                "The best balance by preference, and in how many seeds it is the best by itself",
                ("% of MRR for 1 % of MSE", "best of all", "seeds", "best of the shared", "seeds"),
                preference_rows,
            ),
            Table(
                "Every balance, at the end [95 % interval]",
                ("balance", "test MSE", "test MRR", "N", "on the front"),
                tuple(balance_row(point, front(points)) for point in points),
            ),
        ),
        {"balance": balance_table(points)},
    )


def balance_row(point: Balance, edge: Sequence[Balance]) -> tuple[str, ...]:
    on_front = "yes" if any(point is other for other in edge) else ""
    return (
        point.label,
        with_interval(point.mse),
        with_interval(point.mrr),
        str(point.mse.count),
        on_front,
    )


def choice_cells(choice: Choice) -> tuple[str, str]:
    return choice.balance.label, f"{choice.wins} of {choice.seeds}"


def describe_choice(choice: Choice) -> str:
    balance = choice.balance
    return (
        f"{balance.label} (test MSE {with_interval(balance.mse)}, MRR "
        f"{with_interval(balance.mrr)}, N = {balance.mse.count}; best in {choice.wins} of "
        f"{choice.seeds} seeds)"
    )
