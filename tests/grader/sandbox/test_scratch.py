"""A scratch folder on disk is counted and removed, whatever its owner made of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.engine.sandbox import scratch
from grader.engine.sandbox.users import FIRST

#: As an ordinary user, whom modes keep out: load the file by its path, for users read no .venv.
AS_OWNER = """
import importlib.util, os, sys
from pathlib import Path
source, folder = sys.argv[1:3]
module = importlib.util.module_from_spec(importlib.util.spec_from_loader("scratch", None))
exec(compile(source, "scratch", "exec"), module.__dict__)
top = Path(folder)
"""
WRITE = """
filled = 0
for mode in (0o300, 0o100, 0o000, 0o400, 0o500):
    inner = top / f"{mode:o}" / "inner"
    inner.mkdir(parents=True)
    for place in (inner.parent, inner):
        (place / "file").write_bytes(bytes(10_000))
        filled += 1
    inner.chmod(mode)
    inner.parent.chmod(mode)
assert module.written(top, filled * 10_000 - 1)
assert not module.written(top, 1 << 20)
"""
DEEPEN = """
Path(os.fsencode(top).decode() + "/" + os.fsdecode(b"\\xff\\xfe")).write_text("not UTF-8")
(top / "link").symlink_to("/")
os.mkfifo(top / "fifo")
os.chdir(top)
for depth in range(60):
    os.mkdir("n" * 200)
    os.chdir("n" * 200)
os.chmod(".", 0)
os.chdir("/")
assert module.written(top, 1 << 40)  # too deep
"""
MANY = """
for number in range(module.MAX_ENTRIES + 1):
    (top / str(number)).touch()
assert module.written(top, 1 << 40)
"""


@pytest.mark.parametrize("steps", [WRITE, DEEPEN, MANY], ids=["closed", "deep", "many"])
def test_what_is_written_is_counted_and_removed_as_its_owner(steps: str, tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("scratch folders are watched on Linux only")
    other = {"user": FIRST, "group": FIRST, "extra_groups": []} if os.geteuid() == 0 else {}
    python = "/usr/bin/python3" if other else sys.executable
    if not Path(python).exists():
        reason = "there is no Python that every user may run: apt-get install python3"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    folder = Path("/var/tmp", f"scratch-{os.getpid()}-{tmp_path.name}")
    folder.mkdir(mode=0o700)
    if other:
        os.chown(folder, FIRST, FIRST)
    source = Path(scratch.__file__).read_text(encoding="utf-8")
    program = f"{AS_OWNER}{steps}\nmodule.remove(top)\nassert not top.exists()"
    command = [python, "-I", "-c", program, source, str(folder)]
    try:
        ended = subprocess.run(
            command, cwd="/", capture_output=True, text=True, check=False, **other
        )
    finally:
        scratch.remove(folder)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_what_cannot_be_counted_counts_as_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder").mkdir()
    scan = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("folder"):
            raise PermissionError(path)
        return scan(path)

    assert not scratch.written(tmp_path, 1 << 20)
    monkeypatch.setattr(scratch.os, "scandir", refuse)
    assert scratch.written(tmp_path, 1 << 20)
