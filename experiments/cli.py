"""The command line: ``python -m experiments run``, ``study``, ``figures``, ``report``."""

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from experiments.console import rerun_command
from experiments.errors import UserError

# Only what is quick to import; each command imports what it needs.
from experiments.run import DEFAULT_EPOCHS, DEFAULT_SEED, RUN_NAMES
from experiments.study.grid import DEFAULT_SEEDS, PARTS, QUICK_SEEDS
from problem_set import __version__

DEFAULT_DATA = "movielens-100k"

# Options of two commands.
epochs_option = click.option(
    "--epochs", default=DEFAULT_EPOCHS, show_default=True, type=click.IntRange(1)
)
seed_option = click.option(
    "--seed",
    default=DEFAULT_SEED,
    show_default=True,
    type=click.IntRange(0, 2**32 - 1),
    help="Fixes the split, the initial weights and the negatives.",
)
data_option = click.option(
    "--data",
    default=DEFAULT_DATA,
    show_default=True,
    metavar="movielens-100k|synthetic|PATH",
    help="PATH: a folder, a zip or a ratings file, in a layout of MovieLens 100K to 32M.",
)
submission_option = click.option(
    "--submission",
    default="submission",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder of model.py, loss.py and mrr.py.",
)
device_option = click.option(
    "--device",
    default="auto",
    show_default=True,
    type=click.Choice(["auto", "cpu", "cuda", "mps"]),
)
threads_option = click.option(
    "--threads",
    type=click.IntRange(1),
    help="Processor threads of each run. Default: a fourth of the cores.",
)


def folder_option(name: str, parameter: str, default: str, text: str = "") -> Callable:
    """Return an option that takes a folder."""
    kind = click.Path(path_type=Path, file_okay=False)
    return click.option(name, parameter, default=default, show_default=True, type=kind, help=text)


def out_option(parameter: str, default: str) -> Callable:
    """Return the option that says where runs are kept."""
    text = "Folder to write to. Complete runs in it are skipped."
    return folder_option("--out", parameter, default, text)


results_option = folder_option("--results", "results", "results")


def end_with_a_sentence(command: Callable) -> Callable:
    """Have a command end without a traceback: on an error with it, on Ctrl-C with how to resume."""

    @functools.wraps(command)
    def wrapped(*arguments: object, **options: object) -> None:
        from experiments.engine.complete import RunsInterrupted

        try:
            command(*arguments, **options)
        except (RunsInterrupted, KeyboardInterrupt) as stop:
            click.echo(
                "\nInterrupted. Finished runs are kept. To resume, give the command again:\n"
                f"    {rerun_command()}"
            )
            for run, finished in getattr(stop, "epochs", {}).items():
                click.echo(f"  {run.id} resumes after epoch {finished} of {run.epochs}")
            sys.exit(130)
        except (UserError, ValueError, FileNotFoundError) as error:
            click.echo(f"error: {error}", err=True)
            sys.exit(1)

    return wrapped


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="%(version)s")
def main() -> None:
    """Train the movie recommender in submission/ and look at how it learns.

    Start with `run`, which is `make experiments`. For a first try that takes seconds and needs no
    data: `run --data synthetic --epochs 20 --out results-try`.
    """


@main.command()
@click.option(
    "--run",
    "names",
    metavar="NAME",
    multiple=True,
    type=click.Choice(RUN_NAMES),
    help="One of the four runs, and not the others; may be given several times. The names are "
    + ", ".join(RUN_NAMES)
    + ".",
)
@epochs_option
@seed_option
@data_option
@submission_option
@out_option("results", "results")
@click.option(
    "--jobs",
    type=click.IntRange(1),
    help="Runs at once. Default: as many as there are cores and free memory for.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(1),
    help="Pairs a gradient step. Default: the whole training set, one step an epoch.",
)
@device_option
@threads_option
@click.pass_context
@end_with_a_sentence
def run(
    context: click.Context,
    data: str,
    submission: Path,
    results: Path,
    jobs: int | None,
    **options: Any,
) -> None:
    """Run the four experiments and draw their curves.

    Writes summary.json, curves.csv, figures/ and tensorboard/ into the results folder. Stop
    it with Ctrl-C at any time: the same command resumes. Runs of other options are kept beside
    each other, and results of the assignment's own options are not replaced by those of others
    unless --out says so.
    """
    from experiments.console import echo, make_console
    from experiments.course_runs import (
        configure_runs,
        folder_of_options,
        options_of,
        run_experiments,
    )
    from experiments.data import load_ratings
    from experiments.engine.progress import RunProgress
    from experiments.engine.store import Store
    from experiments.tables import final_table

    console = make_console()
    say = functools.partial(echo, console)
    store = Store(results)
    ratings = load_ratings(data, say)
    name_of_data = Path(data).stem
    runs = configure_runs(ratings, **options)
    if context.get_parameter_source("results") == click.core.ParameterSource.DEFAULT:
        results = folder_of_options(results, options_of(runs[0], name_of_data))
    if results != store.folder:
        say(
            f"{store.folder} keeps the results of the assignment's own options; those of this "
            f"command go to {results}."
        )
    with RunProgress(runs, console) as progress:
        records = run_experiments(
            *(runs, ratings, submission, results, progress, jobs, say),
            store=store,
            data=name_of_data,
        )
    console.print()
    console.print(final_table(records))
    say(f"Curves: {results / 'figures' / 'curves.png'}    Numbers: {results / 'summary.json'}")


@main.command()
@click.option(
    "--quick",
    is_flag=True,
    help=f"The claims over {QUICK_SEEDS} seeds and one balance more: minutes on 2 cores, and not "
    "hours.",
)
@click.option(
    "--part",
    "parts",
    metavar="NAME",
    multiple=True,
    type=click.Choice(tuple(PARTS)),
    help="One part of the study, and not the others; may be given several times. The parts are "
    + ", ".join(PARTS)
    + ".",
)
@click.option(
    "--seeds",
    type=click.IntRange(1, 1000),
    help=f"How many seeds the claims are tested over, from {DEFAULT_SEED}. The other parts take a "
    f"few of them. Default: {DEFAULT_SEEDS}, or {QUICK_SEEDS} with --quick.",
)
@click.option("--plan", "only_plan", is_flag=True, help="Say what it would cost, and stop.")
@click.option(
    "--report-only",
    is_flag=True,
    help="Do not train; rebuild the report from complete runs, also of a study under way.",
)
@epochs_option
@data_option
@submission_option
@out_option("study_folder", "results/study")
@click.option(
    "--workers",
    type=click.IntRange(1),
    help="Runs at once on this machine. Default: as many as there are cores and free memory for.",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Use the workers of a Dask scheduler that is there, such as tcp://10.0.0.5:8786, and "
    "start none: see docs/study.md.",
)
@device_option
@threads_option
@end_with_a_sentence
def study(
    only_plan: bool,
    report_only: bool,
    data: str,
    submission: Path,
    study_folder: Path,
    workers: int | None,
    scheduler: str | None,
    **options: Any,
) -> None:
    """Find out what one run cannot tell: many runs, compared.

    Which differences between the four runs are more than chance? Which balance of the two losses
    is the best, and why? When does sharing help? `--plan` tells what the answers cost, `--quick`
    gives first ones in minutes.

    Writes runs.csv, curves.csv and gradients.csv into the study's folder, and a report. Stop it
    with Ctrl-C at any time: the same command resumes. A longer study uses the runs of a shorter
    one, and the study in results/study those of `run`.
    """
    from experiments.console import echo, make_console
    from experiments.data import load_ratings
    from experiments.engine.complete import RunsFailed
    from experiments.study.grid import plan_study
    from experiments.study.measurements import StudyError
    from experiments.study.report import write_study_report
    from experiments.study.run_study import estimate_cost, run_study

    console = make_console()
    say = functools.partial(echo, console)
    if only_plan and report_only:
        raise UserError(
            "--plan says what runs would cost, and --report-only does none: give one of them"
        )
    if scheduler and workers:
        raise UserError(
            "--scheduler uses the workers that are there, and --workers starts others here: give "
            "one of them"
        )
    if not report_only:
        plan = plan_study(load_ratings(data, say), submission, **options)
        do = estimate_cost if only_plan else run_study
        try:
            do(plan, study_folder, console, workers=workers, scheduler=scheduler)
        except RunsFailed as error:
            if not only_plan and len(error.messages) < len(plan.configurations):
                try:
                    write_study_report(study_folder, say)
                except StudyError as nothing:
                    say(str(nothing))
            raise
    if not only_plan:
        write_study_report(study_folder, say)


@main.command()
@results_option
@end_with_a_sentence
def figures(results: Path) -> None:
    """Draw the figures again from the results folder's curves.csv."""
    from experiments.plots import save_figures
    from experiments.tables import read_curves

    for path in save_figures(read_curves(results), results / "figures"):
        click.echo(path)


@main.command()
@results_option
@folder_option("--out", "generated", "handout/generated")
@end_with_a_sentence
def report(results: Path, generated: Path) -> None:
    """Write the results' figures, table and numbers for the handout.

    `make handout` calls it. Without results it removes what it wrote before, so that the handout
    never shows curves that are no longer there.
    """
    from experiments.latex import write_report

    write_report(results, generated)
