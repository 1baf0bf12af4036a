"""Make the environment ``.venv`` that every make target runs in, or find it up to date.

    python bootstrap.py          # what the commands of this folder need
    python bootstrap.py study    # and a dependency group of pyproject.toml besides

Where there is a folder ``wheels``, as students have it, the newest wheel in it is installed;
elsewhere the project itself, with all of its dependency groups. The environment is complete when
``.venv/installed`` holds the fingerprint of all that it was made from; that file is written last,
so an install that was cut short is finished the next time. A complete one is used whichever Python
this file is run by. It needs the standard library alone, and parses even in Python 2.7.
"""

from __future__ import print_function

import sys

if sys.version_info < (3, 6):
    sys.exit(
        "This needs Python 3.10 or newer; {} is Python {}.{}.\n"
        "Install a newer one and name it: make PYTHON=python3.12".format(
            sys.executable, sys.version_info[0], sys.version_info[1]
        )
    )

import contextlib
import hashlib
import http.client
import os
import platform
import queue
import re
import shutil
import subprocess
import sysconfig
import threading
import time
import urllib.request
from pathlib import Path

PROJECT = Path(__file__).resolve().parent
VENV = PROJECT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "installed"
PLACE = VENV / "made-for"
LOG = VENV / "install.log"
SCRATCH = VENV / "tmp"  # pip downloads into it
OLDEST, NEWEST = (3, 10), (3, 14)  # that the pinned torch has packages for
STUDENT_GROUPS = ("notebook",)
ALL_GROUPS = ("notebook", "study", "staff", "dev")
CPU_BUILDS = "https://download.pytorch.org/whl/cpu"
SECONDS_BETWEEN_LINES = 15  # where the output is no terminal

# About how many megabytes there are to download, as uv says it.
DOWNLOAD = 400
CUDA_DOWNLOAD = 2500  # that come with torch's default build for Linux


def place():
    """Return what an environment cannot outlive: its programs name its folder, and its Python."""
    return "{}\n{}\n".format(PROJECT, os.path.realpath(str(PYTHON)))


def newest_wheel():
    """Return the wheel of the highest version in ``wheels``; None where there is none."""

    def version(wheel):
        return [int(number) for number in re.findall(r"\d+", wheel.name.split("-")[1])]

    return max((PROJECT / "wheels").glob("*-*.whl"), key=version, default=None)


def default_groups():
    return STUDENT_GROUPS if newest_wheel() else ALL_GROUPS


def fingerprint():
    """Return a digest of the pins and of what the environment is for."""
    digest = hashlib.sha256(place().encode())
    for file in (PROJECT / "pyproject.toml", PROJECT / "constraints.txt", newest_wheel()):
        if file:
            digest.update(file.read_bytes())
    return digest.hexdigest()


def read_stamp():
    """Return the fingerprint of a complete environment, and the groups it was asked for."""
    words = STAMP.read_text().split() if STAMP.exists() else []
    return "".join(words[:1]), set(words[1:])


def is_installed(groups):
    made_from, installed = read_stamp()
    return PYTHON.exists() and made_from == fingerprint() and installed.issuperset(groups)


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


def find_uv():
    """Return the path of uv, which takes an eighth of pip's time; None if it is not installed."""
    uv = shutil.which("uv")
    return None if uv and VENV in Path(uv).parents else uv


def can_be_finished():
    """Return whether there is a sound environment that only lacks packages."""
    if not (PYTHON.exists() and PLACE.exists() and PLACE.read_text(encoding="utf-8") == place()):
        return False
    return run([PYTHON, "-m", "pip", "--version"]).returncode == 0


def run(command):
    """Run a program to its end; its output is the result's ``stdout``."""
    return subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        check=False,
    )


def refuse_platform():
    """End with a sentence on a platform that PyTorch has no package for."""
    machine = platform.machine().lower()
    if sys.platform == "darwin" and machine == "x86_64":
        what = "Macs with an Intel processor, nor for a Python made for one"
        instead = "On a Mac with an Apple chip, install Python from python.org"
    elif sys.platform == "win32" and machine == "arm64":
        what = "Windows on ARM"
        instead = 'Install the "64-bit" Python of python.org, not "ARM64": it runs there, too'
    elif "musl" in (sysconfig.get_config_var("HOST_GNU_TYPE") or ""):
        what = "Linux with musl, such as Alpine"
        instead = "Use a Linux with glibc, such as Debian or Ubuntu"
    elif sys.maxsize < 2**32:
        what = "a 32-bit Python"
        instead = "Install a 64-bit one"
    else:
        return
    sys.exit(
        "PyTorch has no package for {}.\n{}; or work on Google Colab or a JupyterHub.".format(
            what, instead
        )
    )


def python_problem():
    """Return why this Python cannot be used, and what to do; None if it can."""
    version = sys.version_info[:2]
    if version < OLDEST:
        problem = "This needs Python {}.{} or newer".format(*OLDEST)
    elif version > NEWEST:
        problem = "PyTorch has no package for a Python above {}.{} yet".format(*NEWEST)
    else:
        return None
    return "{}; {} is Python {}.{}.\nInstall such a one and name it: make PYTHON=python3.12".format(
        problem, sys.executable, *version
    )


def create(uv):
    """Make an empty environment; end with a sentence if there is no way to."""
    problem = python_problem()
    if uv:
        range_ = ">={}.{},<{}.{}".format(OLDEST[0], OLDEST[1], NEWEST[0], NEWEST[1] + 1)
        python = range_ if problem else sys.executable  # uv finds another one, or fetches it
        shutil.rmtree(str(VENV), ignore_errors=True)
        if run([uv, "venv", "--seed", "--python", python, VENV]).returncode == 0:
            PLACE.write_text(place(), encoding="utf-8")
            return
    if problem:
        sys.exit(problem)
    shutil.rmtree(str(VENV), ignore_errors=True)
    made = run([sys.executable, "-m", "venv", VENV])
    if made.returncode != 0:
        sys.exit(
            made.stdout + "\nPython could not make a virtual environment. On Debian and Ubuntu it "
            "needs\n    sudo apt install python3-venv\nand then the same command again."
        )
    PLACE.write_text(place(), encoding="utf-8")


def has_nvidia_driver():
    return Path("/proc/driver/nvidia").exists() or shutil.which("nvidia-smi") is not None


def is_reachable(index):
    """Return whether a package index answers; pip would try for minutes, for every package."""
    try:
        with urllib.request.urlopen(index + "/torch/", timeout=10):
            return True
    except (OSError, http.client.HTTPException):
        return False


def find_cpu_builds():
    """Return the index of PyTorch without CUDA; None where the usual index has the right build."""
    if not sys.platform.startswith("linux") or has_nvidia_driver():
        return None
    if is_reachable(CPU_BUILDS):
        return CPU_BUILDS
    print(
        "  {} cannot be reached. PyTorch comes from the usual index:\n"
        "  that may be its build for NVIDIA cards, 2.7 GB.".format(CPU_BUILDS),
        flush=True,
    )
    return None


def install_commands(uv, groups, index):
    """Return the commands that install all packages: the first that works is enough."""
    wheel = newest_wheel()
    names = ",".join(sorted(groups.union(default_groups())))
    if wheel:
        what = ["./wheels/{}[{}]".format(wheel.name, names)]
    else:
        what = ["--editable", ".[{}]".format(names)]
    what += ["--constraint", "constraints.txt"]
    if index:
        what += ["--extra-index-url", index]
    pip = [PYTHON, "-m", "pip", "install", "--progress-bar", "off", "--no-color"]
    # Most modules are never imported, and Python compiles those that are.
    pip += ["--no-compile", "--disable-pip-version-check"]
    if not uv:
        return [pip + what]
    uv_pip = [uv, "pip", "install", "--python", PYTHON, "--color", "never"]
    if index:  # which has the version, too: take what pip takes, as 2.13.0+cpu is above 2.13.0
        uv_pip += ["--index-strategy", "unsafe-best-match"]
    return [uv_pip + what, pip + what]


class Progress:
    """One line of progress of an installation: megabytes, and the time that is left."""

    def __init__(self):
        self.expected = DOWNLOAD  # megabytes, if none are in a cache
        self.got = 0.0
        self.sizes = {}  # of the files that uv has begun to download
        self.what = "looking up versions"
        self.in_place = sys.stdout.isatty()
        self.began = self.shown = time.time()

    def read(self, line):
        """Take in a line of pip's or of uv's."""
        words = line.split()
        if words[:1] == ["Downloading"] and len(words) > 2 and "kB" not in line:
            name = re.split(r"-\d", words[1].rsplit("/", 1)[-1])[0]
            self.what = "downloading " + name
            size = re.match(r"\(([\d.]+)([MG])iB\)", words[2])
            if size:
                self.sizes[name] = float(size.group(1)) * {"M": 1.05, "G": 1074}[size.group(2)]
        elif words[:1] == ["Downloaded"]:
            self.got += self.sizes.get(words[1], 0)
        elif words[:2] == ["Installing", "collected"]:
            self.what = "installing {} packages".format(len(words) - 3)
            self.expected = 0
        elif words[:1] == ["Prepared"]:
            self.what = "installing {} packages".format(words[1])
            self.expected = 0
        if "nvidia-" in line and 0 < self.expected <= DOWNLOAD:
            self.expected += CUDA_DOWNLOAD

    def status(self):
        """Return the line, without its indentation."""
        if not self.sizes and SCRATCH.exists():
            # All that pip downloads, or has in its cache, goes here first.
            self.got = sum(size_of(file) for file in SCRATCH.glob("*/*.whl")) / 1e6
        if not self.got or not self.expected:
            return self.what
        expected = max(self.expected, self.got)
        line = "{}: {:.0f} of about {:.0f} MB".format(self.what, self.got, expected)
        if self.got < expected / 30:  # too early to say how long it takes
            return line
        minutes = (time.time() - self.began) / 60 * (expected / self.got - 1)
        left = "1 minute" if minutes < 1.5 else "{:.0f} minutes".format(minutes)
        return "{}, about {} left".format(line, left)

    def show(self):
        """Print the line: over the one before in a terminal, now and then elsewhere."""
        if self.in_place:
            columns = shutil.get_terminal_size().columns - 1  # a full line would wrap
            print("\r" + ("  " + self.status())[:columns].ljust(columns), end="", flush=True)
        elif time.time() - self.shown > SECONDS_BETWEEN_LINES:
            self.shown = time.time()
            print("  " + self.status(), flush=True)

    def clear(self):
        if self.in_place:
            columns = shutil.get_terminal_size().columns - 1
            print("\r" + " " * columns + "\r", end="", flush=True)


def size_of(file):
    try:
        return file.stat().st_size
    except OSError:  # pip has just moved it
        return 0


def follow(command, progress):
    """Run a command of pip or uv with a line of progress; return its exit code."""
    shutil.rmtree(str(SCRATCH), ignore_errors=True)
    SCRATCH.mkdir()
    scratch = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(SCRATCH))
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=str(PROJECT),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env=dict(os.environ, **scratch),
    )
    lines = queue.Queue()  # type: queue.Queue[str]

    def read():
        for line in process.stdout or ():
            lines.put(line)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    with LOG.open("w", encoding="utf-8") as log:
        while reader.is_alive() or not lines.empty():
            progress.show()
            with contextlib.suppress(queue.Empty):
                line = lines.get(timeout=0.5)
                log.write(line)
                progress.read(line)
    progress.clear()
    shutil.rmtree(str(SCRATCH), ignore_errors=True)
    return process.wait()


def install(uv, groups):
    """Install the project's dependencies at their pinned versions."""
    commands = install_commands(uv, groups, find_cpu_builds())
    for command in commands:
        if follow(command, Progress()) == 0:
            renew_tools()
            return
        if command is not commands[-1]:
            print("  uv could not install everything; trying pip.", flush=True)
    text = LOG.read_text(encoding="utf-8")
    lines = text.splitlines()
    errors = "\n".join([line for line in lines if "ERROR" in line][-5:] or lines[-5:])
    sys.exit("{}\n\n{}\nAll that pip said is in {}".format(errors, advice(text), LOG))


def renew_tools():
    """Install the wheel also where its version is installed: it may have other bytes."""
    wheel = newest_wheel()
    if wheel:
        pip = [PYTHON, "-m", "pip", "install", "--force-reinstall", "--no-deps", "--no-compile"]
        pip += ["--disable-pip-version-check", wheel]
        done = run(pip)
        if done.returncode != 0:
            sys.exit(done.stdout)


def advice(text):
    """Return what to do after pip has failed with this output."""
    again = "then give the same command\nagain: what is already downloaded is kept."
    if "No space left" in text:
        return "Make room on the disk, about 3 GB; " + again
    no_package = "No matching distribution" in text or "ResolutionImpossible" in text
    if no_package and "Retrying" not in text:
        return (
            "A pinned package has no version for Python {}.{} on {} {}. Python {}.{} to {}.{} on "
            "Linux,\nWindows (x86) or a Mac (Apple chip) will do; to name one: make "
            "PYTHON=python3.12. Or work on\nGoogle Colab.".format(
                sys.version_info[0], sys.version_info[1], platform.system(), platform.machine(),
                OLDEST[0], OLDEST[1], NEWEST[0], NEWEST[1],
            )
        )  # fmt: skip
    return "Check the network connection and the free disk space (3 GB), " + again


def import_once():
    """Import what is slow the first time, so that Python compiles it; end if that fails."""
    print("  importing PyTorch", flush=True)
    done = run([PYTHON, "-c", "import matplotlib.pyplot, pandas, scipy.stats, torch"])
    if done.returncode != 0:
        hint = ""
        if sys.platform == "win32" and "DLL" in done.stdout:
            hint = "\nInstall https://aka.ms/vs/17/release/vc_redist.x64.exe and try again."
        sys.exit("{}\nThe packages are installed, but cannot be used.{}".format(done.stdout, hint))


def main(groups=()):
    unknown = set(groups).difference(ALL_GROUPS)
    if unknown:
        sys.exit("{}: the groups are {}".format(", ".join(sorted(unknown)), ", ".join(ALL_GROUPS)))
    groups = set(groups).difference(default_groups())
    if is_installed(groups):
        return
    with one_at_a_time():
        if is_installed(groups):
            return
        uv = find_uv()
        fresh = not can_be_finished()
        if fresh:
            refuse_platform()
            if python_problem() and not uv:
                sys.exit(python_problem())
        groups |= read_stamp()[1]
        print("Setting up .venv, once (a minute or several, most of it PyTorch):", flush=True)
        if fresh:
            create(uv)
        with contextlib.suppress(FileNotFoundError):
            STAMP.unlink()
        install(uv, groups)
        import_once()
        partial = STAMP.with_suffix(".part")
        partial.write_text("{} {}".format(fingerprint(), " ".join(sorted(groups))))
        partial.replace(STAMP)
        print("  .venv is ready.", flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit("\nInterrupted; the same command again finishes the set-up.")
