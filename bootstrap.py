"""Make the environment ``.venv`` that every make target runs in, or find it up to date.

The environment is complete when ``.venv/installed`` holds the fingerprint of all that it was
made from; that file is written last, so an install that was cut short is finished the next time.
A complete one is used whichever Python this file is run by. Runs on any Python 3 and needs
nothing but its standard library.
"""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent
VENV = PROJECT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "installed"
PLACE = VENV / "made-for"
LOG = VENV / "install.log"
OLDEST = (3, 10)


def place():
    """Return what an environment cannot outlive: its programs name its folder, and its Python."""
    return f"{PROJECT}\n{os.path.realpath(PYTHON)}\n"


def wheels():
    """Return the wheels of the programs, which stand in a student's folder in place of the code."""
    return sorted((PROJECT / "wheels").glob("*.whl"))


def fingerprint():
    """Return a digest of the pins and of what the environment is for."""
    digest = hashlib.sha256(place().encode())
    for path in (PROJECT / "pyproject.toml", PROJECT / "constraints.txt", *wheels()):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_installed():
    return PYTHON.exists() and STAMP.exists() and STAMP.read_text() == fingerprint()


@contextlib.contextmanager
def one_at_a_time():
    """Let a second call wait until the first has finished installing."""
    with (PROJECT / ".venv.lock").open("w") as lock:
        try:
            import fcntl
        except ImportError:  # Windows has no flock; make is rarely run twice at once there
            yield
        else:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def can_be_finished():
    """Say whether there is a sound environment that only lacks packages."""
    if not (PYTHON.exists() and PLACE.exists() and PLACE.read_text(encoding="utf-8") == place()):
        return False
    pip = subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False)
    return pip.returncode == 0


def refuse_old_python():
    if sys.version_info < OLDEST:
        sys.exit(
            "This needs Python {}.{} or newer; {} is Python {}.{}.\n"
            "Install a newer one and name it: make PYTHON=python3.12".format(
                *OLDEST, sys.executable, *sys.version_info[:2]
            )
        )


def create():
    """Make an empty environment."""
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run(
        [sys.executable, "-m", "venv", VENV],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        sys.exit(
            f"{made.stdout}\n"
            "Python could not make a virtual environment. On Debian and Ubuntu it needs\n"
            "    sudo apt install python3-venv\n"
            "and then the same command again."
        )
    PLACE.write_text(place(), encoding="utf-8")


def status_of(line, packages):
    """Return what a line of pip's says of the progress, in a few words; None of most lines."""
    words = line.split()
    if words[:1] == ["Collecting"]:
        return f"package {packages}: {words[1]}"
    if words[:1] == ["Downloading"] and "MB" in line:
        file = words[1].rsplit("/", 1)[-1]
        return f"package {packages}: downloading {' '.join([file, *words[2:]])}"
    if words[:2] == ["Installing", "collected"]:
        return f"installing {packages} packages"
    return None


def install():
    """Install the project's dependencies at their pinned versions, one line of progress."""
    command = [PYTHON, "-m", "pip", "install", "--progress-bar", "off", "--no-color"]
    command += ["--no-compile"]  # compile_packages does it on all cores
    command += ["--disable-pip-version-check", "--constraint", "constraints.txt"]
    command += [f"{wheel}[notebook]" for wheel in wheels()] or ["--editable", "."]
    in_place = sys.stdout.isatty()
    packages = 0
    with LOG.open("w", encoding="utf-8") as log:
        pip = subprocess.Popen(
            command,
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        for line in pip.stdout:
            log.write(line)
            packages += line.startswith("Collecting")
            status = status_of(line, packages)
            if status and in_place:
                columns = shutil.get_terminal_size().columns
                print("\r\033[K" + f"  {status}"[: columns - 1], end="", flush=True)
            elif status and (status.startswith("installing") or packages % 50 == 1):
                print(f"  {status}", flush=True)
    if in_place:
        print("\r\033[K", end="", flush=True)
    if pip.wait() != 0:
        lines = LOG.read_text(encoding="utf-8").splitlines()
        errors = [line for line in lines if "ERROR" in line] or lines[-5:]
        sys.exit(
            "\n".join(errors[-5:])
            + f"\n\npip could not install the environment; all it said is in {LOG}\n"
            "Check the network connection and the free disk space (2 GB), then give the same\n"
            "command again: what is already downloaded is kept."
        )


def compile_packages():
    """Compile what is installed, on all cores; pip would take one, and the packages' tests too."""
    print("  compiling them", flush=True)
    command = [PYTHON, "-m", "compileall", "-qq", "-j", "0", "-x", r"[/\\]tests?[/\\]", VENV.name]
    subprocess.run(command, cwd=PROJECT, check=False)  # a file that does not compile is no matter


def main():
    if is_installed():
        return
    with one_at_a_time():
        if is_installed():
            return
        fresh = not can_be_finished()
        if fresh:
            refuse_old_python()
        print("Setting up .venv, once (one to five minutes, most of it torch):", flush=True)
        if fresh:
            create()
        STAMP.unlink(missing_ok=True)
        install()
        compile_packages()
        partial = STAMP.with_suffix(".part")
        partial.write_text(fingerprint())
        partial.replace(STAMP)
        print("  .venv is ready.", flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nInterrupted; the same command again finishes the set-up.")
