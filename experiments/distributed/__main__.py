"""``torchrun ... -m experiments.distributed``: one run on as many machines as torchrun joins."""

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import click
import torch.distributed as dist
from rich.console import Console

from experiments.commands import epochs_option, out_option, seed_option, submission_option
from experiments.course_runs import comparable_records, configure_runs, write_results
from experiments.data import load_ratings
from experiments.distributed.rank import joined_group, see_run_through
from experiments.memory import jobs_that_fit
from experiments.one_writer import only_writer
from experiments.plain_errors import PlainError
from experiments.plain_lines import print_plainly
from experiments.progress import RunProgress
from experiments.ratings import split_ratings
from experiments.run import RUN_NAMES, Run
from experiments.scheduling import runs_to_do, tell_listener
from experiments.worker import Event, Stopped


class Refused(PlainError):
    """One of the processes cannot begin, and so none of them does."""


class _Terminal:
    """Shows how the run goes, and asks it to stop once this process is told to end."""

    def __init__(self, configuration: Run, progress: RunProgress) -> None:
        self.name = configuration.name
        self.progress = progress
        self.asked_to_stop = False
        self.last: Event | None = None

    def send(self, event: Event) -> None:
        self.last = event
        tell_listener(self.progress, self.name, event)

    def poll(self) -> bool:
        return self.asked_to_stop

    def ask_to_stop(self, *_: object) -> None:
        self.asked_to_stop = True


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
# Not --run, which torchrun would take for an option of its own.
@click.argument("name", type=click.Choice(RUN_NAMES), metavar="NAME")
@epochs_option
@seed_option
@click.option("--data", required=True, metavar="PATH", help="The same ratings on every machine.")
@submission_option
@out_option("results", "results")
@click.option("--batch-size", type=click.IntRange(1), help="Pairs a step, of all processes.")
@click.option("--device", default="cpu", show_default=True, type=click.Choice(["cpu", "cuda"]))
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1))
def main(name: str, data: str, submission: Path, results: Path, device: str, **options) -> None:
    """Do the run NAME in all processes that torchrun starts, on every machine.

    NAME is one of the four that `python -m experiments run --help` lists.

    `python -m experiments run --processes N` does this by itself on one machine. On several,
    give the same command on each: see docs/large_data.md. The first process shows progress
    and writes the results; only its machine needs the results folder.
    """
    if "RANK" not in os.environ:
        raise click.ClickException("start it by torchrun, as docs/large_data.md shows")
    # The first process alone decides to stop: after its epoch, and the others with it.
    for request in (signal.SIGINT, signal.SIGTERM):
        signal.signal(request, signal.SIG_IGN)
    console = Console(quiet=os.environ["RANK"] != "0")
    say = partial(print_plainly, console)
    try:
        with joined_group(device) as place, contextlib.ExitStack() as held:
            ratings = load_ratings(data, say)
            (configuration,) = configure_runs(
                ratings, submission, names=[name], device=device, **options
            )
            configuration = _of_the_group(configuration)

            def check() -> None:
                here = int(os.environ["LOCAL_WORLD_SIZE"])
                jobs_that_fit([configuration], ratings, processes_here=here)
                if place == 0:
                    held.enter_context(only_writer(results))

            _all_or_none(check)
            split = split_ratings(ratings, configuration.seed)
            with RunProgress([configuration], console) as progress:
                terminal = _Terminal(configuration, progress)
                for request in (signal.SIGINT, signal.SIGTERM):
                    signal.signal(request, terminal.ask_to_stop)
                todo = runs_to_do([configuration], results, progress) if place == 0 else None
                if _of_the_first(todo):
                    see_run_through(configuration, split, submission, results, terminal)
            if isinstance(terminal.last, Stopped):
                say(
                    f"Stopped after epoch {terminal.last.epochs}; the same command "
                    "goes on from there."
                )
            elif place == 0:
                write_results(results, comparable_records(results, configuration), say)
    except Refused as error:
        if os.environ["LOCAL_RANK"] == "0":  # all processes have the same to say
            click.echo(f"error: {error}", err=True)
        sys.exit(1)
    except (PlainError, ValueError) as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)


def _of_the_group(configuration: Run) -> Run:
    """Return the first process's configuration with the group's size; all have to agree on it.

    Raises
    ------
    Refused
        If the processes have other ratings, other code or other options.
    """
    configuration = replace(configuration, processes=dist.get_world_size())
    everyones = _of_everyone(configuration.to_dict())
    if different := {
        key for other in everyones for key in other if other[key] != everyones[0][key]
    }:
        raise Refused(
            f"the processes do not agree on {', '.join(sorted(different))}: give the same command, "
            "the same ratings and the same submission on every machine"
        )
    return configuration


def _all_or_none(check: Callable[[], None]) -> None:
    """Do a check in every process, each of its own machine.

    Raises
    ------
    Refused
        In all of them, if it raises an error for a person in one.
    """
    refusal = None
    try:
        check()
    except (PlainError, ValueError) as error:
        refusal = str(error)
    if refusals := [text for text in _of_everyone(refusal) if text]:
        raise Refused(refusals[0])


def _of_everyone(value: object) -> list:
    """Return every process's value, in their order."""
    values = [None] * dist.get_world_size()
    dist.all_gather_object(values, value)
    return values


def _of_the_first(value: object) -> object:
    """Return the first process's value in all of them."""
    values = [value]
    dist.broadcast_object_list(values)
    return values[0]


if __name__ == "__main__":
    main()
