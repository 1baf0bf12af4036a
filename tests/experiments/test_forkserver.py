"""The processes of runs: in the environment of now, deaf to Ctrl-C, without seconds of imports."""

import json
import os
import signal
import sys
from multiprocessing import forkserver
from pathlib import Path

import pytest

from experiments.engine.local import PRELOADED
from problem_set.executors.local import call_in, process_context

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is forked")


def write_state(path: Path) -> None:
    state = {
        "said since": os.environ.get("SAID_SINCE"),
        "deaf": signal.getsignal(signal.SIGINT) is signal.SIG_IGN,
        "torch": "torch" in sys.modules,
        "folder": str(Path.cwd()),
    }
    path.write_text(json.dumps(state))


def test_a_process_has_torch_already_and_the_environment_of_who_starts_it(tmp_path, monkeypatch):
    forkserver._forkserver._stop()  # one that an earlier test started may know less
    context = process_context(PRELOADED)
    monkeypatch.setenv("SAID_SINCE", "yes")
    monkeypatch.chdir(tmp_path)
    arguments = (dict(os.environ), write_state, tmp_path / "state.json")
    process = context.Process(target=call_in, args=arguments)
    process.start()
    process.join()
    assert process.exitcode == 0
    assert json.loads((tmp_path / "state.json").read_text()) == {
        **{"said since": "yes", "deaf": True, "torch": True},
        "folder": str(tmp_path),
    }
