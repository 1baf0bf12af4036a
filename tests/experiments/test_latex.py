"""What the handout gets from the results."""

import json
from pathlib import Path

import pytest

from experiments import latex
from experiments.engine.store import RunRecord, made_by
from experiments.latex import number, read_rows, tabular, write_report
from experiments.plots import draw_small, picture_bytes
from experiments.run import COURSE_RUNS, METRICS
from experiments.tables import write_summaries

LOSS, MSE, JOINT, MRR, TEST_MSE = (metric.key for metric in METRICS)
SHARED, SHARED_EVEN, SEPARATE_EVEN, SEPARATE = COURSE_RUNS


def record(run: object, epochs: int, mrr: float = 0.01, loss: float = 0.5) -> RunRecord:
    """A run whose MRR grows and whose losses fall by the same step each epoch."""
    falling = [loss - 0.0625 * epoch for epoch in range(epochs)]
    curves = dict.fromkeys((LOSS, JOINT), falling)
    curves |= {MSE: [13.75 / (epoch + 1) for epoch in range(epochs)]}
    curves |= {TEST_MSE: [14.25 / (epoch + 1) for epoch in range(epochs)]}
    curves |= {MRR: [mrr * (epoch + 1) for epoch in range(epochs)]}
    return RunRecord(run, made_by(""), {metric.key: curves[metric.key] for metric in METRICS}, 1.0)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    records = [record(SHARED, 5), record(SHARED_EVEN, 5, loss=0.6)]
    records += [record(SEPARATE_EVEN, 5, mrr=0.02), record(SEPARATE, 5, mrr=0.02, loss=0.375)]
    write_summaries(tmp_path / "results", records)
    return tmp_path / "results"


@pytest.fixture
def generated(tmp_path: Path) -> Path:
    return tmp_path / "generated"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty pictures: drawing twenty takes seconds."""
    monkeypatch.setattr(latex, "draw_small", lambda rows, metric, runs: None)
    monkeypatch.setattr(latex, "picture_bytes", lambda figure, kind: b"%PDF")


@pytest.mark.usefixtures("quick")
def test_every_final_value_is_that_of_the_summary(results: Path, generated: Path) -> None:
    write_report(results, generated)
    macros = (generated / "results.tex").read_text()
    runs = json.loads((results / "summary.json").read_text())["runs"]
    for key, run in zip(
        ("shared-0.99", "shared-0.5", "separate-0.5", "separate-0.99"), COURSE_RUNS
    ):
        final = runs[run.name]["final"]
        for name, metric in zip(("LF", "train-mse", "joint", "mrr", "test-mse"), METRICS):
            value = number(final[metric.key], metric)
            assert rf"\resultdata{{{key}}}{{final}}{{{name}}}{{{value}}}" in macros


@pytest.mark.usefixtures("quick")
def test_values_are_named_by_run_and_metric(results: Path, generated: Path) -> None:
    write_report(results, generated)
    macros = (generated / "results.tex").read_text()
    assert r"\resultdata{separate-0.99}{final}{LF}{0.125}" in macros
    assert r"\resultdata{separate-0.99}{final}{mrr}{0.1000}" in macros
    assert r"\resultdata{shared-0.5}{start}{train-mse}{13.8}" in macros
    assert r"\resultdata{shared-0.5}{final}{train-mse}{2.750}" in macros
    assert r"\renewcommand{\resultepochs}{5}" in macros


@pytest.mark.usefixtures("quick")
def test_the_epoch_is_found_at_which_a_run_catches_up(results: Path, generated: Path) -> None:
    write_report(results, generated)
    macros = (generated / "results.tex").read_text()
    # 0.02, 0.04, 0.06 is the first to reach 0.05; 0.375, 0.3125, 0.25 the first to reach 0.25.
    assert r"\reachdata{separate-0.99}{shared-0.99}{mrr}{2}" in macros
    assert r"\reachdata{separate-0.99}{shared-0.99}{LF}{2}" in macros
    assert r"\reachdata{shared-0.99}{separate-0.99}{mrr}" not in macros
    # Joint losses with different weights are different sums.
    assert r"\reachdata{shared-0.99}{shared-0.5}{LF}" in macros
    assert r"\reachdata{shared-0.99}{shared-0.5}{joint}" not in macros


@pytest.mark.usefixtures("quick")
def test_the_table_has_a_row_a_run_and_dashes_for_a_missing_one(
    tmp_path: Path, generated: Path
) -> None:
    write_summaries(tmp_path, [record(SHARED, 2)])
    write_report(tmp_path, generated)
    rows = (generated / "results_table.tex").read_text().splitlines()
    assert rows[0].endswith(r"shared & 0.99 & 0.01 & 0.438 & 6.875 & 0.438 & 0.0200 & 7.125\\")
    assert rows[3] == r"\runline{separate-0.99} & separate & 0.99 & 0.01" + " & ---" * 5 + r"\\"
    assert "separate-0.99" not in (generated / "results.tex").read_text()


@pytest.mark.usefixtures("quick")
def test_five_pictures_for_all_runs_and_for_each_question(results: Path, generated: Path) -> None:
    files = write_report(results, generated)
    names = {path.stem for path in files if path.suffix == ".pdf"}
    stems = {"training_factorization_loss", "training_mse", "training_joint_loss"}
    stems |= {"eval_mean_reciprocal_rank", "eval_mse"}
    assert names == {f"{name}_{stem}" for name in ("all", "3a", "3b", "3c") for stem in stems}
    assert all(path.exists() for path in files)


def test_the_same_curves_give_the_same_picture(results: Path) -> None:
    rows, metric = read_rows(results), METRICS[1]
    first, second = (picture_bytes(draw_small(rows, metric, COURSE_RUNS), "pdf") for _ in "ab")
    assert first == second
    assert first.startswith(b"%PDF") and b"CreationDate" not in first
    assert first != picture_bytes(draw_small(rows, metric, COURSE_RUNS[:2]), "pdf")


def test_a_picture_needs_no_complete_results(tmp_path: Path) -> None:
    write_summaries(tmp_path, [record(SHARED, 1)])
    rows = read_rows(tmp_path)
    for metric, runs in ((METRICS[2], COURSE_RUNS), (METRICS[1], [SEPARATE])):
        assert picture_bytes(draw_small(rows, metric, runs), "pdf").startswith(b"%PDF")


def test_the_text_of_a_table_is_escaped_and_its_groups_apart() -> None:
    table = tabular("ll", ("", "L_F"), [("3a", "95 % & −1"), ("3a", "b"), ("3b", "–")])
    assert table.count(r"\addlinespace") == 1
    assert r"3a & 95 \% \& $-$1\\" in table and r" & $\mathcal{L}_F$\\" in table
    assert r"3b & --\\" in table


@pytest.mark.usefixtures("quick")
def test_what_is_up_to_date_is_not_written_again(results: Path, generated: Path) -> None:
    files = write_report(results, generated)
    before = [path.stat().st_mtime_ns for path in files]
    assert write_report(results, generated) == files
    assert [path.stat().st_mtime_ns for path in files] == before
    write_summaries(results, [record(SHARED, 3)])
    write_report(results, generated)
    assert [path.stat().st_mtime_ns for path in files] != before
    assert r"\resultepochs}{3}" in (generated / "results.tex").read_text()


@pytest.mark.usefixtures("quick")
def test_without_results_an_old_report_is_removed(results: Path, generated: Path) -> None:
    files = write_report(results, generated)
    (generated / "course.tex").write_text("not of the report")
    (results / "summary.json").unlink()
    assert write_report(results, generated) == []
    assert not any(path.exists() for path in files)
    assert (generated / "course.tex").exists()


@pytest.mark.parametrize("content", ["", "{}", '{"runs": {"a": 1}}', '{"runs": []}'])
def test_a_summary_that_cannot_be_read_is_named(
    results: Path, generated: Path, content: str
) -> None:
    (results / "summary.json").write_text(content)
    with pytest.raises(ValueError, match=r"summary\.json should hold .*make experiments"):
        write_report(results, generated)


@pytest.mark.parametrize("content", ["run,epoch\na,0\n", "run,epoch,metric,value\na,0,b,c\n", None])
def test_curves_that_cannot_be_read_are_named(
    results: Path, generated: Path, content: str | None
) -> None:
    path = results / "curves.csv"
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(ValueError, match=r"curves\.csv should hold .*make experiments"):
        write_report(results, generated)


@pytest.mark.usefixtures("quick")
def test_a_run_that_diverged_is_shown_as_it_is(tmp_path: Path, generated: Path) -> None:
    diverged = record(SHARED, 3)
    diverged.curves[MSE][1:] = [float("inf"), float("nan")]
    write_summaries(tmp_path, [diverged])
    write_report(tmp_path, generated)
    assert (
        r"\resultdata{shared-0.99}{final}{train-mse}{nan}"
        in (generated / "results.tex").read_text()
    )
