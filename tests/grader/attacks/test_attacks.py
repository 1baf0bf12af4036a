"""No attack of the bank leaks, leaves, ends or slows what it should not, in either sandbox."""

import ast
import gc
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from attack_bank import (
    ATTACKS,
    BANK,
    BPR,
    HONEST,
    MSE,
    TIGHT,
    everything_in,
    submission_of,
)
from attacked import Target, surroundings

from grader.contents import CONTENTS
from grader.engine.grader import Asked, Grader
from grader.engine.replies import STATUSES, Reply
from grader.engine.reports import FORMATS, write_report
from grader.engine.results import Report
from grader.engine.sandbox import ForkServer, Session
from grader.engine.sandbox.limits import Usage

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e]")


def test_the_bank_is_large_and_says_what_each_attack_tries() -> None:
    assert len(ATTACKS) >= 150
    for attack in ATTACKS:
        source = BANK / f"{attack}.py"
        text = (source if source.exists() else BANK / attack / "loss.py").read_text()
        assert ast.get_docstring(ast.parse(text))


class Hurried:
    """A server whose sessions allow little, and that remembers every reply."""

    def __init__(self, server: ForkServer) -> None:
        self.server = server
        self.layers, self.isolated, self.mode = server.layers, True, server.mode
        self.replies: list[Reply] = []

    @property
    def used(self) -> Usage:
        return self.server.used

    def open(self, files: Mapping[str, bytes]) -> Session:
        """Open a session with the limits replaced."""
        session = self.server.open(files)
        run = session.run

        def run_hurried(program: dict, arrays: dict | None = None, limits: object = None) -> Reply:
            self.replies.append(run(program, arrays, TIGHT))
            return self.replies[-1]

        session.run = run_hurried
        return session


@pytest.fixture(scope="session")
def grade_2a() -> Callable[[Path, ForkServer | Hurried], Report]:
    """Return a function that grades question 2a in a sandbox; hints are remembered for all."""
    grader = Grader(CONTENTS)
    assert grader.explainer
    gc.collect()
    gc.freeze()  # every grading collects garbage, twice

    def grade(path: Path, server: ForkServer | Hurried) -> Report:
        grader.server = server
        return grader.grade(path, Asked(questions=["2a"]))

    return grade


@pytest.fixture(scope="session")
def honest_points(
    servers: dict[str, ForkServer | str],
    grade_2a: Callable[[Path, ForkServer | Hurried], Report],
    tmp_path_factory: pytest.TempPathFactory,
) -> float:
    """Return the most that wrong but honest losses earn on question 2a."""
    server = next(server for server in servers.values() if isinstance(server, ForkServer))
    wrong = (
        "raise NotImplementedError",
        "return p.mean()",
        "return p.mean() * 0 + 0.5",
        "return 0.5",
    )
    scores = []
    for body in wrong:
        folder = tmp_path_factory.mktemp("honest")
        (folder / "loss.py").write_text(f"{HONEST}\n\ndef bpr_loss(p, n):\n    {body}\n")
        scores.append(grade_2a(folder, server).score)
    return max(scores)


def contained(replies: list[Reply], server: ForkServer, target: Target) -> None:
    """Check that nothing secret and nothing unfit came back, and that the next one is served."""
    for reply in replies:
        came = everything_in(reply)
        assert reply.status in STATUSES
        assert "breach-" not in came
        assert not [secret for secret in target.secrets() if secret in came]
        assert not CONTROL.search(reply.sentence + reply.output)
        assert reply.error is None or not CONTROL.search(repr(reply.error))
    assert not target.was_called()
    with server.open({"loss.py": HONEST.encode()}) as session:
        assert session.run(*MSE).arrays["0"] == 1.0


@pytest.mark.parametrize("attack", ATTACKS)
def test_attack_leaks_nothing_and_leaves_nothing(
    attack: str, server: ForkServer, target: Target
) -> None:
    hurried = Hurried(server)
    server.transport.end_submission(keep_spare=False)
    before = surroundings(target, server.transport.users)
    with hurried.open(submission_of(attack, target.names())) as session:
        for _ in range(2):
            session.run(*BPR)
            if hurried.replies[-1].status == "timeout":
                break  # a second one would only wait again
    server.transport.end_submission(keep_spare=False)
    assert surroundings(target, server.transport.users) == before
    contained(hurried.replies, server, target)


@pytest.mark.parametrize("attack", ATTACKS)
def test_attack_gains_no_point_and_always_gets_a_report(
    attack: str,
    any_server: ForkServer,
    target: Target,
    honest_points: float,
    grade_2a: Callable[[Path, ForkServer | Hurried], Report],
    tmp_path: Path,
) -> None:
    for name, data in submission_of(attack, target.names()).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    hurried = Hurried(any_server)
    report = grade_2a(tmp_path, hurried)
    assert report.score <= honest_points
    assert not report.grader_at_fault, report.fault
    for written in (write_report(report, format_, True) for format_ in FORMATS):
        assert not [secret for secret in target.secrets() if secret in written]
    contained(hurried.replies, any_server, target)


@pytest.mark.parametrize(
    "attack",
    [
        "read_hidden_tests_in_call",
        pytest.param("read_hidden_tests_in_exception", marks=pytest.mark.thorough),
        pytest.param("abstract_socket", marks=pytest.mark.thorough),
    ],
)
def test_the_same_attack_succeeds_where_nothing_isolates(attack: str, target: Target) -> None:
    with Grader(CONTENTS, "none").server as unprotected:
        assert not unprotected.isolated
        with unprotected.open(submission_of(attack, target.names())) as session:
            reply = session.run(*BPR)
    assert target.sentinel in everything_in(reply) or target.was_called()
